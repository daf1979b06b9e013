"""The judge is judged: histories with planted faults, and correct ones that look odd."""

import math

from hypothesis import given
from hypothesis import strategies as st

from lab.history import Operation, Outcome
from lab.verdicts import Outage, durability, lost_acknowledged_writes, outages, stale_reads


def write(value: str, asked: float, answered: float, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Operation:
    return Operation("writer", "write", "key", value, asked, answered, outcome)


def read(value: str | None, asked: float, answered: float, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Operation:
    return Operation("reader", "read", "key", value, asked, answered, outcome)


# --- acknowledged writes lost


def test_an_acknowledged_write_whose_key_is_gone_is_lost():
    gone = write("a", 1, 2)
    assert lost_acknowledged_writes([gone], {}) == [gone]


def test_an_acknowledged_write_that_an_older_value_outlived_is_lost():
    old, new = write("old", 1, 2), write("new", 3, 4)
    assert lost_acknowledged_writes([old, new], {"key": "old"}) == [new]


def test_an_acknowledged_write_whose_key_holds_what_nobody_wrote_is_lost():
    mine = write("a", 1, 2)
    assert lost_acknowledged_writes([mine], {"key": "corrupt"}) == [mine]


def test_a_superseded_write_is_not_lost():
    assert lost_acknowledged_writes([write("old", 1, 2), write("new", 3, 4)], {"key": "new"}) == []


def test_of_two_overlapping_writes_either_may_survive():
    history = [write("a", 1, 4), write("b", 2, 3)]
    assert lost_acknowledged_writes(history, {"key": "a"}) == []
    assert lost_acknowledged_writes(history, {"key": "b"}) == []


def test_what_was_not_acknowledged_cannot_be_lost():
    history = [write("a", 1, 2, Outcome.REFUSED), write("b", 3, 4, Outcome.UNKNOWN)]
    assert lost_acknowledged_writes(history, {}) == []


def test_a_write_of_unknown_outcome_may_have_come_last():
    history = [write("late", 1, 2, Outcome.UNKNOWN), write("a", 3, 4)]
    assert lost_acknowledged_writes(history, {"key": "late"}) == []


def test_a_refused_write_supersedes_nothing():
    mine = write("a", 1, 2)
    assert lost_acknowledged_writes([mine, write("b", 3, 4, Outcome.REFUSED)], {"key": "b"}) == [mine]


@given(writes=st.integers(1, 50), data=st.data())
def test_every_write_after_the_one_that_survived_is_found(writes, data):
    history = [write(str(number), number, number + 0.5) for number in range(writes)]
    survivor = data.draw(st.integers(0, writes - 1))
    assert lost_acknowledged_writes(history, {"key": str(survivor)}) == history[survivor + 1 :]


# --- durability: one key for each write, and a fault at 100


def order(number: int, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Operation:
    return Operation("writer", "write", f"order:{number}", str(number), number, number + 0.5, outcome)


def kept(*numbers: int) -> dict[str, str]:
    return {f"order:{number}": str(number) for number in numbers}


def test_who_kept_everything_is_sound_and_lost_nothing():
    verdict = durability([order(1), order(2)], kept(1, 2), 100)
    assert (verdict.acknowledged, verdict.lost, verdict.sound) == (2, [], True)


def test_a_planted_loss_of_the_tail_is_found_with_its_reach():
    verdict = durability([order(number) for number in range(10)], kept(*range(7)), 10)
    assert verdict.lost == [order(7), order(8), order(9)]
    assert verdict.seconds_lost(10) == 10 - 7.5
    assert verdict.sound  # a log may lose its tail


def test_a_planted_hole_is_found():
    verdict = durability([order(1), order(2), order(3)], kept(1, 3), 100)
    assert verdict.holes == verdict.lost == [order(2)]
    assert not verdict.sound


def test_a_write_beside_the_newest_that_is_there_is_no_hole():
    beside = order(2)._replace(answered=9)
    verdict = durability([beside, order(3)], kept(3), 100)
    assert (verdict.lost, verdict.holes) == ([beside], [])


def test_a_refused_write_that_is_there_is_found():
    refused = order(2, Outcome.REFUSED)
    verdict = durability([order(1), refused], kept(1, 2), 100)
    assert (verdict.undead, verdict.sound) == ([refused], False)


def test_what_was_answered_after_the_fault_was_not_promised_before_it():
    verdict = durability([order(1), order(99)._replace(answered=101)], kept(1), 100)
    assert (verdict.acknowledged, verdict.lost) == (1, [])


def test_a_write_of_unknown_outcome_may_be_there_or_not():
    history = [order(1), order(2, Outcome.UNKNOWN)]
    assert durability(history, kept(1), 100).sound
    assert durability(history, kept(1, 2), 100).sound


def test_a_write_that_a_later_one_superseded_is_not_lost():
    assert durability([write("old", 1, 2), write("new", 3, 4)], {"key": "new"}, 100).lost == []


def test_without_a_loss_no_time_is_lost():
    assert durability([order(1)], kept(1), 100).seconds_lost(100) == 0


# --- stale reads


def test_a_read_of_a_value_that_was_overwritten_before_is_stale():
    stale = read("old", 5, 6)
    assert stale_reads([write("old", 1, 2), write("new", 3, 4), stale]) == [stale]


def test_a_read_that_finds_nothing_after_a_write_is_stale():
    stale = read(None, 3, 4)
    assert stale_reads([write("a", 1, 2), stale]) == [stale]


def test_a_read_of_a_value_from_before_the_history_is_stale_after_a_write():
    stale = read("initial", 3, 4)
    assert stale_reads([read("initial", 0, 1), write("a", 1, 2), stale]) == [stale]


def test_a_read_beside_the_write_may_see_either_value():
    history = [write("old", 1, 2), write("new", 3, 6), read("old", 4, 5), read("new", 4, 5)]
    assert stale_reads(history) == []


def test_of_two_overlapping_writes_either_may_be_read():
    history = [write("a", 1, 4), write("b", 2, 3), read("a", 5, 6), read("b", 5, 6)]
    assert stale_reads(history) == []


def test_a_write_of_unknown_outcome_makes_no_read_stale():
    history = [write("a", 1, 2), write("b", 3, 4, Outcome.UNKNOWN), read("a", 5, 6), read("b", 7, 8), read("a", 9, 10)]
    assert stale_reads(history) == []


def test_a_read_without_an_answer_is_not_stale():
    assert stale_reads([write("a", 1, 2), read(None, 3, 4, Outcome.UNKNOWN)]) == []


@given(writes=st.integers(1, 30), data=st.data())
def test_after_writes_in_a_row_a_read_is_stale_unless_it_sees_the_last(writes, data):
    seen = data.draw(st.integers(0, writes - 1))
    the_read = read(str(seen), writes + 1, writes + 2)
    history = [*(write(str(number), number, number + 0.5) for number in range(writes)), the_read]
    assert stale_reads(history) == ([] if seen == writes - 1 else [the_read])


# --- outages


def failed(asked: float) -> Operation:
    return read(None, asked, asked + 0.1, Outcome.UNKNOWN)


def test_an_outage_lasts_from_the_first_failure_to_the_first_later_answer():
    history = [read("a", 1, 1.1), failed(2), failed(3), failed(4), read("a", 5, 5.5), read("a", 6, 6.1)]
    assert outages(history) == [Outage(2, 5.5)]


def test_an_outage_that_nobody_saw_end_has_no_end():
    assert outages([read("a", 1, 1.1), failed(2)]) == [Outage(2, math.inf)]


def test_a_slow_answer_does_not_stretch_an_outage_that_a_quick_one_ended():
    assert outages([failed(1), read("slow", 2, 9), read("quick", 3, 3.1)]) == [Outage(1, 3.1)]


def test_two_outages_are_two():
    assert outages([failed(1), read("a", 2, 2.1), failed(3), read("a", 4, 4.1)]) == [Outage(1, 2.1), Outage(3, 4.1)]


def test_short_outages_can_be_left_out():
    assert outages([failed(1), read("a", 1.1, 1.2)], shortest_seconds=0.5) == []


def test_without_failures_there_is_no_outage():
    assert outages([read("a", 1, 1.1), read("b", 2, 2.1)]) == []
