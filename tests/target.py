"""The server under test: ours, the real one, or a program of anybody's, started by one command line.

ours                            python -m STAGE --port {port}
redis                           redis-server --port {port}: the control, which proves the suite right
"./my-server --port {port}"     any language; takes `--directive value` as redis-server does, and the path of a
                                configuration file in front of the first of them
"""

import shlex
import socket
import ssl
import sys
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lab.child import Child
from lab.ports import Reservation
from lab.programs import require_program
from tests.waiting import eventually
from tests.wire import Closed, Connection, ReplyError

Directive = str | int | Path

REPOSITORY = Path(__file__).resolve().parent.parent
GET_REDIS = "apt-get install redis-server (the suite speaks to version 7.0)"
START_SECONDS = 20.0
END_SECONDS = 10.0
START_ATTEMPTS = 3  # for the case that somebody takes the port between its choice and the start


class NotReady(Exception):
    """The server ended, or did not answer, instead of getting ready."""


class Target:
    def __init__(self, name: str, stage: str) -> None:
        self.is_redis = name == "redis"
        self.is_ours = name == "ours"
        if self.is_redis:
            name = shlex.quote(require_program("redis-server", GET_REDIS)) + " --port {port} --save ''"
        elif self.is_ours:
            name = shlex.quote(sys.executable) + f" -m {stage} --port {{port}}"
        self.template = name

    def command(self, port: int, *directives: Directive, config: Path | None = None) -> list[str]:
        words = shlex.split(self.template.replace("{port}", str(port)))
        if config:
            first = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
            words.insert(first, str(config))
        return [*words, *map(str, directives)]

    def spawn(self, directory: Path, command: list[str]) -> Child:
        # A relative path in somebody's template means the directory that pytest was called in.
        where = directory if self.is_redis or self.is_ours else Path.cwd()
        return Child(command, directory / "log", where, {"PYTHONPATH": str(REPOSITORY)})

    def start(self, directory: Path, *directives: Directive, config: Path | None = None) -> "Server":
        """A server that answers; NotReady with the end of its log otherwise."""
        for attempt in range(START_ATTEMPTS):
            reservation = Reservation()
            if not (self.is_redis or self.is_ours):
                reservation.release()  # not every program sets SO_REUSEADDR, and without it a reserved port is taken
            command = self.command(reservation.port, *directives, config=config)
            server = Server(self.spawn(directory, command), reservation, directory)
            try:
                server.wait_until_ready()
                return server
            except NotReady as failure:
                server.end()
                if "in use" not in str(failure) or attempt == START_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")


class Server:
    """A running server, and the ways to reach it on loopback."""

    def __init__(self, process: Child, reservation: Reservation, directory: Path) -> None:
        self.process = process
        self.directory = directory
        self.port = reservation.port
        self._reservation = reservation
        self._connections: list[Connection] = []

    def wait_until_ready(self) -> None:
        try:
            eventually(lambda: not self.process.running or self._answers(), START_SECONDS)
        except AssertionError:
            raise NotReady(f"no answer on port {self.port}:\n{self.process.log_tail()}") from None
        if not self.process.running:
            raise NotReady(f"it ended with exit code {self.process.exit_code}:\n{self.process.log_tail()}")

    def connect(self, *, tls: ssl.SSLContext | None = None, port: int | None = None) -> Connection:
        connected = socket.create_connection(("127.0.0.1", port or self.port), timeout=END_SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._keep(Connection(tls.wrap_socket(connected, server_hostname="localhost") if tls else connected))

    def connect_unix(self, path: Path) -> Connection:
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(str(path))
        return self._keep(Connection(connected))

    def redis(self, **options: Any) -> redis.Redis:
        """A redis-py client, which says nothing that it was not told to say, and never twice."""
        defaults = {"protocol": 2, "driver_info": None, "retry": Retry(NoBackoff(), 0)}
        return redis.Redis(port=self.port, **{**defaults, **options})

    def wait_for_end(self) -> int:
        """The exit code of a server that was told to end."""
        eventually(lambda: not self.process.running, END_SECONDS)
        assert self.process.exit_code is not None
        return self.process.exit_code

    def close_connections(self) -> None:
        while self._connections:
            self._connections.pop().close()

    def end(self) -> None:
        self.close_connections()
        self.process.end()
        self._reservation.release()

    def _keep(self, connection: Connection) -> Connection:
        self._connections.append(connection)
        return connection

    def _answers(self) -> bool:
        """Is PING answered? An error will do (it may want a password), except LOADING, which means: not yet."""
        try:
            with self.connect() as connection:
                answer = connection("PING")
        except ReplyError as error:
            return not str(error).startswith("LOADING")
        except (OSError, Closed):
            return False
        return answer == "PONG"


class Shared:
    """One server for many tests, started again where a test left it dead or deaf."""

    def __init__(self, target: Target, directory: Path, *directives: Directive) -> None:
        self._target = target
        self._directory = directory
        self._directives = directives
        self._server: Server | None = None

    def get(self) -> Server:
        """The server, empty."""
        if self._server and not self._emptied(self._server):
            self.end()
        if self._server is None:
            self._server = self._target.start(self._directory, *self._directives)
        return self._server

    def end(self) -> None:
        if self._server:
            self._server.end()
            self._server = None

    def _emptied(self, server: Server) -> bool:
        try:
            with server.connect() as connection:
                connection.pipeline(("FLUSHALL",), ("CONFIG", "RESETSTAT"), ("SLOWLOG", "RESET"))
            return True
        except (OSError, Closed, AssertionError):
            return False
