"""How RDB files hold strings and values, as Redis 7.0 writes them.

A string is written as an integer of 1, 2 or 4 bytes if it is the text of one, compressed if it is longer than 20 bytes
and that gains something, else as its length and its bytes. A small collection, which Redis holds as one packed piece of
memory, is written as that piece, a string; a large one as a count and its elements.
Contract: values are stage 1's; pieces come in order and none holds much more than a large element or 64 KB, so that
whoever writes a large value needs no memory for the whole of it. Source: rdbSaveObject in Redis 7.0's rdb.c.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from struct import Struct
from typing import NamedTuple

from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import format_float
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence import lzf, rdb_format
from stage2_persistence.opaque import Opaque
from stage2_persistence.packed import intset, listpack
from stage2_persistence.rdb_format import length_code

LONGEST_INTEGER = 11  # characters of -2147483648
LARGE = 1 << 18  # bytes of a string that is better not copied
BATCH = 256  # elements of a large collection that make one piece
# list-max-listpack-size: below 0, how large a node of a list may become; else how many elements it may have, and then
# it may not become larger than SAFE_BYTES.
NODE_BYTES = {-1: 4096, -2: 8192, -3: 16384, -4: 32768, -5: 65536}
SAFE_BYTES = 8192
MANY = 1 << 62
NODE_OVERHEAD = 8  # what an element is taken to need beside its bytes
HELD_NODES = 64  # of a longer list the nodes are made twice, once to count them, rather than all held at a time
PLAIN_BYTES = 1 << 30  # an element so long is a node by itself, outside of a listpack
FORM_8, FORM_16, FORM_32 = Struct("<Bb"), Struct("<Bh"), Struct("<Bi")  # a string that is an integer
DOUBLE = Struct("<d")
MAX_WHOLE_SCORE = float(2**62)  # up to here a listpack holds whole scores as integers

LENGTHS = [length_code(length) for length in range(1 << 14)]

Pieces = Iterator[bytes]


class Style(NamedTuple):
    """What the configuration says about how values are written."""

    compression: bool = True  # rdbcompression
    list_max_listpack_size: int = -2


USUAL = Style()


def string(data: bytes, compression: bool = True) -> bytes:
    """A string as it stands in the file."""
    size = len(data)
    if size <= LONGEST_INTEGER:
        if size and data[0] < 0x3A:  # digits and the minus come before the colon
            return _integer(data) or LENGTHS[size] + data
        return LENGTHS[size] + data
    return b"".join(string_pieces(data, compression))


def string_pieces(data: bytes, compression: bool) -> tuple[bytes, bytes]:
    """A string that is too long for an integer: what stands in front of it, and itself, which may be large."""
    compressed = lzf.compress(data) if compression else None
    if compressed is None:
        return length_code(len(data)), data
    return b"%c%b%b" % (rdb_format.LZF, length_code(len(compressed)), length_code(len(data))), compressed


def _integer(data: bytes) -> bytes | None:
    """The text of a number of up to 32 bits as that number."""
    digits = data[1:] if data[0] == 0x2D else data
    if not digits.isdigit() or (digits[0] == 0x30 and len(data) > 1):  # neither 007 nor -0
        return None
    number = int(data)
    if -0x80 <= number < 0x80:
        return FORM_8.pack(rdb_format.INT8, number)
    if -0x8000 <= number < 0x8000:
        return FORM_16.pack(rdb_format.INT16, number)
    if -0x80000000 <= number < 0x80000000:
        return FORM_32.pack(rdb_format.INT32, number)
    return None


# Values ----------------------------------------------------------------------------------------------------------


def value_pieces(value, style: Style = USUAL) -> tuple[int, Iterable[bytes]]:
    """The type byte of a value, and its body in pieces."""
    kind = type(value)
    if kind is bytes or kind is bytearray:
        if len(value) < LARGE:
            return rdb_format.STRING, (string(bytes(value), style.compression),)
        return rdb_format.STRING, string_pieces(bytes(value), style.compression)
    if kind is Opaque:
        return value.type_byte, (value.body,)
    return WRITERS[kind, value.encoding](value, style)


def dump_value(value, style: Style = USUAL) -> bytes:
    """Type byte and body of a value, as DUMP gives them."""
    type_byte, pieces = value_pieces(value, style)
    return bytes((type_byte,)) + b"".join(pieces)


def _list(value: List, style: Style) -> tuple[int, Iterable[bytes]]:
    return rdb_format.LIST_QUICKLIST_2, _quicklist(value, style)


def _quicklist(value: List, style: Style) -> Pieces:
    """The nodes of a list, as they are when all its elements came by RPUSH. Their number comes first."""
    nodes = _nodes(value, style.list_max_listpack_size)
    held = list(islice(nodes, HELD_NODES))
    others = sum(1 for _ in nodes)
    yield length_code(len(held) + others)
    for container, node in _nodes(value, style.list_max_listpack_size) if others else held:
        yield b"%c%b" % (container, string(node, style.compression))


def _nodes(elements: Iterable[bytes], limit: int) -> Iterator[tuple[int, bytes]]:
    """The container and content of each node: a listpack, or a large element by itself."""
    most_bytes, most_elements = (SAFE_BYTES, limit) if limit >= 0 else (NODE_BYTES[max(limit, -5)], MANY)
    pieces: list[bytes] = []
    size = listpack.EMPTY
    for element in elements:
        if len(element) >= PLAIN_BYTES:
            if pieces:
                yield rdb_format.PACKED, listpack.join(pieces)
            yield rdb_format.PLAIN, element
            pieces, size = [], listpack.EMPTY
            continue
        if pieces and (size + len(element) + NODE_OVERHEAD > most_bytes or len(pieces) >= most_elements):
            yield rdb_format.PACKED, listpack.join(pieces)
            pieces, size = [], listpack.EMPTY
        piece = listpack.encode_element(element)
        pieces.append(piece)
        size += len(piece)
    if pieces:
        yield rdb_format.PACKED, listpack.join(pieces)


def _small_hash(value: Hash, style: Style) -> tuple[int, Iterable[bytes]]:
    return rdb_format.HASH_LISTPACK, (string(listpack.encode(chain.from_iterable(value.items())), style.compression),)


def _large_hash(value: Hash, style: Style) -> tuple[int, Iterable[bytes]]:
    pairs = (string(field, style.compression) + string(content, style.compression) for field, content in value.items())
    return rdb_format.HASH, _counted(len(value), pairs)


def _small_set(value: Set, style: Style) -> tuple[int, Iterable[bytes]]:
    return rdb_format.SET_INTSET, (string(intset.encode([*map(int, value)]), style.compression),)


def _large_set(value: Set, style: Style) -> tuple[int, Iterable[bytes]]:
    return rdb_format.SET, _counted(len(value), (string(member, style.compression) for member in value))


def _small_sorted_set(value: SortedSet, style: Style) -> tuple[int, Iterable[bytes]]:
    pieces = []
    for score, member in value.at(range(len(value))):
        pieces.append(listpack.encode_element(member))
        pieces.append(_score(score))
    return rdb_format.ZSET_LISTPACK, (string(listpack.join(pieces), style.compression),)


def _score(score: float) -> bytes:
    """A score in a listpack: whole ones as integers."""
    if score.is_integer() and -MAX_WHOLE_SCORE <= score <= MAX_WHOLE_SCORE:
        return listpack.encode_integer(int(score))
    return listpack.encode_element(format_float(score))


def _large_sorted_set(value: SortedSet, style: Style) -> tuple[int, Iterable[bytes]]:
    """From the highest to the lowest, so that Redis, which loads one by one, always inserts at the front."""
    entries = (
        string(member, style.compression) + DOUBLE.pack(score)
        for last in range(len(value), 0, -BATCH)
        for score, member in value.at(range(max(last - BATCH, 0), last)[::-1])
    )
    return rdb_format.ZSET_2, _counted(len(value), entries)


def _counted(count: int, elements: Iterator[bytes]) -> Pieces:
    """A count, and the elements in larger pieces."""
    yield length_code(count)
    while piece := b"".join(islice(elements, BATCH)):
        yield piece


WRITERS: dict[tuple[type, str], Callable[..., tuple[int, Iterable[bytes]]]] = {
    (List, "quicklist"): _list,
    (Hash, "listpack"): _small_hash,
    (Hash, "hashtable"): _large_hash,
    (Set, "intset"): _small_set,
    (Set, "hashtable"): _large_set,
    (SortedSet, "listpack"): _small_sorted_set,
    (SortedSet, "skiplist"): _large_sorted_set,
}
