"""Values out of RDB files, by the byte of their type: every form that Redis has written since its beginning.

A value gets the encoding that Redis 7.0 would give it when it loads the same bytes under the same limits (the Config's
`hash_max_listpack_entries` …). Unlike Redis, which trusts a file whose checksum is right, every packed piece is looked
at from end to end. Contract: raises Corrupt; a collection without elements is None, as Redis skips such keys.
Source: rdbLoadObject in Redis 7.0's rdb.c.
"""

import math
from collections.abc import Callable
from typing import Any

from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence import rdb_format
from stage2_persistence.packed import intset, listpack
from stage2_persistence.rdb_cursor import Cursor

NO_LIMIT = 1 << 62

Value = Any  # bytes, a structure of stage 1, an Opaque, or None for an empty collection


def read_value(cursor: Cursor, type_byte: int, limits) -> Value:
    """The value whose body begins at the cursor."""
    reader = READERS.get(type_byte)
    if reader is None:
        cursor.fail(f"an unknown type of value, {type_byte}")
    return reader(cursor, limits)


def _string(cursor: Cursor, limits) -> bytes:
    return cursor.string()


def _list(cursor: Cursor, limits) -> List | None:
    return List(cursor.strings(cursor.count())) or None


def _quicklist_2(cursor: Cursor, limits) -> List | None:
    """Nodes: listpacks, and large elements by themselves."""
    value = List()
    for _ in range(cursor.count(2)):
        container = cursor.length()
        if container == rdb_format.PLAIN:
            value.append(cursor.string())
        elif container == rdb_format.PACKED:
            value.extend(packed(cursor, listpack.decode))
        else:
            cursor.fail("a list's node in an unknown container")
    return value or None


def _set(cursor: Cursor, limits) -> Set | None:
    start = cursor.offset
    count = cursor.count()
    value = Set(cursor.strings(count), limits.set_max_intset_entries)
    if len(value) != count:
        cursor.fail("a set that holds a member twice", start)
    return value if count else None


def _intset(cursor: Cursor, limits) -> Set | None:
    return Set(packed(cursor, intset.decode), limits.set_max_intset_entries)


def _hash(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    count = cursor.count(2)
    words = cursor.strings(2 * count)
    return _hash_of(cursor, start, words, limits.hash_max_listpack_entries, limits.hash_max_listpack_value)


def _hash_listpack(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    return _hash_of(cursor, start, packed(cursor, listpack.decode), limits.hash_max_listpack_entries, NO_LIMIT)


def _hash_of(cursor: Cursor, start: int, words: list[bytes], max_entries: int, max_bytes: int) -> Hash | None:
    """A hash of fields and values in turn."""
    value = Hash(zip(words[::2], words[1::2]))
    if 2 * len(value) != len(words):
        cursor.fail("a hash that holds a field twice, or without a value", start)
    if not value:
        return None
    value.settle(words, max_entries, max_bytes)
    return value


def _sorted_set_2(cursor: Cursor, limits) -> SortedSet | None:
    start = cursor.offset
    count = cursor.count(9)
    string, double = cursor.string, cursor.double
    scores = {string(): double() for _ in range(count)}
    max_entries, max_bytes = limits.zset_max_listpack_entries, limits.zset_max_listpack_value
    return _sorted_set_of(cursor, start, scores, count, max_entries, max_bytes)


def _sorted_set_listpack(cursor: Cursor, limits) -> SortedSet | None:
    start = cursor.offset
    return _sorted_set_of_words(cursor, start, packed(cursor, listpack.decode), limits)


def _sorted_set_of_words(cursor: Cursor, start: int, words: list[bytes], limits) -> SortedSet | None:
    """A sorted set of members and scores in turn."""
    try:
        scores = dict(zip(words[::2], map(parse_float, words[1::2]), strict=True))
    except ValueError:
        cursor.fail("a sorted set with a score that is no number, or without a score", start)
    return _sorted_set_of(cursor, start, scores, len(words) // 2, limits.zset_max_listpack_entries, NO_LIMIT)


def _sorted_set_of(
    cursor: Cursor, start: int, scores: dict[bytes, float], count: int, max_entries: int, max_bytes: int
) -> SortedSet | None:
    if len(scores) != count:
        cursor.fail("a sorted set that holds a member twice", start)
    if any(map(math.isnan, scores.values())):
        cursor.fail("a sorted set with a score that is no number", start)
    return SortedSet.of(scores, max_entries, max_bytes) if scores else None


def packed(cursor: Cursor, decode: Callable[[bytes], list[bytes]]) -> list[bytes]:
    """The elements of a packed piece, which is a string in the file."""
    start = cursor.offset
    try:
        return decode(cursor.string())
    except ValueError as error:
        cursor.fail(str(error), start)


READERS: dict[int, Callable[[Cursor, Any], Value]] = {
    rdb_format.STRING: _string,
    rdb_format.LIST: _list,
    rdb_format.SET: _set,
    rdb_format.HASH: _hash,
    rdb_format.ZSET_2: _sorted_set_2,
    rdb_format.SET_INTSET: _intset,
    rdb_format.HASH_LISTPACK: _hash_listpack,
    rdb_format.ZSET_LISTPACK: _sorted_set_listpack,
    rdb_format.LIST_QUICKLIST_2: _quicklist_2,
}
