"""RDB files in memory: written from data, loaded into a keyspace, or put together by hand as old versions did it."""

from collections.abc import Iterable
from io import BytesIO
from random import Random
from struct import pack

from stage1_single_node.config import Config
from stage1_single_node.keyspace import Keyspace
from stage2_persistence.rdb_format import checksum
from stage2_persistence.rdb_format import length_code as length
from stage2_persistence.rdb_reader import RdbReader
from stage2_persistence.rdb_writer import write_rdb
from stage2_persistence.value_writer import string

__all__ = ["length", "string"]


def keyspace_of(data: dict, expires: dict[bytes, int] | None = None) -> Keyspace:
    keyspace = Keyspace(16, Random(0))
    keyspace.databases[0].data.update(data)
    keyspace.databases[0].expires.update(expires or {})
    return keyspace


def written(keyspace: Keyspace, **options) -> bytes:
    pieces: list[bytes] = []
    write_rdb(pieces.append, keyspace.databases, **options)
    return b"".join(pieces)


def reader_of(file: bytes, config: Config | None = None, keyspace: Keyspace | None = None, **options) -> RdbReader:
    databases = (keyspace or Keyspace(16, Random(0))).databases
    return RdbReader(BytesIO(file), len(file), databases, config or Config(), **options)


def load(file: bytes, config: Config | None = None, **options) -> Keyspace:
    keyspace = Keyspace(16, Random(0))
    for _ in reader_of(file, config, keyspace, **options).load():
        pass
    return keyspace


def same(keyspace: Keyspace, other: Keyspace) -> bool:
    """Equal data, order of lists included, of sets not; equal encodings and deadlines."""
    return picture(keyspace) == picture(other)


def picture(keyspace: Keyspace) -> list:
    return [
        ({key: plain(value) for key, value in database.data.items()}, database.expires)
        for database in keyspace.databases
    ]


def plain(value) -> tuple:
    """A value as something that can be compared."""
    kind = type(value).__name__
    if kind == "Set":
        return kind, value.encoding, set(value)
    if kind == "SortedSet":
        return kind, value.encoding, value.at(range(len(value)))
    if kind == "Hash":
        return kind, value.encoding, dict(value)
    if kind == "Opaque":
        return kind, value.type_name, value.type_byte, value.body
    return ("bytes", bytes(value)) if kind == "bytearray" else (kind, bytes(value) if kind == "bytes" else list(value))


# Old forms, from their published layout -----------------------------------------------------------------------------


def file(version: int, *records: bytes, check: bool | None = None) -> bytes:
    """A file around these records; from version 5 on with its checksum, or with 0 for "not checked"."""
    data = b"REDIS%04d" % version + b"".join(records) + b"\xff"
    if version < 5:
        return data
    return data + (checksum(data) if check is not False else 0).to_bytes(8, "little")


def record(type_byte: int, key: bytes, body: bytes) -> bytes:
    return bytes((type_byte,)) + string(key) + body


def strings(*words: bytes) -> bytes:
    return b"".join(map(string, words))


def ziplist(elements: Iterable[bytes | int]) -> bytes:
    body, tail, before, count = b"", 10, 0, 0
    for element in elements:
        tail = 10 + len(body)
        piece = bytes((before,)) if before < 254 else b"\xfe" + pack("<I", before)
        piece += _ziplist_integer(element) if isinstance(element, int) else _ziplist_string(element)
        body += piece
        before = len(piece)
        count += 1
    return pack("<IIH", 10 + len(body) + 1, tail, min(count, 0xFFFF)) + body + b"\xff"


def _ziplist_integer(number: int) -> bytes:
    if 0 <= number <= 12:
        return bytes((0xF1 + number,))
    for first, size in ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8)):
        if -(2 ** (8 * size - 1)) <= number < 2 ** (8 * size - 1):
            return bytes((first,)) + number.to_bytes(size, "little", signed=True)
    raise ValueError(number)


def _ziplist_string(word: bytes) -> bytes:
    if len(word) < 64:
        return bytes((len(word),)) + word
    return (pack(">H", 0x4000 | len(word)) if len(word) < 16384 else b"\x80" + pack(">I", len(word))) + word


def zipmap(pairs: dict[bytes, bytes], unused: int = 0) -> bytes:
    """`unused` bytes stand behind each value."""
    body = b"".join(
        _zipmap_length(field) + field + _zipmap_length(value) + bytes((unused,)) + value + b"x" * unused
        for field, value in pairs.items()
    )
    return bytes((min(len(pairs), 254),)) + body + b"\xff"


def _zipmap_length(word: bytes) -> bytes:
    return bytes((len(word),)) if len(word) < 254 else b"\xfe" + pack("<I", len(word))


def intset(numbers: Iterable[int], width: int = 2) -> bytes:
    ordered = sorted(numbers)
    return pack("<II", width, len(ordered)) + b"".join(n.to_bytes(width, "little", signed=True) for n in ordered)
