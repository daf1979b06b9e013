"""A hash: fields and their values, a dictionary that knows which of Redis's two encodings it would have by now.

Redis keeps a small hash as one flat piece of memory (a listpack), where a look-up is a walk, and turns it into a hash
table when it grows; there is no way back. A dictionary is both for us, but clients see the encoding (OBJECT ENCODING)
and tune memory by it. Contract: needs no server; fields and values are bytes. Source: Redis 7.0's t_hash.c.
"""

from collections.abc import Iterable
from itertools import chain
from random import Random
from weakref import proxy

from stage1_single_node.structures.footprint import SAMPLES, object_bytes, strings_bytes
from stage1_single_node.structures.sampler import Sampler


class Hash(dict):
    """Field → value, in the order in which the fields came."""

    __slots__ = ("__weakref__", "_sampler", "encoding")

    def __init__(self, pairs=()):
        super().__init__(pairs)
        self.encoding = "listpack"
        self._sampler: Sampler | None = None  # made by the first draw: most hashes are never drawn from

    def settle(self, words: Iterable[bytes], max_entries: int, max_bytes: int) -> None:
        """After `words` (fields and values) came in: is it still a listpack (hash-max-listpack-entries, -value)?"""
        if len(self) > max_entries or max(map(len, words)) > max_bytes:
            self.encoding = "hashtable"

    def draw(self, random: Random) -> bytes:
        """A random field of a hash that is not empty, in constant time (sampler.py says how evenly)."""
        if self._sampler is None:
            self._sampler = Sampler(proxy(self))  # not itself: without a cycle, a deleted hash is freed at once
        return self._sampler.draw(random)

    def sample(self, random: Random, count: int) -> list[bytes]:
        """So many different random fields, at most as many as there are."""
        if 3 * count > len(self):
            return random.sample(list(self), count)
        fields: dict[bytes, None] = {}
        while len(fields) < count:  # at most a third of all is drawn, so at least two of three draws find a new one
            fields[self.draw(random)] = None
        return list(fields)

    def copy(self) -> "Hash":
        """An independent hash with the same contents and encoding."""
        twin = Hash(self)
        twin.encoding = self.encoding
        return twin

    def memory_bytes(self, samples: int = SAMPLES) -> int:
        """What the hash takes, judged by so many of its fields and values; 0 looks at all."""
        words = chain.from_iterable(self.items())
        return object_bytes(self) + strings_bytes(words, 2 * len(self), 2 * samples)

    def check(self) -> None:
        """Assert the invariants."""
        assert self.encoding in ("listpack", "hashtable")
        assert all(type(word) is bytes for pair in self.items() for word in pair)
