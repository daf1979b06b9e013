from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures.list import BLOCK, List

ELEMENTS = st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12)
POSITION = st.integers(-15, 15)


@given(ELEMENTS, POSITION, POSITION)
def test_positions_count_from_either_end_and_both_are_included(elements: list[bytes], start: int, end: int) -> None:
    first = start if start >= 0 else len(elements) + start
    last = end if end >= 0 else len(elements) + end
    expected = [element for position, element in enumerate(elements) if first <= position <= last]

    assert List(elements).between(start, end) == expected


@given(st.integers(0, 40 * BLOCK), st.integers(0, 3 * BLOCK))
def test_a_range_is_the_same_from_whichever_end_it_is_reached(start: int, count: int) -> None:
    elements = [b"%d" % number for number in range(40 * BLOCK)]

    assert List(elements).between(start, start + count) == elements[start : start + count + 1]


@given(ELEMENTS, POSITION, POSITION)
def test_keeping_a_range_removes_the_rest(elements: list[bytes], start: int, end: int) -> None:
    trimmed = List(elements)
    kept = trimmed.between(start, end)

    removed = trimmed.keep(start, end)

    assert list(trimmed) == kept
    assert removed == len(elements) - len(kept)
    trimmed.check()


@given(ELEMENTS, st.integers(-5, 5), st.sampled_from([b"a", b"b", b"z"]))
def test_discarding_goes_from_the_left_or_the_right_or_takes_all(
    elements: list[bytes], count: int, element: bytes
) -> None:
    value = List(elements)
    expected = elements if count >= 0 else elements[::-1]
    left = abs(count) or len(elements)
    kept = []
    for other in expected:
        if other == element and left:
            left -= 1
        else:
            kept.append(other)

    discarded = value.discard(element, count)

    assert list(value) == (kept if count >= 0 else kept[::-1])
    assert discarded == len(elements) - len(kept)


@given(ELEMENTS, st.integers(-5, 5).filter(bool), st.integers(0, 14))
def test_positions_begin_with_the_ranked_occurrence(elements: list[bytes], rank: int, limit: int) -> None:
    numbered = list(enumerate(elements))
    compared = (numbered if rank > 0 else numbered[::-1])[: limit or None]
    expected = [position for position, element in compared if element == b"a"][abs(rank) - 1 :]

    assert list(List(elements).positions(b"a", rank, limit)) == expected


@given(ELEMENTS, st.integers(0, 15))
def test_taking_from_the_right_begins_with_the_last(elements: list[bytes], count: int) -> None:
    left, right = List(elements), List(elements)

    assert left.take_left(count) == elements[:count]
    assert right.take_right(count) == elements[::-1][:count]
    assert list(left) == elements[count:]
    assert list(right) == elements[: max(len(elements) - count, 0)]
