"""A sorted set: members with scores, in the order of their scores, and of their bytes where scores are equal.

Two structures hold the same entries, as in Redis: a dictionary finds the entry of a member, and an ordered sequence
knows ranks and ranges. Redis takes a skip list for the order; here it is a SortedList, a list of sorted lists of at
most 2,000 entries each: in Python, where following a link costs as much as moving a thousand references, shifting
short arrays beats walking links (a skip list of ours took four times as long).

Ranges of positions are Python ranges, so that counting, skipping, limiting and reversing them needs no loop:

    zset.at(zset.by_score((1.0, False), (5.0, True))[::-1][:10])      the ten last entries with 1 <= score < 5

The encoding is what Redis would use by now: a flat listpack while the set is small, then a skip list, one way.
Contract: needs no server; members are bytes, scores floats that are no NaN. Source: Redis 7.0's t_zset.c.
"""

import math
from collections.abc import Iterator
from random import Random

from sortedcontainers import SortedList

from stage1_single_node.structures.footprint import FLOAT, SAMPLES, object_bytes, strings_bytes

Entry = tuple[float, bytes]  # (score, member): the order of tuples is the order of the set
ScoreBound = tuple[float, bool]  # (score, is the bound itself excluded?)
MemberBound = tuple[bytes | float, bool]  # the same for members; -inf and inf are below and above all of them


# For the account of memory:
ENTRY = object_bytes((0.0, b""))
REFERENCE = 9  # eight bytes in the sorted list, and its spare room
SORTED_LIST = 400  # an empty one with its parts, measured with tracemalloc


class SortedSet:
    """Entries in order; a position, or rank, counts from 0 at the lowest score."""

    __slots__ = ("encoding", "_entries", "_order")

    def __init__(self) -> None:
        self.encoding = "listpack"
        self._entries: dict[bytes, Entry] = {}
        self._order = SortedList()

    @classmethod
    def of(cls, scores: dict[bytes, float], max_entries: int, max_bytes: int) -> "SortedSet":
        """A set made in one go, with the encoding that Redis would choose for it."""
        zset = cls()
        if len(scores) > max_entries or any(len(member) > max_bytes for member in scores):
            zset.encoding = "skiplist"
        zero = 0.0 if zset.encoding == "listpack" else -0.0  # see `put`
        zset._entries = {member: (score + zero, member) for member, score in scores.items()}
        zset._order = SortedList(zset._entries.values())
        return zset

    # Members

    def make_room(self, member: bytes, max_entries: int, max_bytes: int) -> None:
        """Before `member` comes in: does it still fit a listpack (zset-max-listpack-entries, -value)?"""
        if member not in self._entries and (len(self._entries) >= max_entries or len(member) > max_bytes):
            self.encoding = "skiplist"

    def put(self, member: bytes, score: float) -> float | None:
        """Give a member, new or not, its score; the score that it had, None for a new one."""
        if self.encoding == "listpack":
            score += 0.0  # a listpack keeps whole scores as integers, which know no -0.0
        entry = self._entries.get(member)
        if entry is None:
            entry = self._entries[member] = (score, member)
            self._order.add(entry)
            return None
        old, member = entry  # the bytes that are here already, so that each member is held once
        if old != score:
            self._order.remove(entry)
            entry = self._entries[member] = (score, member)
            self._order.add(entry)
        return old

    def remove(self, member: bytes) -> bool:
        """Take a member out; False if it was not there."""
        entry = self._entries.pop(member, None)
        if entry is None:
            return False
        self._order.remove(entry)
        return True

    def score(self, member: bytes) -> float | None:
        """The score of a member, None for a stranger."""
        entry = self._entries.get(member)
        return None if entry is None else entry[0]

    def rank(self, member: bytes) -> int | None:
        """How many entries stand before this member; None for a stranger."""
        entry = self._entries.get(member)
        return None if entry is None else self._order.bisect_left(entry)

    # Positions

    def by_rank(self, start: int, stop: int) -> range:
        """The positions from `start` to `stop`, which is included; negative ones count from the end."""
        size = len(self._entries)
        if start < 0:
            start = max(start + size, 0)
        if stop < 0:
            stop += size
        return range(size)[start : max(stop + 1, 0)]

    def by_score(self, low: ScoreBound, high: ScoreBound) -> range:
        """The positions of the scores between the bounds."""
        start = self._scores_below(low[0], low[1])
        return range(start, max(start, self._scores_below(high[0], not high[1])))

    def by_member(self, low: MemberBound, high: MemberBound) -> range:
        """The positions of the members between the bounds, in a set whose scores are all equal (else: of some)."""
        start = self._members_below(low[0], low[1])
        return range(start, max(start, self._members_below(high[0], not high[1])))

    def _scores_below(self, score: float, or_equal: bool) -> int:
        """How many entries have a score below this one, or equal to it."""
        if not or_equal:
            return self._order.bisect_left((score,))  # a tuple without member comes before all that have one
        if score == math.inf:
            return len(self._order)
        return self._order.bisect_left((math.nextafter(score, math.inf),))

    def _members_below(self, member: bytes | float, or_equal: bool) -> int:
        """How many members come before this one, or are it, as all scores are those of the first."""
        if isinstance(member, float) or not self._order:
            return len(self._order) if member == math.inf else 0
        bound = self._order[0][0], member
        return self._order.bisect_right(bound) if or_equal else self._order.bisect_left(bound)

    def at(self, positions: range) -> list[Entry]:
        """The entries at these positions, which follow each other, upwards or downwards."""
        if positions.step < 0:
            return self.at(positions[::-1])[::-1]
        return self._order[positions.start : positions.stop]

    def remove_at(self, positions: range) -> None:
        """Take out the entries at these positions, which follow each other upwards."""
        for _, member in self.at(positions):
            del self._entries[member]
        del self._order[positions.start : positions.stop]

    def pop(self, position: int) -> Entry:
        """Take out the first entry (0) or the last one (-1) of a set that is not empty."""
        entry = self._order.pop(position)
        del self._entries[entry[1]]
        return entry

    # Random members

    def draw(self, random: Random) -> bytes:
        """A random member of a set that is not empty; all are equally likely."""
        return self._order[int(random.random() * len(self._order))][1]

    def sample(self, random: Random, count: int) -> list[bytes]:
        """So many different random members, at most as many as there are."""
        return [self._order[position][1] for position in random.sample(range(len(self._order)), count)]

    # The whole set

    def copy(self) -> "SortedSet":
        """An independent set with the same entries and encoding."""
        twin = SortedSet()
        twin.encoding = self.encoding
        twin._entries = dict(self._entries)
        twin._order = self._order.copy()
        return twin

    def __getitem__(self, member: bytes) -> float:
        """The score of a member; KeyError for a stranger."""
        return self._entries[member][0]

    def __contains__(self, member: bytes) -> bool:
        return member in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[bytes]:
        """The members in order."""
        return (member for _, member in self._order)

    def memory_bytes(self, samples: int = SAMPLES) -> int:
        """What the set takes, judged by so many of its members; 0 looks at all."""
        count = len(self._entries)
        structure = object_bytes(self) + object_bytes(self._entries) + SORTED_LIST + count * (ENTRY + FLOAT + REFERENCE)
        return structure + strings_bytes(self._entries, count, samples)

    def check(self) -> None:
        """Assert the invariants."""
        assert list(self._order) == sorted(self._entries.values())
        assert all(entry[1] == member for member, entry in self._entries.items())
        assert not any(math.isnan(score) for score, _ in self._order)
        self._order._check()
