"""Finds the end of a stream in an RDB file, and looks whether it is whole; the stream itself is kept byte for byte.

    nodes: (first id, listpack) …     entries, last id     [first id, greatest deleted id, entries added: since 7.0]
    groups: name, last id [entries read: since 7.0]
            pending: (id, delivery time, deliveries) …     consumers: name, seen time, ids of their pending …

Not looked at is what a listpack's elements mean. Source: rdbLoadObject in Redis 7.0's rdb.c.
"""

from stage2_persistence import rdb_format
from stage2_persistence.opaque import Opaque
from stage2_persistence.packed import listpack
from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.value_builders import packed

ID_BYTES = 16
TIME_BYTES = 8


def stream_1(cursor: Cursor, limits) -> Opaque:
    """As Redis 5 and 6 wrote it."""
    return _stream(cursor, rdb_format.STREAM_LISTPACKS)


def stream_2(cursor: Cursor, limits) -> Opaque:
    """As Redis 7.0 writes it."""
    return _stream(cursor, rdb_format.STREAM_LISTPACKS_2)


def _stream(cursor: Cursor, type_byte: int) -> Opaque:
    is_second = type_byte == rdb_format.STREAM_LISTPACKS_2
    cursor.begin_copy()
    _nodes(cursor)
    for _ in range(8 if is_second else 3):
        cursor.length()
    for _ in range(cursor.count()):
        _group(cursor, is_second)
    return Opaque(type_byte, cursor.end_copy(), "stream")


def _nodes(cursor: Cursor) -> None:
    ids = set()
    for _ in range(cursor.count(2)):
        start = cursor.offset
        first_id = cursor.string()
        if len(first_id) != ID_BYTES or first_id in ids:
            cursor.fail("a stream's node that has no id of its own", start)
        ids.add(first_id)
        if not packed(cursor, listpack.decode):
            cursor.fail("a stream's node without entries", start)


def _group(cursor: Cursor, is_second: bool) -> None:
    cursor.string()
    for _ in range(3 if is_second else 2):
        cursor.length()
    pending = set()
    for _ in range(cursor.count(ID_BYTES + TIME_BYTES + 1)):
        start = cursor.offset
        entry = cursor.take(ID_BYTES)
        if entry in pending:
            cursor.fail("a stream's entry that is pending twice", start)
        pending.add(entry)
        cursor.take(TIME_BYTES)
        cursor.length()
    names = set()
    for _ in range(cursor.count(1 + TIME_BYTES)):
        start = cursor.offset
        name = cursor.string()
        if name in names:
            cursor.fail("a stream's group that holds a consumer twice", start)
        names.add(name)
        cursor.take(TIME_BYTES)
        for _ in range(cursor.count(ID_BYTES)):
            if cursor.take(ID_BYTES) not in pending:
                cursor.fail("a consumer's entry that is not pending in its group", start)
