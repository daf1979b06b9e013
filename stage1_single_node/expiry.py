"""The active expire cycle: finding the expired keys that nobody looks at any more, by sampling.

1. Draw twenty random keys that have a deadline; delete those whose deadline has passed.
2. If more than a tenth of them had to go, the database is full of dead keys: draw again.
3. Stop after a quarter of the time between two ticks, whatever remains; the next cycle begins with the next database.
Why it suffices: the share of dead keys that occupy memory settles below a tenth. Where it is weak: that is a matter of
chance, and a key can outlive its deadline for long; nobody can see it (lazy expiry), it only takes room.
Redis walks through its hash table from where it stopped instead of drawing, and adds shorter cycles before it waits
for clients when the quarter was not enough. Source: activeExpireCycle in Redis 7.0's expire.c.
"""

from collections import deque

SAMPLE = 20  # ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP
ACCEPTABLE_STALE_SHARE = 0.10  # ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE
SMOOTHING = 0.05  # of the estimated share of dead keys, a running average
TIME_SHARE = 0.25  # ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC


class ExpireCycle:
    """The cycles of one keyspace, `hz` of them a second."""

    def __init__(self, keyspace, clock):
        self.enabled = True  # DEBUG SET-ACTIVE-EXPIRE
        self._keyspace = keyspace
        self._clock = clock
        self._databases = deque(keyspace.databases)  # the one whose turn it is comes first

    def run(self, hz: int, effort: int = 1) -> int:
        """One cycle over all databases; how many microseconds it took.

        `effort` is active-expire-effort (1 to 10): a higher one samples more, for longer, and is content with less.
        """
        sample = SAMPLE + SAMPLE // 4 * (effort - 1)
        acceptable = ACCEPTABLE_STALE_SHARE - (effort - 1) / 100
        keyspace, clock, databases = self._keyspace, self._clock, self._databases
        started_us = clock.monotonic_us()
        limit_us = int(1e6 * (TIME_SHARE + 0.02 * (effort - 1)) / hz)
        drawn = gone = clean = 0
        while self.enabled and clean < len(databases):
            drawn_now, gone_now = _sample(databases[0], sample)
            drawn += drawn_now
            gone += gone_now
            if gone_now <= drawn_now * acceptable:
                clean += 1
                databases.rotate(-1)
            elif clock.monotonic_us() - started_us > limit_us:
                keyspace.expire_cycles_cut_short += 1
                databases.rotate(-1)
                break
        share = gone / drawn if drawn else 0.0
        keyspace.stale_share += SMOOTHING * (share - keyspace.stale_share)
        return clock.monotonic_us() - started_us


def _sample(database, count: int) -> tuple[int, int]:
    """Look at so many keys that have a deadline, or at all: how many these were, and how many of them had to go."""
    if len(database.expires) <= count:
        keys = list(database.expires)
    else:
        random = database.keyspace.random
        keys = [database.volatile_keys.draw(random) for _ in range(count)]
    return len(keys), sum(key in database.expires and database.expire_if_needed(key) for key in keys)
