from random import Random

import pytest

from stage1_single_node.expiry import ExpireCycle
from stage1_single_node.keyspace import Keyspace


class CostlyClock:
    """Every look at it takes so many microseconds: time passes with the work, not with the machine."""

    def __init__(self, step_us: int) -> None:
        self._now_us, self._step_us = 0, step_us

    def monotonic_us(self) -> int:
        self._now_us += self._step_us
        return self._now_us


def keyspace_with(expired: int, alive: int, databases: int = 1) -> Keyspace:
    keyspace = Keyspace(databases, Random(1))
    for database in keyspace.databases:
        for number in range(expired + alive):
            key = b"%d" % number
            database.put(key, b"v")
            database.set_deadline(key, 500 if number < expired else 5000)
    keyspace.now = 1000
    return keyspace


@pytest.mark.parametrize("count", [1, 20, 300])
def test_a_database_full_of_dead_keys_is_emptied_in_one_cycle(count: int) -> None:
    keyspace = keyspace_with(expired=count, alive=0)

    ExpireCycle(keyspace, CostlyClock(1)).run(hz=10)

    assert keyspace.expired_keys == count
    assert len(keyspace.databases[0]) == 0


def test_a_few_dead_keys_among_many_are_left_for_later() -> None:
    keyspace = keyspace_with(expired=20, alive=2000)
    cycle = ExpireCycle(keyspace, CostlyClock(1))

    cycle.run(hz=10)

    assert keyspace.expired_keys < 20
    for _ in range(2000):
        cycle.run(hz=10)
    assert keyspace.expired_keys == 20
    assert len(keyspace.databases[0]) == 2000


def test_a_cycle_stops_after_a_quarter_of_its_time_and_the_next_one_begins_elsewhere() -> None:
    keyspace = keyspace_with(expired=3000, alive=0, databases=2)
    cycle = ExpireCycle(keyspace, CostlyClock(1000))  # 25 ms of 100: after some 25 draws of twenty
    first, second = keyspace.databases

    assert 25_000 < cycle.run(hz=10) < 30_000
    assert 2450 < len(first) < 2550
    assert len(second) == 3000
    assert keyspace.expire_cycles_cut_short == 1
    assert keyspace.stale_share == pytest.approx(0.05, abs=0.001)

    cycle.run(hz=10)
    assert 2450 < len(second) < 2550


def test_more_effort_is_content_with_fewer_dead_keys() -> None:
    left = []
    for effort in (1, 10):
        keyspace = keyspace_with(expired=1000, alive=3000)
        ExpireCycle(keyspace, CostlyClock(1)).run(hz=10, effort=effort)
        left.append(len(keyspace.databases[0]) - 3000)

    assert left[1] < left[0]


def test_a_cycle_that_is_switched_off_finds_nothing() -> None:
    keyspace = keyspace_with(expired=10, alive=0)
    cycle = ExpireCycle(keyspace, CostlyClock(1))
    cycle.enabled = False

    cycle.run(hz=10)

    assert keyspace.expired_keys == 0
