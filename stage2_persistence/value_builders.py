"""Structures of stage 1 out of the elements that a file holds: none twice, and in the right encoding.

Contract: `start` is where the value begins in the file, for the message of a Corrupt; an empty collection is None.
"""

import math
from collections.abc import Callable

from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence.rdb_cursor import Cursor

NO_LIMIT = 1 << 62  # a packed collection that is loaded stays packed however long its elements are


def packed(cursor: Cursor, decode: Callable[[bytes], list[bytes]]) -> list[bytes]:
    """The elements of a packed piece, which in the file is a string."""
    start = cursor.offset
    try:
        return decode(cursor.string())
    except ValueError as error:
        cursor.fail(str(error), start)


def hash_of(cursor: Cursor, start: int, words: list[bytes], max_entries: int, max_bytes: int = NO_LIMIT) -> Hash | None:
    """A hash of fields and values in turn."""
    value = Hash(zip(words[::2], words[1::2]))
    if 2 * len(value) != len(words):
        cursor.fail("a hash that holds a field twice, or a field without a value", start)
    if not value:
        return None
    value.settle(words, max_entries, max_bytes)
    return value


def sorted_set_of_words(cursor: Cursor, start: int, words: list[bytes], max_entries: int) -> SortedSet | None:
    """A sorted set of members and scores in turn."""
    try:
        scores = dict(zip(words[::2], map(_score, words[1::2]), strict=True))
    except ValueError:
        cursor.fail("a sorted set with a score that is no number, or without one", start)
    return sorted_set_of(cursor, start, scores, len(words) // 2, max_entries)


def _score(text: bytes) -> float:
    return float(text) if len(text) < 20 and text.isdigit() else parse_float(text)  # most scores are whole numbers


def sorted_set_of(
    cursor: Cursor,
    start: int,
    scores: dict[bytes, float],
    count: int,
    max_entries: int,
    max_bytes: int = NO_LIMIT,
) -> SortedSet | None:
    """A sorted set; `count` is how many members the file has."""
    if len(scores) != count:
        cursor.fail("a sorted set that holds a member twice", start)
    if any(map(math.isnan, scores.values())):
        cursor.fail("a sorted set with a score that is no number", start)
    return SortedSet.of(scores, max_entries, max_bytes) if scores else None
