"""The evictor: before a command that may take memory runs, it makes room, a few keys a command.

1. Is the data within `maxmemory`? Then there is nothing to do.
2. Else evict the most deserving key (eviction.py), and again, until the data fits.
3. After some time (maxmemory-eviction-tenacity) let the command run all the same, and go on in the next turn of the
   loop: one client's write must not wait until a hundred thousand keys are gone because somebody lowered the limit.
4. Nothing may be evicted, and still too much? Then commands that may take memory are refused (OOM).
Source: performEvictions in Redis 7.0's evict.c.
"""

import asyncio
import math
from collections.abc import Callable

from stage1_single_node.eviction import NEW_FREQUENCY, RANKS, Pool, Rank, count_access, frequency, frequency_entry
from stage1_single_node.keyspace import ACCESS_LIMIT, Database, Keyspace
from stage1_single_node.latency_monitor import LatencyMonitor
from stage1_single_node.memory import Account

KEYS_BETWEEN_CLOCK_READS = 16


def time_limit_us(tenacity: int) -> float:
    """How long evicting may keep one command waiting; maxmemory-eviction-tenacity is 0 to 100, by default 10."""
    if tenacity <= 10:
        return 50 * tenacity
    return 500 * 1.15 ** (tenacity - 10) if tenacity < 100 else math.inf


class Evictor:
    """Keeps the data of one server within maxmemory, by maxmemory-policy."""

    DIRECTIVES = "maxmemory", "maxmemory-policy"  # a change of these calls `configure`

    def __init__(self, keyspace: Keyspace, account: Account, config, clock, latency: LatencyMonitor):
        self.keyspace = keyspace
        self.account = account
        self.config = config
        self.clock = clock
        self.latency = latency
        self.on_evicted: Callable[[Database, bytes], None] = lambda database, key: None
        self.may_evict: Callable[[], bool] = lambda: True
        self.free: Callable[[object], None] = lambda value: None  # takes values that lazyfree-lazy-eviction spares us
        self._pool = Pool()
        self._rank: Rank | None = None  # how deserving a key is; None for the random policies
        self._only_volatile = False
        self._last_database = 0
        self._running = False  # some room lacks still, and the loop will come back to it
        self._counts_accesses = False  # `accessed` holds LFU's entries
        self.reset_counters()

    def reset_counters(self) -> None:
        """CONFIG RESETSTAT."""
        self.evicted_keys = 0
        self.exceeded_us = 0  # how long, in all, there was more data than allowed …
        self.exceeded_since_us = 0  # … and since when there is (a monotonic clock's time), or 0

    def configure(self) -> None:
        """Apply maxmemory and its policy: at the start, and when CONFIG SET has changed them."""
        policy = self.config.maxmemory_policy
        self._rank = RANKS.get(policy.rpartition("-")[2])
        self._only_volatile = policy.startswith("volatile")
        self._pool.clear()
        self._prepare_access_times(policy)
        self.account.keep(self.config.maxmemory > 0)
        if self.config.maxmemory:
            self._continue_soon()

    # The times of access

    def _prepare_access_times(self, policy: str) -> None:
        """LRU and LFU keep different things in `accessed`, so a change between them begins anew with all keys alike."""
        counts = policy.endswith("lfu")
        fresh = frequency_entry(NEW_FREQUENCY, self.keyspace.second) if counts else self.keyspace.second
        by_age = counts or (policy.endswith("lru") and self.config.maxmemory)
        for database in self.keyspace.databases:
            if counts != self._counts_accesses:
                database.accessed.clear()
            if by_age:
                for key in database.data:
                    database.accessed.setdefault(key, fresh)
        self._counts_accesses = counts
        self.choose_touch()

    def choose_touch(self) -> None:
        """What an access to a key leaves behind from now on; cron asks again, because the keyspace may have grown."""
        keyspace = self.keyspace
        if self._counts_accesses:
            keyspace.touch = self.count_access
        elif self.config.maxmemory and self.config.maxmemory_policy.endswith("lru"):
            keyspace.touch = None
        else:
            keys = sum(len(database.data) for database in keyspace.databases)
            keyspace.touch = None if keys <= ACCESS_LIMIT else False
            if keys > ACCESS_LIMIT:
                for database in keyspace.databases:
                    database.accessed.clear()

    def count_access(self, database: Database, key: bytes) -> None:
        """The keyspace's `touch` under LFU."""
        now = self.keyspace.second
        entry = database.accessed.get(key)
        if entry is None:
            counter = NEW_FREQUENCY
        else:
            counter = frequency(entry, now, self.config.lfu_decay_time)
            counter = count_access(counter, self.config.lfu_log_factor, self.keyspace.random.random())
        database.accessed[key] = frequency_entry(counter, now)

    # Evicting

    def make_room(self) -> bool:
        """Evict until the data fits; False if it does not, and nothing more may be evicted."""
        limit = self.config.maxmemory
        if not limit or self.account.limited_bytes <= limit or not self.may_evict():
            self._note_exceeded(False)
            return True
        self._note_exceeded(True)
        if self.config.maxmemory_policy == "noeviction":
            return False
        fits = self._evict_within_time()
        if fits and not self._running:
            self._note_exceeded(False)
        return fits

    def _evict_within_time(self) -> bool:
        started_us = self.clock.monotonic_us()
        deadline_us = started_us + time_limit_us(self.config.maxmemory_eviction_tenacity)
        evicted, fits = 0, True
        while self.account.limited_bytes > self.config.maxmemory:
            victim = self._choose()
            if victim is None:
                fits = False
                break
            self._evict(*victim)
            evicted += 1
            if evicted % KEYS_BETWEEN_CLOCK_READS == 0 and self.clock.monotonic_us() > deadline_us:
                self._continue_soon()
                break
        elapsed_us = self.clock.monotonic_us() - started_us
        self.latency.note("eviction-cycle", elapsed_us, self.keyspace.now // 1000)
        return fits

    def _choose(self) -> tuple[Database, bytes] | None:
        """The key to go next, or None if there is none that may go."""
        if self._rank is None:
            return self._choose_randomly()
        while True:
            databases = [database for database in self.keyspace.databases if self._candidates(database)]
            if not databases:
                return None
            for database in databases:
                self._sample(database, self._rank)
            while candidate := self._pool.take():
                database, key = candidate
                if key in self._candidates(database):  # else it has gone since it was drawn
                    return candidate

    def _sample(self, database: Database, rank: Rank) -> None:
        """Offer some random keys to the pool."""
        keys = database.volatile_keys if self._only_volatile else database.keys
        for _ in range(self.config.maxmemory_samples):
            key = keys.draw(self.keyspace.random)
            self._pool.offer(rank(database, key, self.config), database, key)

    def _choose_randomly(self) -> tuple[Database, bytes] | None:
        """A random key, of one database after the other."""
        databases = self.keyspace.databases
        for _ in databases:
            self._last_database = (self._last_database + 1) % len(databases)
            database = databases[self._last_database]
            keys = database.volatile_keys if self._only_volatile else database.keys
            if self._candidates(database):
                return database, keys.draw(self.keyspace.random)
        return None

    def _candidates(self, database: Database) -> dict:
        return database.expires if self._only_volatile else database.data

    def _evict(self, database: Database, key: bytes) -> None:
        started_us = self.clock.monotonic_us()
        value = database.data.get(key)
        database.delete(key)
        if self.config.lazyfree_lazy_eviction:
            self.free(value)
        del value  # the last reference: what is big is freed here, and measured
        self.latency.note("eviction-del", self.clock.monotonic_us() - started_us, self.keyspace.now // 1000)
        self.evicted_keys += 1
        self.on_evicted(database, key)
        database.changed(key, "e", "evicted", 0)

    def _continue_soon(self) -> None:
        """Evict more in the next turn of the loop, until the data fits or nothing more may go."""
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._running = False
        self.make_room()

    def _note_exceeded(self, exceeded: bool) -> None:
        """Keep the time for which there was more data than allowed."""
        if exceeded and not self.exceeded_since_us:
            self.exceeded_since_us = self.clock.monotonic_us()
        elif not exceeded and self.exceeded_since_us:
            self.exceeded_us += self.clock.monotonic_us() - self.exceeded_since_us
            self.exceeded_since_us = 0
