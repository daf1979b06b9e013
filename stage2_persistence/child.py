"""One child process at a time, which writes a picture of the data set while the server goes on.

fork(2) gives the child a copy of the whole memory at once: the pages are shared until one of the two writes to one,
and only then is that page copied ("copy-on-write"). So the child sees the data as it was at one moment, at no cost but
the fork itself (it copies the page tables: milliseconds for each gigabyte) and the pages that change meanwhile.

In Python reading is writing: a look at an object counts a reference to it, which is kept in the object. So the child
copies most pages that it looks at, however still the server stands. What helps: `gc.freeze` before the fork keeps the
cycle collector out of it, and the child holds little, writes fast and ends.
Contract: what is run in the child must end with its process; the parent asks with `poll`. Source: redisFork,
checkChildrenDone and childinfo.c of Redis 7.0.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

KILLED = -10  # the status of a child that we ended; Redis does it by SIGUSR1, 10, and it counts as no failure

Report = Callable[[int], None]  # told by the child how many keys it has written
Work = Callable[[Report], None]  # what a child does; an exception is its failure


class Progress(NamedTuple):
    """What a child has told of itself."""

    keys: int
    cow_bytes: int  # memory of its own, which it shared with the parent at first


class Forked(Protocol):
    """A running child, as `outside.fork` returns it."""

    pid: int
    fork_us: int  # so long the parent stood still

    def poll(self) -> int | None:
        """None while it runs; then 0, the exit code of a failure, or minus the signal that ended it."""

    def progress(self) -> Progress:
        """What it told last."""

    def kill(self) -> None:
        """End it, and wait until it has gone."""


class Background:
    """The child of a server, if there is one, and what the last ones cost."""

    def __init__(self, outside, latency):
        self._outside, self._latency = outside, latency
        self.kind = ""  # "rdb" or "aof" while a child runs
        self.child: Forked | None = None
        self.keys_total = 0
        self.started_ms = 0  # of this child
        self.cow_bytes = {"rdb": 0, "aof": 0}  # of the last child of each kind
        self.cow_peak_bytes = 0  # of this child
        self.last_fork_us = 0
        self.forks = 0
        self._finished: Callable[[int], None] = lambda status: None

    @property
    def pid(self) -> int:
        """Of the child; 0 without one."""
        return self.child.pid if self.child else 0

    def start(self, kind: str, work: Work, keys_total: int, finished: Callable[[int], None]) -> None:
        """Fork; `finished` is called with the exit status when the child has ended. Raises OSError."""
        assert self.child is None, "one child at a time"
        self.child = self._outside.fork(work)
        self.kind, self.keys_total, self._finished = kind, keys_total, finished
        self.started_ms = self._outside.clock.unix_ms()
        self.last_fork_us, self.cow_peak_bytes = self.child.fork_us, 0
        self.forks += 1
        self._latency.note("fork", self.last_fork_us, self.started_ms // 1000)

    def poll(self) -> None:
        """From time to time: what has the child told, and is it still there?"""
        if self.child is None:
            return
        status = self.child.poll()
        cow_bytes = self.child.progress().cow_bytes
        self.cow_peak_bytes = max(self.cow_peak_bytes, cow_bytes)
        if status is not None:
            self.cow_bytes[self.kind] = self.cow_peak_bytes
            self._outside.log("notice", f"Fork CoW for {self.kind.upper()}: peak {self.cow_peak_bytes >> 20} MB")
            self._end(status)

    def kill(self, kind: str = "") -> None:
        """End a child (of this kind, or any) that nobody wants any more; its files are its owner's to remove."""
        if self.child and kind in ("", self.kind):
            self.child.kill()
            self._end(KILLED)

    def _end(self, status: int) -> None:
        finished = self._finished
        self.child, self.kind = None, ""
        finished(status)
