"""The engines of real processes, on loopback: `python` runs a stage of ours, `redis` the real redis-server.

Both are given the same configuration file in a fresh directory of their own, so the real one is the control
of every experiment. When a scenario fails, its exception carries the end of every node's log.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import gate
from lab.child import Child
from lab.disk import Disk
from lab.engine import Engine, EngineFailure, Node, NotHere
from lab.gated_disk import GatedDisk
from lab.ports import Reservation
from lab.process_disk import ProcessDisk

REPOSITORY = Path(__file__).resolve().parent.parent
ENGINES = ("python", "redis")

READY_SECONDS = 15.0  # a start takes under a second on an idle machine; a hang should not take minutes
POLL_SECONDS = 0.01
PROBE_SECONDS = 5.0  # for one PING, also beside a load that keeps this process busy; a start that fails refuses at once
PORT_ATTEMPTS = 5
CONFIGURATION, LOG = "redis.conf", "log"  # in the server's directory
OURS = (CONFIGURATION, LOG)
PORT_TAKEN = "in use"  # as bind(2)'s error reads in every server's log


def open_engine(name: str, stage: str) -> "ProcessEngine":
    """The engine of that name; `stage` is the package whose server the python engine runs."""
    if name == "python":
        return ProcessEngine(name, [sys.executable, "-m", stage])
    if name == "redis":
        program = shutil.which("redis-server")
        if program is None:
            raise EngineFailure("redis-server is not on the PATH; to get it: apt-get install redis-server")
        return ProcessEngine(name, [program])
    raise EngineFailure(f"no engine is called {name!r}; there are: {', '.join(ENGINES)}")


class ProcessNode(Node):
    """A server process, its directory with configuration file and log, and its reserved port."""

    def __init__(
        self, name: str, command: Sequence[str], directory: Path, directives: Sequence[str], disk: ProcessDisk
    ) -> None:
        super().__init__(name)
        self.directory = directory
        self._command = [*command, str(directory / CONFIGURATION)]
        self._directives = directives
        self._disk = disk
        self._child: Child | None = None
        self._take_port()

    async def start(self) -> None:
        for _ in range(PORT_ATTEMPTS - 1):
            try:
                return await self.restart()
            except EngineFailure:
                if PORT_TAKEN not in self.log_tail():
                    raise
                self._reservation.release()
                self._take_port()
        await self.restart()

    async def restart(self) -> None:
        await self._begin()
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers():
                    if not self.running:
                        raise EngineFailure(f"{self.name} ended before it was ready")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            self._process.kill()
            raise EngineFailure(f"{self.name} was not ready after {READY_SECONDS:g} s") from None

    async def kill(self) -> None:
        self._process.kill()
        self._disk.ended()

    async def cut_power(self) -> None:
        await self._disk.cut_power(self._process.kill, self._persistence)

    async def pause(self) -> None:
        self._process.signal(signal.SIGSTOP)

    async def resume(self) -> None:
        self._process.signal(signal.SIGCONT)

    async def stop(self) -> None:
        await asyncio.to_thread(self._process.end)
        self._disk.ended()

    def close(self) -> None:
        if self._child:
            self._child.kill()
        self._disk.close()
        self._reservation.release()

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def disk(self) -> Disk:
        return self._disk

    @property
    def log(self) -> list[str]:
        return (self.directory / LOG).read_text(errors="replace").splitlines()

    def log_tail(self) -> str:
        return self._child.log_tail() if self._child else ""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _process(self) -> Child:
        if self._child is None:
            raise EngineFailure(f"{self.name} has not been started")
        return self._child

    async def _begin(self) -> None:
        """Start the process in this thread, on whose life it depends (leash.py); only wait for its gate elsewhere."""
        gated = self._disk.gate()
        command = [*gated.command(), *self._command] if gated else self._command
        descriptors = [gated.theirs.fileno()] if gated else []
        environment = {"PYTHONPATH": str(REPOSITORY)}
        self._child = Child(command, self.directory / LOG, self.directory, environment, descriptors)
        self._disk.started(self._child.pid)
        if gated:
            try:
                await asyncio.to_thread(gated.open)
            except OSError as error:
                raise EngineFailure(f"{self.name} did not start: {error}") from None

    async def _persistence(self) -> dict[str, Any]:
        return dict(await self.client().info("persistence"))

    def _take_port(self) -> None:
        self._reservation = Reservation()
        self.host, self.port = self._reservation.host, self._reservation.port
        lines = [f"port {self.port}", f"bind {self.host}", f"dir {self.directory}", *self._directives]
        (self.directory / CONFIGURATION).write_text("\n".join(lines) + "\n")

    async def _answers(self) -> bool:
        """Is PING answered? An error will do (it may want a password), except "LOADING", which means: not yet."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(self.host, self.port)
                try:
                    writer.write(b"PING\r\n")
                    reply = await reader.readline()
                finally:
                    writer.close()
        except OSError:  # TimeoutError is one too
            return False
        return reply.startswith((b"+", b"-")) and not reply.startswith(b"-LOADING")


def _open_disk(directory: Path, faulty: bool) -> ProcessDisk:
    why_no_gate = gate.why_unavailable() if faulty else "start the node with faulty_disk=True"
    return ProcessDisk(directory, OURS, why_no_gate) if why_no_gate else GatedDisk(directory, OURS)


class ProcessEngine(Engine):
    """Runs `command …/redis.conf` for each node, each in a directory of its own."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = command
        self._nodes: list[ProcessNode] = []
        self._directory = tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)

    async def start(self, name: str, *directives: str, faulty_disk: bool = False) -> ProcessNode:
        directory = Path(self._directory.name) / name
        directory.mkdir()
        node = ProcessNode(name, self._command, directory, directives, _open_disk(directory, faulty_disk))
        self._nodes.append(node)
        await node.start()
        return node

    async def close(self) -> None:
        try:
            for node in self._nodes:
                await node.close_clients()
        finally:
            for node in self._nodes:
                node.close()
            self._directory.cleanup()

    async def __aexit__(self, _type: object, exception: BaseException | None, _traceback: object) -> None:
        if isinstance(exception, Exception) and not isinstance(exception, NotHere):  # nor for Ctrl-C
            for node in self._nodes:
                exception.add_note(f"The end of the log of {node.name}:\n{node.log_tail()}")
        await self.close()
