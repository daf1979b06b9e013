"""A server of stage 2 on such a computer, and its clients; no sockets."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import hiredis

from stage1_single_node import digest
from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage2_persistence.encoding import encode_commands
from stage2_persistence.server import Server
from tests.stage2_persistence_parts.machine import CountingDisk, HeldClock, Loop, Outside


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
