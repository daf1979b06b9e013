from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures.set import Set, is_integer

INTEGERS = st.integers(-3, 12).map(b"%d".__mod__)
MEMBERS = INTEGERS | st.sampled_from([b"a", b"b", b"", b"01", b"-0", b"+1", b" 1", b"1.0"])
CHANGES = st.lists(st.tuples(st.sampled_from(["add", "add", "remove", "pop"]), MEMBERS), max_size=40)


@given(CHANGES, st.integers())
def test_a_set_holds_what_was_added_and_not_removed(changes: list[tuple[str, bytes]], seed: int) -> None:
    value, model, random = Set(), set(), Random(seed)

    for change, member in changes:
        if change == "add":
            assert value.add(member) == (member not in model)
            model.add(member)
        elif change == "remove":
            assert value.remove(member) == (member in model)
            model.discard(member)
        elif model:
            model.remove(value.pop(random))
        value.check()

    assert set(value) == model
    assert len(value) == len(model)
    assert bool(value) == bool(model)
    assert all(member in value for member in model)


@given(st.lists(MEMBERS), st.lists(MEMBERS))
def test_a_set_is_an_intset_until_something_else_comes_in(first: list[bytes], more: list[bytes]) -> None:
    value = Set(first)
    for member in more:
        value.add(member)

    assert value.encoding == ("intset" if all(map(is_integer, first + more)) else "hashtable")
    value.check()


@given(st.sets(INTEGERS), st.integers(0, 20))
def test_an_intset_has_no_more_members_than_the_limit(members: set[bytes], limit: int) -> None:
    value = Set(members)

    value.settle(limit)

    assert value.encoding == ("intset" if len(members) <= limit else "hashtable")


@pytest.mark.parametrize("member", [b"0", b"-1", b"9223372036854775807", b"-9223372036854775808"])
def test_an_intset_holds_the_integers_of_64_bits(member: bytes) -> None:
    assert is_integer(member)


@pytest.mark.parametrize("member", [b"", b"-", b"00", b"-0", b"+1", b"1 ", b"1_0", b"9223372036854775808", b"1e3"])
def test_other_spellings_and_numbers_are_no_integers(member: bytes) -> None:
    assert not is_integer(member)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True))
def test_an_intset_is_listed_in_numeric_order(numbers: list[int]) -> None:
    value = Set(b"%d" % number for number in numbers)

    assert list(value) == [b"%d" % number for number in sorted(numbers)]


def test_every_member_is_drawn_about_as_often() -> None:
    value = Set(b"%d" % number for number in range(10))
    random = Random(7)

    drawn = Counter(value.draw(random) for _ in range(10_000))

    assert all(800 < drawn[member] < 1200 for member in value)


@given(st.sets(MEMBERS, min_size=1), st.data())
def test_a_sample_has_as_many_different_members_as_were_asked_for(members: set[bytes], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(members)))

    sample = Set(members).sample(Random(1), count)

    assert len(set(sample)) == len(sample) == count
    assert set(sample) <= members


@given(st.sets(MEMBERS))
def test_a_copy_is_equal_and_independent(members: set[bytes]) -> None:
    value = Set(members)
    value.encoding = "hashtable"

    twin = value.copy()
    twin.add(b"only the twin's")

    assert set(value) == members
    assert set(twin) == members | {b"only the twin's"}
    assert twin.encoding == "hashtable"
    twin.check()
