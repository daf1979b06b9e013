"""The promise of SCAN, whatever changes between its calls."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node import scanning
from stage1_single_node.errors import BAD_CURSOR, ReplyError
from stage1_single_node.scanning import Scans, parse_cursor

CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=8)


@given(st.integers(0, 50), st.lists(CHANGES, max_size=10), st.integers(1, 20), st.integers())
def test_what_is_there_from_beginning_to_end_is_returned(
    size: int, changes: list[list[tuple[bool, int]]], count: int, seed: int
) -> None:
    scans, owner = Scans(Random(seed)), dict.fromkeys(range(size))
    staying = set(owner)
    cursor, found = scans.step(owner, lambda: owner, 0, count)
    returned = list(found)
    for batch in changes:
        for adds, key in batch:
            if adds:
                owner[key] = None
            elif key in owner:
                del owner[key]
                staying.discard(key)
        if not cursor:
            break
        cursor, found = scans.step(owner, lambda: owner, cursor, count)
        assert set(found) <= set(owner)
        returned += found
        scans.check()
    while cursor:
        cursor, found = scans.step(owner, lambda: owner, cursor, count)
        returned += found

    assert staying <= set(returned)
    assert len(returned) == len(set(returned))


def test_a_cursor_used_twice_gives_the_same_elements_twice() -> None:
    scans, owner = Scans(Random(1)), dict.fromkeys(range(100))
    cursor, _ = scans.step(owner, lambda: owner, 0, 10)

    assert scans.step(owner, lambda: owner, cursor, 10) == scans.step(owner, lambda: owner, cursor, 10)


@given(st.integers(0, 2**64 - 1))
def test_a_cursor_of_nobody_begins_an_iteration(cursor: int) -> None:
    scans, owner = Scans(Random(1)), dict.fromkeys(range(15))
    returned = []
    for _ in range(4):
        cursor, found = scans.step(owner, lambda: owner, cursor, 10)
        returned += found
        if not cursor:
            break

    assert cursor == 0
    assert set(returned) == set(owner)


def test_a_cursor_of_another_collection_begins_anew() -> None:
    scans, one, other = Scans(Random(1)), dict.fromkeys(range(100)), dict.fromkeys(range(100, 120))
    cursor, _ = scans.step(one, lambda: one, 0, 10)

    assert scans.step(other, lambda: other, cursor, 100) == (0, list(other))


def test_abandoned_iterations_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_LISTED_NAMES", 1000)
    scans, owner = Scans(Random(1)), dict.fromkeys(range(300))
    first, _ = scans.step(owner, lambda: owner, 0, 10)
    for _ in range(10):
        last, _ = scans.step(owner, lambda: owner, 0, 10)
        scans.check()

    assert scans.step(owner, lambda: owner, last, 10)[1] == list(range(10, 20))
    assert scans.step(owner, lambda: owner, first, 10)[1] == list(range(10))  # its list has gone: from the beginning


def test_lists_of_what_is_emptied_are_dropped() -> None:
    scans, one, other = Scans(Random(1)), dict.fromkeys(range(100)), dict.fromkeys(range(100))
    cursors = [scans.step(owner, lambda: range(100), 0, 10)[0] for owner in (one, other)]

    scans.forget(one)

    scans.check()
    assert scans.step(one, list, cursors[0], 10) == (0, [])
    assert scans.step(other, list, cursors[1], 10)[1] == list(range(10, 20))


@pytest.mark.parametrize("text", [b"x", b" 1", b"1 ", b"-", b"18446744073709551616", b"9" * 5000, b"1.0"])
def test_what_strtoul_does_not_read_is_no_cursor(text: bytes) -> None:
    with pytest.raises(ReplyError, match=BAD_CURSOR):
        parse_cursor(text)


@pytest.mark.parametrize(
    ("text", "cursor"),
    [(b"", 0), (b"+7", 7), (b"-1", 2**64 - 1), (b"007", 7), (b"0" * 5000 + b"7", 7), (b"7\0x", 7), (b"-0", 0)],
)
def test_what_strtoul_reads_is_a_cursor(text: bytes, cursor: int) -> None:
    assert parse_cursor(text) == cursor
