"""Forms of values that older versions of Redis wrote and 7.0 only reads. Source: rdbLoadObject in Redis 7.0's rdb.c."""

import math

from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence.packed import ziplist, zipmap
from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.value_builders import hash_of, packed, sorted_set_of, sorted_set_of_words

NOT_A_NUMBER, INFINITY, MINUS_INFINITY = 253, 254, 255  # in the place of the length of a score's text


def list_plain(cursor: Cursor, limits) -> List | None:
    return List(cursor.strings(cursor.count())) or None


def list_ziplist(cursor: Cursor, limits) -> List | None:
    return List(packed(cursor, ziplist.decode)) or None


def list_quicklist(cursor: Cursor, limits) -> List | None:
    value = List()
    for _ in range(cursor.count()):
        value.extend(packed(cursor, ziplist.decode))
    return value or None


def hash_zipmap(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    words = packed(cursor, zipmap.decode)
    return hash_of(cursor, start, words, limits.hash_max_listpack_entries, limits.hash_max_listpack_value)


def hash_ziplist(cursor: Cursor, limits) -> Hash | None:
    start = cursor.offset
    return hash_of(cursor, start, packed(cursor, ziplist.decode), limits.hash_max_listpack_entries)


def sorted_set_ziplist(cursor: Cursor, limits) -> SortedSet | None:
    start = cursor.offset
    return sorted_set_of_words(cursor, start, packed(cursor, ziplist.decode), limits.zset_max_listpack_entries)


def sorted_set_with_texts(cursor: Cursor, limits) -> SortedSet | None:
    """Scores as texts of up to 252 characters."""
    start = cursor.offset
    count = cursor.count(2)
    scores = {cursor.string(): _score(cursor) for _ in range(count)}
    max_entries, max_bytes = limits.zset_max_listpack_entries, limits.zset_max_listpack_value
    return sorted_set_of(cursor, start, scores, count, max_entries, max_bytes)


def _score(cursor: Cursor) -> float:
    start = cursor.offset
    size = cursor.byte()
    if size == NOT_A_NUMBER:
        return math.nan
    if size == INFINITY:
        return math.inf
    if size == MINUS_INFINITY:
        return -math.inf
    try:
        return parse_float(cursor.take(size))
    except ValueError:
        cursor.fail("a score that is no number", start)
