"""A computer with everything in hand: its clock stands still, its loop turns when told to, a fsync in a thread ends
when told to, its disk is memory and can stop or fail at any operation, and a child does its work on it one by one."""

import asyncio
import errno
from collections.abc import Callable
from random import Random

from stage1_single_node.outside import Clock
from stage2_persistence import outside
from stage2_persistence.child import Progress, Work
from stage2_persistence.memory_disk import MemoryDisk

CHANGES = {"write", "sync", "rename", "remove", "create", "append", "make_directory", "sync_directory", "truncate"}
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
FAULTY = OSError(errno.EIO, "Input/output error")


class Stopped(BaseException):
    """The computer has stopped in the middle of an operation: nobody cleans up."""


class HeldClock(Clock):
    """Time stands still until a test moves it."""

    def __init__(self, ms: int = 1_700_000_000_000):
        self.ms = ms

    def unix_ns(self):
        return self.ms * 1_000_000

    monotonic_ns = unix_ns

    def unix_us(self):
        return self.ms * 1000

    monotonic_us = unix_us

    def unix_ms(self):
        return self.ms


class Loop(asyncio.SelectorEventLoop):
    """What it is to run in a thread waits here."""

    def __init__(self):
        super().__init__()
        self.jobs: list[tuple[asyncio.Future, Callable]] = []
        self.errors: list[BaseException] = []
        self.set_exception_handler(lambda loop, context: self.errors.append(context.get("exception")))

    def run_in_executor(self, executor, function, *arguments):
        future = self.create_future()
        self.jobs.append((future, function))
        return future

    def call_later(self, delay, callback, *arguments, **how):
        """Nothing comes by itself."""
        return asyncio.TimerHandle(0, callback, arguments, self)

    def finish_jobs(self) -> None:
        jobs, self.jobs = self.jobs, []
        for future, function in jobs:
            try:
                future.set_result(function())
            except OSError as error:
                future.set_exception(error)


class CountingDisk(MemoryDisk):
    """Counts what changes it, can stop or fail at any of these; what a child does to it can be written down first."""

    def __init__(self):
        super().__init__()
        self.done = 0
        self.trace: list[tuple[str, str]] = []
        self.stop_at: int | None = None
        self.fail_at: int | None = None
        self.stopped = False
        self.script: list[tuple] | None = None  # of a child, while it is being written down

    def begin(self, operation: str, path: str) -> None:
        if operation in CHANGES:
            if self.done == self.stop_at:
                self.stopped = True
                raise Stopped
            self.done += 1
            if self.done - 1 == self.fail_at:
                raise OSError(errno.EIO, "Input/output error", path)
            self.trace.append((operation, path))
        super().begin(operation, path)

    def restart(self) -> None:
        self.stop_at = self.fail_at = self.script = None
        self.stopped = False

    def create(self, path: str):
        return super().create(path) if self.script is None else ScriptedFile(self.script, path)

    def rename(self, old: str, new: str) -> None:
        self._do(super().rename, old, new)

    def remove(self, path: str) -> None:
        self._do(super().remove, path)

    def sync_directory(self, path: str) -> None:
        self._do(super().sync_directory, path)

    def _do(self, operation: Callable, *arguments: str) -> None:
        if self.script is None:
            operation(*arguments)
        else:
            self.script.append((operation, *arguments))


class ScriptedFile:
    def __init__(self, script: list[tuple], path: str):
        self._script = script
        self.path = path
        self.size = 0
        script.append(("create", path))

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._script.append(("write", bytes(data)))

    def sync(self) -> None:
        self._script.append(("sync",))

    def close(self) -> None:
        pass


class Child:
    """A process that has its picture of the data already and brings it to the disk, so many operations a poll."""

    pid, fork_us = 4711, 100

    def __init__(self, disk: CountingDisk, script: list[tuple]):
        self.operations_per_poll = 1_000_000
        self._disk, self._script = disk, script
        self._path, self._file = "", None
        self._status: int | None = None

    def poll(self) -> int | None:
        for _ in range(min(self.operations_per_poll, len(self._script))):
            if self._status is None:
                self._step(self._script.pop(0))
        if self._status is None and not self._script:
            self._status = 0
        return self._status

    def _step(self, step: tuple) -> None:
        try:
            if step[0] == "create":
                self._path = step[1]
                self._file = self._disk.create(self._path)
            elif isinstance(step[0], str):
                getattr(self._file, step[0])(*step[1:])
            else:
                step[0](*step[1:])
        except OSError:
            self._status = 1
            if self._disk.exists(self._path):
                self._disk.remove(self._path)

    def progress(self) -> Progress:
        return Progress(0, 0)

    def kill(self) -> None:
        if self._status is None:
            self._status = -9
            self._script.clear()


class Outside(outside.Outside):
    def __init__(self, disk: CountingDisk, clock: HeldClock):
        self.lines: list[str] = []
        super().__init__(lambda level, text: self.lines.append(text))
        self.disk, self.clock, self.random, self.pid = disk, clock, Random(0), 1
        self.child_operations_per_poll = 1_000_000
        self.fork_error: OSError | None = None

    def fork(self, work: Work) -> Child:
        if self.fork_error:
            raise self.fork_error
        self.disk.script = script = []
        try:
            work(lambda keys: None)
        finally:
            self.disk.script = None
        child = Child(self.disk, script)
        child.operations_per_poll = self.child_operations_per_poll
        return child
