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
SMOOTHING = 0.05  # of the estimated share of dead keys, a running average
TIME_SHARE = 0.25  # ACTIVE_EXPIRE_CYCLE_SLOW_TIME_PERC


def expire_cycle(keyspace, clock, hz: int, effort: int = 1) -> int:
    """One slow cycle over all databases; `effort` is active-expire-effort (1 to 10), which samples more.

    Returns how many microseconds it took.
    """
    sample = SAMPLE + SAMPLE // 4 * (effort - 1)
    acceptable = ACCEPTABLE_STALE_SHARE - (effort - 1) / 100
    started_us = clock.monotonic_us()
    limit_us = int(1e6 * (TIME_SHARE + 0.02 * (effort - 1)) / hz)
    drawn = gone = 0
    databases = [database for database in keyspace.databases if database.expires]
    while databases:
        drawn_now = min(sample, len(databases[0].expires))
        gone_now = _sample(databases[0], drawn_now)
        drawn += drawn_now
        gone += gone_now
        if gone_now <= drawn_now * acceptable:
            del databases[0]
        elif clock.monotonic_us() - started_us > limit_us:
            keyspace.expire_cycles_cut_short += 1
            break
    share = gone / drawn if drawn else 0.0
    keyspace.stale_share += SMOOTHING * (share - keyspace.stale_share)
    return clock.monotonic_us() - started_us


def _sample(database, count: int) -> int:
    """Draw so many keys that have a deadline; how many of them had to go."""
    keyspace = database.keyspace
    drawn = (database.volatile_keys.draw(keyspace.random) for _ in range(count))
    return sum(key is not None and database.is_gone(key) for key in drawn)
