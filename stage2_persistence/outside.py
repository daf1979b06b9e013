"""What of the real world a server of stage 2 may touch, beside what stage 1's may: the disk, and a process of its own.

Contract: what a server needs of the world comes in by this object alone. So tests hand it another one, whose disk is
memory_disk.py's and whose child is no process. Source: fork(2), and redisFork in Redis 7.0's server.c.
"""

import gc
import os
import signal
import time
import traceback
import warnings

from stage1_single_node import outside
from stage2_persistence.child import Progress, Work
from stage2_persistence.disk import Disk

COW_EVERY_SECONDS = 1.0  # reading smaps_rollup walks the page tables: milliseconds for a big process


class Outside(outside.Outside):
    """The real world, with a disk."""

    def __init__(self, log: outside.Log | None = None):
        super().__init__(log)
        self.disk = Disk()

    def fork(self, work: Work) -> "Child":
        """Run `work` in a child process that has a copy of our memory; raises OSError."""
        gc.freeze()  # in the child no collection shall touch, and so copy, what is there now
        reader, writer = os.pipe()
        started_ns = time.perf_counter_ns()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads that are not copied: those of ours hold no locks, they fsync
            try:
                pid = os.fork()
            except OSError:
                os.close(reader)
                os.close(writer)
                raise
        if pid == 0:
            self._live_as_child(work, reader, writer)
        os.close(writer)
        os.set_blocking(reader, False)
        return Child(pid, reader, (time.perf_counter_ns() - started_ns) // 1000)

    def _live_as_child(self, work: Work, reader: int, writer: int) -> None:
        """Work and end; nothing that the parent would do at its end happens here."""
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):  # the parent's business: Ctrl-C reaches the child too
                signal.signal(number, signal.SIG_IGN)
            gc.disable()
            self.log.role = "C"
            self.pid = os.getpid()
            _close_all_but(writer)
            told_at = 0.0

            def report(keys: int) -> None:
                nonlocal told_at
                if time.monotonic() - told_at >= COW_EVERY_SECONDS:
                    told_at = time.monotonic()
                    os.write(writer, b"%d %d\n" % (keys, _private_bytes()))  # fails when the parent has died

            work(report)
            os.write(writer, b"-1 %d\n" % _private_bytes())
            status = 0
        except OSError as error:
            self.log("warning", f"Write error while saving: {error.strerror or error}")
        except BaseException:
            self.log("warning", f"Bug in a child: {traceback.format_exc()}")
        finally:
            os._exit(status)


class Child:
    """A forked process and the pipe through which it tells how far it is."""

    def __init__(self, pid: int, pipe: int, fork_us: int):
        self.pid, self.fork_us = pid, fork_us
        self._pipe = pipe
        self._told = Progress(0, 0)
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            self._reap(os.WNOHANG)
        return self._status

    def progress(self) -> Progress:
        try:
            lines = os.read(self._pipe, 65536).splitlines() if self._pipe >= 0 else []
        except BlockingIOError:
            lines = []
        for line in lines:
            keys, cow_bytes = map(int, line.split())
            self._told = Progress(self._told.keys if keys < 0 else keys, max(self._told.cow_bytes, cow_bytes))
        return self._told

    def kill(self) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap(0)

    def _reap(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:  # somebody else has reaped it: nobody knows how it ended
            pid, status = self.pid, 1 << 8
        if pid:
            self._status = os.waitstatus_to_exitcode(status)
            self.progress()
            os.close(self._pipe)
            self._pipe = -1


def _close_all_but(kept: int) -> None:
    """Let go of the parent's sockets and files: while a child holds them, a dead parent's port would stay taken."""
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else map(str, range(3, 1024)):
        descriptor = int(name)
        if descriptor > 2 and descriptor != kept:
            try:
                os.close(descriptor)
            except OSError:
                pass  # the one through which the directory was listed


def _private_bytes() -> int:
    """Memory of this process alone: what was copied since the fork, and what is new."""
    try:
        with open("/proc/self/smaps_rollup", "rb") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Private_Dirty"))
    except OSError:
        return 0
