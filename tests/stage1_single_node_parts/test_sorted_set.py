import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures.sorted_set import SortedSet

SCORES = st.sampled_from([-math.inf, -1e300, -1.0, -5e-324, -0.0, 0.0, 5e-324, 0.1, 1.0, 2.0, math.inf])
MEMBERS = st.sampled_from([b"", b"a", b"b", b"ba", b"c", b"B", b"\x00", b"\xff"])
PAIRS = st.dictionaries(MEMBERS, SCORES)
POSITIONS = st.integers(-10, 10)


def sorted_set(scores: dict[bytes, float]) -> SortedSet:
    zset = SortedSet()
    for member, score in scores.items():
        zset.put(member, score)
    return zset


def in_order(scores: dict[bytes, float]) -> list[tuple[float, bytes]]:
    return sorted((score, member) for member, score in scores.items())


@given(st.lists(st.tuples(st.sampled_from(["put", "put", "remove", "first", "last"]), MEMBERS, SCORES), max_size=40))
def test_a_sorted_set_keeps_its_members_in_order_while_they_come_move_and_go(
    changes: list[tuple[str, bytes, float]],
) -> None:
    zset, model = SortedSet(), {}

    for change, member, score in changes:
        if change == "put":
            assert zset.put(member, score) == model.get(member)
            model[member] = score
        elif change == "remove":
            assert zset.remove(member) == (model.pop(member, None) is not None)
        elif model:
            position = 0 if change == "first" else -1
            expected = in_order(model)[position]
            assert zset.pop(position) == expected
            del model[expected[1]]
        zset.check()

    expected = in_order(model)
    assert list(zset) == [member for _, member in expected]
    assert zset.at(range(len(zset))) == expected
    assert [zset.rank(member) for member in zset] == list(range(len(model)))
    assert [zset.score(member) for member in zset] == [score for score, _ in expected]
    assert bool(zset) == bool(model)


@given(PAIRS)
def test_strangers_have_neither_score_nor_rank(scores: dict[bytes, float]) -> None:
    zset = sorted_set(scores)

    assert b"stranger" not in zset
    assert zset.score(b"stranger") is None
    assert zset.rank(b"stranger") is None
    assert not zset.remove(b"stranger")


@given(PAIRS, POSITIONS, POSITIONS)
def test_ranks_count_from_either_end_and_both_are_included(scores: dict[bytes, float], start: int, stop: int) -> None:
    first = start if start >= 0 else len(scores) + start
    last = stop if stop >= 0 else len(scores) + stop

    positions = sorted_set(scores).by_rank(start, stop)

    assert list(positions) == [position for position in range(len(scores)) if first <= position <= last]


@given(PAIRS, SCORES, st.booleans(), SCORES, st.booleans())
def test_a_range_of_scores_holds_what_lies_between_its_bounds(
    scores: dict[bytes, float], low: float, above: bool, high: float, below: bool
) -> None:
    zset = sorted_set(scores)

    found = zset.at(zset.by_score((low, above), (high, below)))

    assert found == [
        entry
        for entry in in_order(scores)
        if (low < entry[0] if above else low <= entry[0]) and (entry[0] < high if below else entry[0] <= high)
    ]


@given(st.sets(MEMBERS), MEMBERS, st.booleans(), MEMBERS, st.booleans())
def test_a_range_of_members_holds_what_lies_between_its_bounds(
    members: set[bytes], low: bytes, above: bool, high: bytes, below: bool
) -> None:
    zset = sorted_set(dict.fromkeys(members, 1.0))

    found = zset.at(zset.by_member((low, above), (high, below)))

    assert [member for _, member in found] == [
        member
        for member in sorted(members)
        if (low < member if above else low <= member) and (member < high if below else member <= high)
    ]


@given(st.sets(MEMBERS), MEMBERS)
def test_minus_is_below_and_plus_above_all_members(members: set[bytes], bound: bytes) -> None:
    zset = sorted_set(dict.fromkeys(members, 0.0))
    minus, plus = (-math.inf, False), (math.inf, False)

    assert len(zset.by_member(minus, plus)) == len(members)
    assert not zset.by_member(plus, minus) and not zset.by_member(plus, plus) and not zset.by_member(minus, minus)
    below, above = zset.by_member(minus, (bound, False)), zset.by_member((bound, True), plus)
    assert len(below) + len(above) == len(members)


@given(PAIRS, POSITIONS, POSITIONS, st.booleans(), st.integers(0, 5), st.integers(0, 5))
def test_positions_can_be_reversed_skipped_and_limited(
    scores: dict[bytes, float], start: int, stop: int, reverse: bool, offset: int, limit: int
) -> None:
    zset = sorted_set(scores)
    positions = zset.by_rank(start, stop)
    expected = zset.at(positions)

    found = zset.at((positions[::-1] if reverse else positions)[offset:][:limit])

    assert found == (expected[::-1] if reverse else expected)[offset:][:limit]


@given(PAIRS, POSITIONS, POSITIONS)
def test_removing_a_range_leaves_the_rest(scores: dict[bytes, float], start: int, stop: int) -> None:
    zset = sorted_set(scores)
    positions = zset.by_rank(start, stop)
    removed = zset.at(positions)

    zset.remove_at(positions)

    assert zset.at(range(len(zset))) == [entry for entry in in_order(scores) if entry not in removed]
    zset.check()


@given(PAIRS, st.integers(0, 8), st.integers(0, 2))
def test_the_encoding_is_the_same_made_in_one_go_or_member_by_member(
    scores: dict[bytes, float], max_entries: int, max_bytes: int
) -> None:
    zset = SortedSet()
    for member, score in scores.items():
        zset.make_room(member, max_entries, max_bytes)
        zset.put(member, score)

    at_once = SortedSet.of(scores, max_entries, max_bytes)

    fits = len(scores) <= max_entries and all(len(member) <= max_bytes for member in scores)
    assert zset.encoding == at_once.encoding == ("listpack" if fits else "skiplist")
    assert list(zset) == list(at_once)
    at_once.check()


@pytest.mark.parametrize(("max_entries", "sign"), [(128, 1.0), (0, -1.0)])
def test_only_a_skip_list_knows_a_negative_zero(max_entries: int, sign: float) -> None:
    zset = SortedSet()
    zset.make_room(b"m", max_entries, 64)
    zset.put(b"m", -0.0)

    at_once = SortedSet.of({b"m": -0.0}, max_entries, 64)

    assert math.copysign(1.0, zset.score(b"m")) == math.copysign(1.0, at_once.score(b"m")) == sign


@given(st.dictionaries(MEMBERS, SCORES, min_size=1), st.data())
def test_random_members_are_members(scores: dict[bytes, float], data: st.DataObject) -> None:
    zset = sorted_set(scores)
    count = data.draw(st.integers(0, len(scores)))

    sample = zset.sample(Random(1), count)

    assert len(set(sample)) == len(sample) == count
    assert set(sample) <= set(scores)
    assert zset.draw(Random(2)) in scores


@given(PAIRS)
def test_a_copy_is_equal_and_independent(scores: dict[bytes, float]) -> None:
    zset = sorted_set(scores)
    zset.encoding = "skiplist"

    twin = zset.copy()
    twin.put(b"only the twin's", 1.0)

    assert zset.at(range(len(zset))) == in_order(scores)
    assert len(twin) == len(scores) + 1
    assert twin.encoding == "skiplist"
    twin.check()


def test_many_members_stay_in_order() -> None:
    random = Random(3)
    scores = {b"%d" % number: float(random.randrange(1000)) for number in range(10_000)}
    zset = SortedSet.of(scores, 128, 64)

    for member in random.sample(sorted(scores), 5000):
        scores[member] = float(random.randrange(1000))
        zset.put(member, scores[member])

    zset.check()
    assert zset.at(zset.by_score((500.0, False), (510.0, True))) == [
        entry for entry in in_order(scores) if 500.0 <= entry[0] < 510.0
    ]
