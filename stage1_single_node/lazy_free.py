"""Freeing big values in slices, so that their end does not stall everybody (UNLINK, FLUSHALL ASYNC).

To free a dictionary is to visit each of its elements: 100 ms for a million of them, in which no client is served.
Redis hands big values to a thread; a Python thread would hold the interpreter's lock while it frees, so here the value
leaves the keyspace at once and is emptied a slice a turn of the event loop, between the clients' commands.
Contract: nobody else may hold the value, for it is emptied. Source: Redis 7.0's lazyfree.c.
"""

import asyncio
import gc
from collections import deque

THRESHOLD = 64  # LAZYFREE_THRESHOLD: what has no more elements is freed at once
SLICE = 1000  # elements a turn: about 100 µs
CONTAINERS = (dict, deque, list)


class LazyFree:
    """What has left the keyspace and still takes memory."""

    def __init__(self):
        self._doomed: deque[dict | deque | list] = deque()
        self.freed = 0  # containers so far (INFO's lazyfreed_objects)

    @property
    def pending(self) -> int:
        """How many containers wait for their end (INFO's lazyfree_pending_objects)."""
        return len(self._doomed)

    def free(self, *values: object) -> None:
        """Let go of some values: what is big in them will be emptied from the next turn of the loop on."""
        idle = not self._doomed
        for value in values:
            parts = [value] if isinstance(value, CONTAINERS) else gc.get_referents(value)
            self._doomed += [part for part in parts if isinstance(part, CONTAINERS) and len(part) > THRESHOLD]
        if idle and self._doomed:
            asyncio.get_running_loop().call_soon(self._free_slice)

    def _free_slice(self) -> None:
        container = self._doomed[0]
        take = container.popitem if isinstance(container, dict) else container.pop
        for _ in range(min(SLICE, len(container))):
            take()
        if not container:
            self._doomed.popleft()
            self.freed += 1
        if self._doomed:
            asyncio.get_running_loop().call_soon(self._free_slice)
