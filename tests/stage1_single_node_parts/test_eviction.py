"""LRU, LFU, the pool of candidates, and the evictor on a keyspace of its own."""

import asyncio
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.eviction import (
    HIGHEST_FREQUENCY,
    NEW_FREQUENCY,
    Pool,
    count_access,
    frequency,
    frequency_entry,
    idle_seconds,
)
from stage1_single_node.evictor import Evictor, time_limit_us
from stage1_single_node.keyspace import Keyspace
from stage1_single_node.latency_monitor import LatencyMonitor
from stage1_single_node.memory import Account

counters = st.integers(0, HIGHEST_FREQUENCY)
chances = st.floats(0, 1, exclude_max=True)


# ── LFU and LRU ──


@given(counters, st.integers(0, 100), chances)
def test_an_access_adds_one_or_nothing(counter, log_factor, chance):
    assert count_access(counter, log_factor, chance) - counter in (0, 1)


@given(st.integers(0, NEW_FREQUENCY), st.integers(0, 100), chances)
def test_up_to_the_frequency_of_new_keys_every_access_counts(counter, log_factor, chance):
    assert count_access(counter, log_factor, chance) == counter + 1


@pytest.mark.parametrize(("accesses", "expected"), [(100, 10), (1_000, 18), (100_000, 142)])
def test_the_counter_grows_as_redis_conf_says(accesses, expected):
    dice = Random(1)
    counter = NEW_FREQUENCY
    for _ in range(accesses):
        counter = count_access(counter, 10, dice.random())
    assert counter == pytest.approx(expected, rel=0.2)


@given(counters, st.integers(0, 2**33), st.integers(0, 40 * 24 * 60), st.integers(1, 10))
def test_the_counter_loses_one_every_decay_time_across_the_wrap_of_the_clock(counter, second, later, decay_minutes):
    entry = frequency_entry(counter, second)
    minutes = (second + 60 * later) // 60 % 2**16 - second // 60 % 2**16
    elapsed = minutes if minutes >= 0 else minutes + 2**16 - 1  # Redis's own arithmetic, a minute short at the wrap
    assert frequency(entry, second + 60 * later, decay_minutes) == max(counter - elapsed // decay_minutes, 0)


@given(counters, st.integers(0, 2**33), st.integers(0, 2**33))
def test_without_decay_the_counter_stays(counter, second, later):
    assert frequency(frequency_entry(counter, second), later, 0) == counter


def test_a_key_that_nothing_is_known_about_is_new():
    assert frequency(None, 1_000_000, 1) == NEW_FREQUENCY
    assert idle_seconds(None, 1_000_000) == 0
    assert idle_seconds(999_990, 1_000_000) == 10
    assert idle_seconds(1_000_010, 1_000_000) == 0  # the clock was set back


# ── the pool ──


@given(st.lists(st.integers(0, 30), max_size=60))
def test_the_pool_keeps_the_most_deserving_and_gives_them_in_order(ranks):
    pool = Pool()
    for number, rank in enumerate(ranks):
        pool.offer(rank, None, b"%d" % number)
        pool.check()
    taken = [ranks[int(pool.take()[1])] for _ in range(len(pool))]
    assert taken == sorted(ranks, reverse=True)[: Pool.SIZE]
    assert pool.take() is None


# ── the evictor ──


class Clock:
    """Goes on by so many microseconds whenever it is read."""

    def __init__(self, step_us=0):
        self.now_us = 1
        self.step_us = step_us

    def monotonic_us(self):
        self.now_us += self.step_us
        return self.now_us


class Scene:
    """A keyspace with `keys` keys of about a kilobyte, half of them in another database, and its evictor."""

    def __init__(self, policy, keys=100, volatile=0, step_us=0):
        self.config = SimpleNamespace(
            maxmemory=0,
            maxmemory_policy=policy,
            maxmemory_samples=5,
            maxmemory_eviction_tenacity=10,
            lfu_log_factor=10,
            lfu_decay_time=1,
            lazyfree_lazy_eviction=False,
            latency_monitor_threshold=0,
        )
        self.keyspace = Keyspace(3, Random(7))
        self.keyspace.second = 1_000_000
        self.account = Account(self.keyspace)
        latency = LatencyMonitor(self.config)
        self.evictor = Evictor(self.keyspace, self.account, self.config, Clock(step_us), latency)
        self.evicted = []
        self.evictor.on_evicted = lambda database, key: self.evicted.append(key)
        for number in range(keys):
            database = self.keyspace.databases[number % 2]
            key = b"key:%03d" % number
            database.add(key, bytes(1000))
            if number < volatile:
                database.set_deadline(key, 10_000 + number)

    def limit(self, keys):
        """Allow memory for about so many keys."""
        self.config.maxmemory = self.account.startup_bytes + keys * 1200
        self.evictor.configure()

    @property
    def left(self):
        return sum(map(len, self.keyspace.databases))


def in_a_loop(scenario):
    async def run():
        scenario()

    asyncio.run(run())


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
def test_enough_keys_go_and_not_more(policy):
    def scenario():
        scene = Scene(policy)
        scene.limit(keys=30)
        assert scene.evictor.make_room()
        assert scene.account.limited_bytes <= scene.config.maxmemory < scene.account.limited_bytes + 1200
        assert len(scene.evicted) == scene.evictor.evicted_keys == 100 - scene.left
        scene.account.check()

    in_a_loop(scenario)


@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"])
def test_a_volatile_policy_takes_what_has_a_deadline_and_then_gives_up(policy):
    def scenario():
        scene = Scene(policy, volatile=40)
        scene.limit(keys=30)
        assert not scene.evictor.make_room()
        assert sorted(scene.evicted) == [b"key:%03d" % number for number in range(40)]

    in_a_loop(scenario)


def test_volatile_ttl_takes_the_nearest_deadlines_first():
    def scenario():
        scene = Scene("volatile-ttl", keys=200, volatile=200)
        scene.config.maxmemory_samples = 64
        scene.limit(keys=100)
        scene.evictor.make_room()
        assert sum(key < b"key:100" for key in scene.evicted) > 0.9 * len(scene.evicted)

    in_a_loop(scenario)


def test_lru_takes_what_was_not_used_for_long():
    def scenario():
        scene = Scene("allkeys-lru", keys=200)
        scene.keyspace.second += 100
        for database in scene.keyspace.databases:
            for key in list(database.data):
                if key >= b"key:100":
                    database.read(key)
        scene.limit(keys=100)
        scene.evictor.make_room()
        assert sum(key < b"key:100" for key in scene.evicted) > 0.9 * len(scene.evicted)

    in_a_loop(scenario)


def test_noeviction_evicts_nothing():
    def scenario():
        scene = Scene("noeviction")
        scene.limit(keys=30)
        assert not scene.evictor.make_room()
        assert scene.left == 100
        scene.config.maxmemory = 0
        assert scene.evictor.make_room()

    in_a_loop(scenario)


def test_a_long_eviction_goes_on_in_later_turns_of_the_loop():
    async def scenario():
        scene = Scene("allkeys-random", keys=500, step_us=30)  # a key takes 60 microseconds, a command 500
        scene.limit(keys=10)
        assert scene.evictor.make_room()
        assert 100 < scene.left < 490
        while scene.account.limited_bytes > scene.config.maxmemory:
            await asyncio.sleep(0)
        assert scene.left <= 10
        assert scene.evictor.exceeded_since_us == 0 < scene.evictor.exceeded_us

    asyncio.run(scenario())


def test_a_server_that_may_not_evict_lets_writes_pass():
    def scenario():
        scene = Scene("allkeys-lru")
        scene.limit(keys=30)
        scene.evictor.may_evict = lambda: False
        assert scene.evictor.make_room()
        assert scene.left == 100

    in_a_loop(scenario)


def test_changing_between_lru_and_lfu_begins_the_access_times_anew():
    def scenario():
        scene = Scene("allkeys-lru")
        scene.limit(keys=1000)
        scene.config.maxmemory_policy = "allkeys-lfu"
        scene.evictor.configure()
        database = scene.keyspace.databases[0]
        assert set(database.accessed) == set(database.data)
        assert set(database.accessed.values()) == {frequency_entry(NEW_FREQUENCY, scene.keyspace.second)}
        database.read(b"key:000")
        assert frequency(database.accessed[b"key:000"], scene.keyspace.second, 1) == NEW_FREQUENCY + 1

    in_a_loop(scenario)


def test_tenacity_is_microseconds_then_minutes_then_for_ever():
    assert [time_limit_us(tenacity) for tenacity in (0, 5, 10)] == [0, 250, 500]
    assert time_limit_us(99) == pytest.approx(2 * 60e6, rel=0.2)
    assert time_limit_us(100) == float("inf")
