"""A disk under control: every fsync, rename and removal of a server comes through our hands (see gate.py).

We carry out each fsync ourselves, as late as we like, and note what is on the disk before the server hears of it. So
it is our own knowledge, not the server's word, that a power cut is made of; and it is there for every server.

What it is not: a real slow disk delays write(2) too, when the page cache has no room left or the file is being synced.
"""

import errno
import os
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from lab.disk import DiskCall
from lab.gate import Call, Gate
from lab.platter import Platter
from lab.process_disk import AskPersistence, ProcessDisk

ACTIONS = {"fsync": "sync", "fdatasync": "sync", "unlink": "remove", "unlinkat": "remove"}  # the others rename


class GatedDisk(ProcessDisk):
    """The gate's thread works here beside the scenario's."""

    def __init__(self, directory: Path, ignored: Collection[str]) -> None:
        super().__init__(directory, ignored, "")
        self._platter = Platter(self._directory, ignored)
        self._calls: list[DiskCall] = []
        self._delay_seconds = 0.0
        self._hold: tuple[int, Callable[[DiskCall], bool]] | None = None
        self._held: DiskCall | None = None
        self._gate: Gate | None = None
        self._lock = threading.Lock()  # of the platter and of `_power`
        self._power = True
        self._life = threading.Event()  # set after the server's end; the next one gets its own

    def gate(self) -> Gate:
        self._held, self._hold, self._power, self._life = None, None, True, threading.Event()
        self._gate = Gate(partial(self._answer, self._life))
        return self._gate

    def slow_down(self, seconds: float) -> None:
        self._delay_seconds = seconds

    @property
    def calls(self) -> list[DiskCall]:
        return self._calls

    def hold_before(self, number: int, which: Callable[[DiskCall], bool]) -> None:
        self._hold = (number, which)

    @property
    def held(self) -> DiskCall | None:
        return self._held

    async def cut_power(self, kill: Callable[[], None], ask: AskPersistence) -> None:
        """The worst case, see platter.py. What the disk does in the moment between makes no difference any more."""
        with self._lock:  # what is on its way to the disk will not get there
            self._power = False
        kill()
        self.ended()
        if self._gate:
            self._gate.wait_for_end()  # of its child processes too
        self._platter.cut_power()

    def ended(self) -> None:
        """Whatever waits here waits for nothing."""
        self._life.set()

    def close(self) -> None:
        self.ended()
        self._platter.close()

    def _answer(self, life: threading.Event, call: Call) -> int | None:
        """The gate's question; see gate.Answer."""
        described = self._describe(call)
        self._calls.append(described)
        self._hold_if_wanted(life, described)
        return self._sync(life, call) if described.action == "sync" else None

    def _sync(self, life: threading.Event, call: Call) -> int:
        descriptor = os.open(f"/proc/{call.thread}/fd/{call.descriptor}", os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size  # what is written from now on is the next fsync's business
            if life.wait(self._delay_seconds):
                return errno.EIO  # to a server that is no more
            os.fsync(descriptor)
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError as error:
            return error.errno or errno.EIO
        finally:
            os.close(descriptor)
        with self._lock:
            if self._power and path.is_relative_to(self._directory):
                self._platter.sync_directory(path) if path.is_dir() else self._platter.sync_file(path, size)
        return 0

    def _hold_if_wanted(self, life: threading.Event, call: DiskCall) -> None:
        if self._hold is None or not self._hold[1](call):
            return
        number, which = self._hold
        if number:
            self._hold = (number - 1, which)
        else:
            self._held = call
            life.wait()

    def _describe(self, call: Call) -> DiskCall:
        if call.paths:
            here = f"/proc/{call.thread}/cwd"
            paths = [os.path.join(os.readlink(here), path) for path in call.paths]
        else:
            paths = [os.readlink(f"/proc/{call.thread}/fd/{call.descriptor}")]
        return DiskCall(ACTIONS.get(call.name, "rename"), *map(self._relative, paths))

    def _relative(self, path: str) -> str:
        """As the scenario knows it."""
        relative = os.path.relpath(path, self._directory)
        return "" if relative == "." else relative
