"""maxmemory: which keys go when the data takes too much room.

The ideal victim is the key that will not be asked for again; the past stands in for the future: the key unused for the
longest time (LRU), or used the least often (LFU). An exact order of all keys would cost memory and time at every
access, so Redis draws a few keys at random and keeps the best candidates of all draws in a pool:

1. Draw `maxmemory-samples` keys of every database; the pool keeps the sixteen most deserving of all drawn so far.
2. Evict the most deserving one that still exists; repeat until the data fits.
Why it suffices: the pool remembers good candidates of earlier draws, so five samples come close to true LRU.
Where it is weak: in one scan over many keys, each used once, LRU forgets what was popular; LFU is the answer to that.
This file is the choosing: pure functions and the pool. evictor.py does the evicting, memory.py knows the bytes.
Source: Redis 7.0's evict.c; https://redis.io/docs/reference/eviction/
"""

from bisect import bisect_left
from collections.abc import Callable

from stage1_single_node.keyspace import Database

# What an access leaves in `Database.accessed` -------------------------------------------------------------------
# LRU (and every policy but LFU): unix seconds. LFU: minutes, 16 bits of them, and behind these a counter of 8 bits
# that counts accesses on a logarithmic scale: the higher it stands, the less likely another access moves it.

NEW_FREQUENCY = 5  # LFU_INIT_VAL: a new key must not be the first to go before it had a chance to be used
HIGHEST_FREQUENCY = 255


def idle_seconds(accessed: int | None, now_seconds: int) -> int:
    """How long a key has not been used; 0 for a key without an entry (see keyspace.ACCESS_LIMIT)."""
    return 0 if accessed is None else max(now_seconds - accessed, 0)


def frequency(accessed: int | None, now_seconds: int, decay_minutes: int) -> int:
    """The counter of a key under LFU: what it was at the last access, less one for every `lfu-decay-time` since."""
    if accessed is None:
        return NEW_FREQUENCY
    counter = accessed & 0xFF
    if not decay_minutes:
        return counter
    elapsed = (now_seconds // 60 & 0xFFFF) - (accessed >> 8)
    if elapsed < 0:  # the clock of minutes wraps after 45 days
        elapsed += 0xFFFF
    return max(counter - elapsed // decay_minutes, 0)


def frequency_entry(counter: int, now_seconds: int) -> int:
    """What `Database.accessed` holds for a key with this counter, used now."""
    return (now_seconds // 60 & 0xFFFF) << 8 | counter


def count_access(counter: int, log_factor: int, chance: float) -> int:
    """The counter after one more access; `chance` is a random number in [0, 1).

    With a factor of 10, about a million accesses lead to 255; 100 accesses to about 10.
    """
    if counter >= HIGHEST_FREQUENCY:
        return HIGHEST_FREQUENCY
    above_new = max(counter - NEW_FREQUENCY, 0)
    return counter + (chance < 1 / (above_new * log_factor + 1))


# Choosing --------------------------------------------------------------------------------------------------------


class Pool:
    """The most deserving candidates for eviction seen so far, ascending; `rank` says how deserving: idle time …"""

    SIZE = 16  # EVPOOL_SIZE

    def __init__(self):
        self._ranks: list[float] = []
        self._candidates: list[tuple[Database, bytes]] = []

    def offer(self, rank: float, database: Database, key: bytes) -> None:
        """A key was drawn: it enters if there is room, or if somebody less deserving can make room."""
        position = bisect_left(self._ranks, rank)
        if len(self._ranks) == self.SIZE:
            if position == 0:
                return
            del self._ranks[0], self._candidates[0]
            position -= 1
        self._ranks.insert(position, rank)
        self._candidates.insert(position, (database, key))

    def take(self) -> tuple[Database, bytes] | None:
        """Remove and return the most deserving candidate, which may have gone in the meantime."""
        if not self._ranks:
            return None
        self._ranks.pop()
        return self._candidates.pop()

    def clear(self) -> None:
        self._ranks.clear()
        self._candidates.clear()

    def __len__(self) -> int:
        return len(self._ranks)

    def check(self) -> None:
        """Assert the invariants."""
        assert len(self._ranks) == len(self._candidates) <= self.SIZE
        assert self._ranks == sorted(self._ranks)


def lru_rank(database: Database, key: bytes, config) -> float:
    """Unused for longer is more deserving."""
    return database.keyspace.second - database.accessed.get(key, 0)


def lfu_rank(database: Database, key: bytes, config) -> float:
    """Used less often is more deserving."""
    return HIGHEST_FREQUENCY - frequency(database.accessed.get(key), database.keyspace.second, config.lfu_decay_time)


def ttl_rank(database: Database, key: bytes, config) -> float:
    """Nearer to its end is more deserving."""
    return -database.expires[key]


Rank = Callable[..., float]
# By the last word of maxmemory-policy; the random ones have none.
RANKS: dict[str, Rank] = {"lru": lru_rank, "lfu": lfu_rank, "ttl": ttl_rank}
