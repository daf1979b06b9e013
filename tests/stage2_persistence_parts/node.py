"""A server of stage 2 with everything in hand: its disk is memory, its clock stands still, its loop turns when told to,
a fsync in a thread ends when told to, and a child's work on the disk is done one operation after the other."""

import asyncio
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

import hiredis

from stage1_single_node import digest
from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage1_single_node.outside import Clock
from stage2_persistence import outside
from stage2_persistence.child import KILLED, Progress, Work
from stage2_persistence.encoding import encode_commands
from stage2_persistence.memory_disk import MemoryDisk
from stage2_persistence.server import Server

CHANGES = {"write", "sync", "rename", "remove", "create", "append", "make_directory", "sync_directory", "truncate"}
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
FAULTY = OSError(errno.EIO, "Input/output error")


class Stopped(BaseException):
    """The computer has stopped in the middle of an operation: nobody cleans up."""


# The machine


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


# The server and its clients


class Transport:
    """The far end of a connection: what has arrived there."""

    def __init__(self):
        self.received = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.received += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str):
        return None

    def get_write_buffer_size(self) -> int:
        return 0


class Connection:
    def __init__(self, node: "Node"):
        self.node = node
        self.transport = Transport()
        self.client = Client(node.server)
        node.during(self.client.connection_made, self.transport)

    @property
    def replies(self) -> list:
        """All that have arrived since the beginning."""
        reader = hiredis.Reader()
        reader.feed(self.transport.received)
        found = []
        while (reply := reader.gets()) is not False:
            found.append(reply)
        return found

    def __call__(self, *commands: str | list[bytes]):
        """Send commands in one read and turn the loop; the reply to the last one, if it has arrived."""
        self.node.turn((self, *commands))
        return self.replies[-1]


class Node:
    """A server that runs on a disk, until it is stopped or the machine is."""

    def __init__(self, disk: CountingDisk, clock: HeldClock | None = None, **directives: str):
        self.disk, self.clock = disk, clock or HeldClock()
        self.outside = Outside(disk, self.clock)
        config = Config()
        config.load("\n".join(f"{name.replace('_', '-')} {value}" for name, value in directives.items()))
        self.server = Server(config, self.outside)
        self.loop = Loop()

    @property
    def log(self) -> str:
        return "\n".join(self.outside.lines)

    def start(self) -> "Node":
        async def listen_nowhere(server):
            pass

        with patch("stage1_single_node.listening.listen", listen_nowhere):
            self.loop.run_until_complete(self.server.start())
        self._check()
        return self

    def during(self, action: Callable, *arguments) -> None:
        """Do something within a turn of the loop, and let it turn until nobody has anything left to do at once."""

        async def turn():
            action(*arguments)
            for _ in range(3):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())
        self._check()

    def _check(self) -> None:
        errors, self.loop.errors = self.loop.errors, []
        for error in errors:
            raise error
        assert "Bug" not in self.log, self.log

    def connect(self) -> Connection:
        return Connection(self)

    def turn(self, *sendings: tuple) -> None:
        """Each is a connection and commands, which arrive in one read; all reads are of one turn of the loop."""

        def receive():
            for connection, *commands in sendings:
                connection.client.data_received(encoded(*commands))

        self.during(receive)

    def cron(self, after_ms: int = 100) -> None:
        self.clock.ms += after_ms
        self.during(self.server._tick)

    def finish_syncs(self) -> None:
        """The disk has done what threads asked for."""
        self.during(self.loop.finish_jobs)

    def shut_down(self) -> None:
        """As the program around a server does it."""
        self.loop.run_until_complete(self.server.stop())

    def digest(self) -> str:
        return str(digest.of_keyspace(self.server.keyspace))

    def leave(self) -> None:
        """The process is gone."""
        self.loop.close()


def encoded(*commands: str | list[bytes]) -> bytes:
    return encode_commands([each.encode().split() if isinstance(each, str) else each for each in commands])


@contextmanager
def running(disk: CountingDisk, clock: HeldClock | None = None, **directives: str) -> Iterator[Node]:
    node = Node(disk, clock, **directives)
    try:
        yield node.start()
    finally:
        node.leave()


assert KILLED != -9  # a child that somebody else has killed is not one that the server killed
