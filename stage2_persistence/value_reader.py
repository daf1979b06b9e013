"""Values out of RDB files, by the byte of their type: every form that Redis has written since its beginning.

A value gets the encoding that Redis 7.0 would give it when it loads the same bytes under the same limits (the Config's
`hash_max_listpack_entries` …). Unlike Redis, which trusts a file whose checksum is right, every packed piece is looked
at from end to end. Contract: raises Corrupt; a collection without elements is None, as Redis skips such keys.
Source: rdbLoadObject in Redis 7.0's rdb.c.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence import old_values, rdb_format, stream_skipper
from stage2_persistence.packed import intset, listpack
from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.value_builders import hash_of, packed, sorted_set_of, sorted_set_of_words

Value = Any  # bytes, a structure of stage 1, an Opaque, or None for an empty collection

MODULE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def read_body(cursor: Cursor, type_byte: int, limits) -> Value:
    """The value whose body begins at the cursor."""
    reader = READERS.get(type_byte)
    if reader is None:
        cursor.fail(f"an unknown type of value, {type_byte}")
    return reader(cursor, limits)


def _string(cursor: Cursor, limits) -> bytes:
    return cursor.string()


def _list(cursor: Cursor, limits) -> List | None:
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


def _set_intset(cursor: Cursor, limits) -> Set:
    return Set(packed(cursor, intset.decode), limits.set_max_intset_entries)


def _hash(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    words = cursor.strings(2 * cursor.count(2))
    return hash_of(cursor, start, words, limits.hash_max_listpack_entries, limits.hash_max_listpack_value)


def _hash_listpack(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    return hash_of(cursor, start, packed(cursor, listpack.decode), limits.hash_max_listpack_entries)


def _sorted_set(cursor: Cursor, limits) -> SortedSet | None:
    start = cursor.offset
    count = cursor.count(9)
    string, double = cursor.string, cursor.double
    scores = {string(): double() for _ in range(count)}
    max_entries, max_bytes = limits.zset_max_listpack_entries, limits.zset_max_listpack_value
    return sorted_set_of(cursor, start, scores, count, max_entries, max_bytes)


def _sorted_set_listpack(cursor: Cursor, limits) -> SortedSet | None:
    start = cursor.offset
    return sorted_set_of_words(cursor, start, packed(cursor, listpack.decode), limits.zset_max_listpack_entries)


def _module(cursor: Cursor, limits) -> NoReturn:
    start = cursor.offset
    cursor.fail(f"a value of the module type '{module_name(cursor.length())}', and there are no modules here", start)


def module_name(number: int) -> str:
    """A module type's nine letters, of 6 bits each, above the 10 bits of its version."""
    return "".join(MODULE_LETTERS[number >> shift & 0x3F] for shift in range(58, 9, -6))


READERS: dict[int, Callable[[Cursor, Any], Value]] = {
    rdb_format.STRING: _string,
    rdb_format.LIST: old_values.list_plain,
    rdb_format.SET: _set,
    rdb_format.ZSET: old_values.sorted_set_with_texts,
    rdb_format.HASH: _hash,
    rdb_format.ZSET_2: _sorted_set,
    rdb_format.MODULE: _module,
    rdb_format.MODULE_2: _module,
    rdb_format.HASH_ZIPMAP: old_values.hash_zipmap,
    rdb_format.LIST_ZIPLIST: old_values.list_ziplist,
    rdb_format.SET_INTSET: _set_intset,
    rdb_format.ZSET_ZIPLIST: old_values.sorted_set_ziplist,
    rdb_format.HASH_ZIPLIST: old_values.hash_ziplist,
    rdb_format.LIST_QUICKLIST: old_values.list_quicklist,
    rdb_format.STREAM_LISTPACKS: stream_skipper.stream_1,
    rdb_format.HASH_LISTPACK: _hash_listpack,
    rdb_format.ZSET_LISTPACK: _sorted_set_listpack,
    rdb_format.LIST_QUICKLIST_2: _list,
    rdb_format.STREAM_LISTPACKS_2: stream_skipper.stream_2,
}
