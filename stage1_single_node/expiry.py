"""The active expire cycle: finding the expired keys that nobody looks at any more, by sampling.

1. Draw twenty random keys that have a deadline; delete those whose deadline has passed.
2. If more than a tenth of them had to go, the database is full of dead keys: draw again.
3. Stop after a quarter of the time between two ticks, whatever remains.
Why it suffices: the share of dead keys that occupy memory settles below a tenth. Where it is weak: that is a matter of
chance, and a key can outlive its deadline for long; nobody can see it (lazy expiry), it only takes room.
Source: activeExpireCycle in Redis 7.0's expire.c.
"""

SAMPLE = 20  # ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP
ACCEPTABLE_STALE_SHARE = 0.10  # config_cycle_acceptable_stale at the default active-expire-effort
TIME_SHARE = 0.25  # ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC


def expire_cycle(keyspace, clock, hz: int, effort: int = 1) -> None:
    """One slow cycle over all databases; `effort` is active-expire-effort (1 to 10), which samples more."""
    sample = SAMPLE + SAMPLE // 4 * (effort - 1)
    acceptable = ACCEPTABLE_STALE_SHARE - (effort - 1) / 100
    deadline_us = clock.monotonic_us() + int(1e6 * (TIME_SHARE + 0.02 * (effort - 1)) / hz)
    for database in keyspace.databases:
        while database.expires:
            drawn = min(sample, len(database.expires))
            gone = 0
            for _ in range(drawn):
                key = database.volatile_keys.draw(keyspace.random)
                gone += key is not None and database.is_gone(key)
            if gone <= drawn * acceptable:
                break
            if clock.monotonic_us() > deadline_us:
                keyspace.expire_cycles_cut_short += 1
                return
