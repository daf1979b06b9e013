"""A directory, and the server that runs in it: started, killed, started again on what it left."""

import signal
from pathlib import Path

from lab.ports import Reservation
from tests.stage2_persistence.files import Manifest
from tests.target import Directive, NotReady, Server, Target
from tests.wire import Connection

# Nothing is saved unless a test asks for it, and what happens in the background is looked after often.
DEFAULTS: tuple[Directive, ...] = ("--save", "", "--hz", 100, "--enable-debug-command", "yes")


class Node:
    """One server at a time; `directives` are given to each."""

    def __init__(self, target: Target, home: Path, *directives: Directive) -> None:
        self.directory = home / "data"
        self.directory.mkdir()
        self._target, self._home, self._directives = target, home, directives
        self._runs = 0
        self._server: Server | None = None

    def start(self, *directives: Directive) -> Connection:
        """A connection to a new server, which has loaded all that there is."""
        self._server = self._target.start(self._new_run(), *self._words(directives))
        return self._server.connect()

    def begin(self, *directives: Directive) -> None:
        """Start a server and wait for nothing: it may be loading for a while."""
        reservation, run = Reservation(), self._new_run()
        command = self._target.command(reservation.port, *self._words(directives))
        self._server = Server(self._target.spawn(run, command), reservation, run)

    def refusal(self, *directives: Directive) -> str:
        """What a server says that ends instead of starting, as it should: with exit code 1."""
        try:
            self.start(*directives)
        except NotReady as failure:
            assert "it ended with exit code 1:" in str(failure)
            return str(failure)
        raise AssertionError("it started")

    def kill(self) -> None:
        """SIGKILL: whatever the server still meant to write is lost; what it has written is the system's."""
        self.server.process.kill()
        self.server.end()
        self._server = None

    def restart(self, *directives: Directive) -> Connection:
        """Kill it, start another on what is left."""
        self.kill()
        return self.start(*directives)

    def shut_down(self, *options: str) -> None:
        """SHUTDOWN, which must end well."""
        self.server.connect().send("SHUTDOWN", *options)
        assert self.server.wait_for_end() == 0

    def terminate(self) -> None:
        self.server.process.signal(signal.SIGTERM)

    def end(self) -> None:
        if self._server:
            self.kill()

    @property
    def server(self) -> Server:
        assert self._server, "no server runs here"
        return self._server

    @property
    def log(self) -> str:
        return self.server.process.log.read_text(errors="replace")

    # The files -----------------------------------------------------------------------------------------------------

    @property
    def rdb(self) -> Path:
        return self.directory / "dump.rdb"

    @property
    def manifest(self) -> Manifest:
        return Manifest(self.directory / "appendonlydir" / "appendonly.aof.manifest")

    @property
    def names(self) -> list[str]:
        """Of every file below the directory."""
        paths = self.directory.rglob("*")
        return sorted(str(path.relative_to(self.directory)) for path in paths if path.is_file())

    def contents(self) -> dict[str, bytes]:
        return {name: (self.directory / name).read_bytes() for name in self.names}

    def _words(self, directives: tuple[Directive, ...]) -> tuple[Directive, ...]:
        return "--dir", self.directory, *DEFAULTS, *self._directives, *directives

    def _new_run(self) -> Path:
        """Where the next server's log goes: none of a test's business with files."""
        self._runs += 1
        run = self._home / f"run-{self._runs}"
        run.mkdir()
        return run
