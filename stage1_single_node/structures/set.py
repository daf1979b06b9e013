"""A set that can give up a random member in constant time, which Python's own cannot.

Two structures hold the same members: a list, from which any position can be drawn, and a dictionary that says at which
position a member stands. Removing a member moves the last one of the list into its gap, so nothing is ever shifted.

    list        a  b  c  d           remove b:   a  d  c
    dictionary  a:0 b:1 c:2 d:3                  a:0 d:1 c:2

The encoding is what Redis would use by now: an intset, a sorted array of integers, while all members are integers and
few, then a hash table; there is no way back. An intset is listed in numeric order, so we list it so too.
Contract: needs no server; members are bytes. Source: Redis 7.0's t_set.c and intset.c.
"""

from collections.abc import Iterable, Iterator
from random import Random

from stage1_single_node.structures.footprint import INTEGER, SAMPLES, object_bytes, strings_bytes
from stage1_single_node.structures.numbers import parse_integer

MAX_INTSET_ENTRIES = 2**30  # whatever set-max-intset-entries says: an intset's length and size are 32 bits


class Set:
    """Members without order, or in numeric order while the encoding is "intset"."""

    __slots__ = ("encoding", "_members", "_positions")

    def __init__(self, members: Iterable[bytes] = (), max_entries: int = MAX_INTSET_ENTRIES):
        self._positions = {member: position for position, member in enumerate(dict.fromkeys(members))}
        self._members = list(self._positions)
        self.encoding = "intset"
        self.settle(max_entries)
        if self.encoding == "intset" and not all(map(is_integer, self._members)):
            self.encoding = "hashtable"

    def add(self, member: bytes) -> bool:
        """Put a member in; False if it was there."""
        positions = self._positions
        if member in positions:
            return False
        positions[member] = len(self._members)
        self._members.append(member)
        if self.encoding == "intset" and not is_integer(member):
            self.encoding = "hashtable"
        return True

    def remove(self, member: bytes) -> bool:
        """Take a member out; False if it was not there."""
        position = self._positions.pop(member, None)
        if position is None:
            return False
        last = self._members.pop()
        if position < len(self._members):
            self._members[position] = last
            self._positions[last] = position
        return True

    def settle(self, max_entries: int) -> None:
        """After adding: are there too many members for an intset (set-max-intset-entries)?"""
        if len(self._members) > min(max_entries, MAX_INTSET_ENTRIES):
            self.encoding = "hashtable"

    def draw(self, random: Random) -> bytes:
        """A random member of a set that is not empty; all are equally likely."""
        return self._members[int(random.random() * len(self._members))]

    def pop(self, random: Random) -> bytes:
        """Take a random member out of a set that is not empty."""
        member = self.draw(random)
        self.remove(member)
        return member

    def sample(self, random: Random, count: int) -> list[bytes]:
        """So many different random members, at most as many as there are."""
        return random.sample(self._members, count)

    def copy(self) -> "Set":
        """An independent set with the same members and encoding."""
        twin = Set()
        twin._positions, twin._members = dict(self._positions), list(self._members)
        twin.encoding = self.encoding
        return twin

    def __contains__(self, member: bytes) -> bool:
        return member in self._positions

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[bytes]:
        return iter(sorted(self._members, key=int) if self.encoding == "intset" else self._members)

    def memory_bytes(self, samples: int = SAMPLES) -> int:
        """What the set takes, judged by so many of its members; 0 looks at all."""
        structure = object_bytes(self) + object_bytes(self._members) + object_bytes(self._positions)
        count = len(self._members)
        return structure + INTEGER * count + strings_bytes(self._members, count, samples)

    def check(self) -> None:
        """Assert the invariants."""
        assert self._positions == {member: position for position, member in enumerate(self._members)}
        assert self.encoding == "hashtable" or all(map(is_integer, self._members))


def is_integer(member: bytes) -> bool:
    """True if an intset can hold the member: a 64-bit integer in its one canonical spelling."""
    try:
        parse_integer(member)
    except ValueError:
        return False
    return True
