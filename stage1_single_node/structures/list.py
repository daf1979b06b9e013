"""A list: a double-ended queue of byte strings, constant time at both ends and linear in between, as in Redis.

Redis's quicklist is a linked list of small packed arrays; Python's deque is a linked list of blocks of 64 references,
the same idea. So both reach an element from the nearer end, block by block, and neither is made for random access.
Redis 7.0 has no other encoding for lists. Contract: needs no server; positions are as in LRANGE, from 0 or from -1.
Source: Redis 7.0's t_list.c and quicklist.c.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from stage1_single_node.structures.footprint import SAMPLES, object_bytes, strings_bytes

BLOCK = 64  # elements a block of a deque: an access by position hops over so many at a time


class List(deque):
    """`append`, `appendleft`, `extend`, `extendleft`, `pop`, `popleft`, `[position]`, `insert` are the deque's own."""

    __slots__ = ()

    encoding = "quicklist"

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """LRANGE's two positions, both included, as a half-open range inside the list; empty ranges are (0, 0)."""
        length = len(self)
        first = max(start + length, 0) if start < 0 else start
        last = end + length if end < 0 else min(end, length - 1)
        return (first, last + 1) if first <= last else (0, 0)

    def between(self, start: int, end: int) -> list[bytes]:
        """The elements from position `start` to `end`, both included."""
        first, after = self.bounds(start, end)
        count, beyond = after - first, len(self) - after
        if count <= BLOCK and min(first, beyond) > BLOCK:
            return [self[position] for position in range(first, after)]  # a few, deep inside: hop to each
        if first <= beyond:
            return list(islice(self, first, after))
        backwards = list(islice(reversed(self), beyond, beyond + count))
        backwards.reverse()
        return backwards

    def take_left(self, count: int) -> list[bytes]:
        """Remove and return up to `count` elements, the first one first."""
        pop = self.popleft
        return [pop() for _ in range(min(count, len(self)))]

    def take_right(self, count: int) -> list[bytes]:
        """Remove and return up to `count` elements, the last one first."""
        pop = self.pop
        return [pop() for _ in range(min(count, len(self)))]

    def keep(self, start: int, end: int) -> int:
        """Remove all but the elements between two positions; how many that were. Costs the smaller part of the list."""
        first, after = self.bounds(start, end)
        removed = len(self) - (after - first)
        if removed <= after - first:
            self.take_right(len(self) - after)
            self.take_left(first)
        else:
            kept = self.between(first, after - 1) if after else []
            self.clear()
            self.extend(kept)
        return removed

    def discard(self, element: bytes, count: int) -> int:
        """Remove the first `count` occurrences, the last ones for a negative count, all for 0; how many that were."""
        occurrences = self.count(element)
        excess = min(abs(count) or occurrences, occurrences)
        if excess == 1 and count > 0:
            self.remove(element)
        elif excess:
            kept, left = [], excess
            for other in self if count >= 0 else reversed(self):
                if left and other == element:
                    left -= 1
                else:
                    kept.append(other)
            self.clear()
            if count >= 0:
                self.extend(kept)
            else:
                self.extendleft(kept)
        return excess

    def positions(self, element: bytes, rank: int = 1, limit: int = 0) -> Iterator[int]:
        """Where `element` stands, beginning with its `rank`-th occurrence (from the end if negative).

        At most `limit` elements are compared (0: all).
        """
        elements = self if rank > 0 else reversed(self)
        found = (at for at, other in enumerate(islice(elements, limit or None)) if other == element)
        last = len(self) - 1
        return (at if rank > 0 else last - at for at in islice(found, abs(rank) - 1, None))

    def memory_bytes(self, samples: int = SAMPLES) -> int:
        """What the list takes, judged by so many of its elements; 0 looks at all."""
        return object_bytes(self) + strings_bytes(self, len(self), samples)

    def check(self) -> None:
        """Assert the invariants."""
        assert all(type(element) is bytes for element in self)
