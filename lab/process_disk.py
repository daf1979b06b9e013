"""The disk of a server process: its directory, with the faults that every system allows.

`ProcessDisk` needs nothing special, and can therefore little: for a power cut it must take the server's own word for
what it has fsynced, and only ours gives it. `GatedDisk` (gated_disk.py) is the one that knows by itself.
"""

import re
import resource
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from lab.disk import Disk, DiskCall
from lab.engine import NotHere
from lab.gate import Gate

TEMPORARY = re.compile(r"temp-.*")  # what Redis calls a file that is not whole yet
SYNCED_SIZE, CURRENT_INCR = "aof_synced_size", "aof_current_incr"  # in INFO persistence: bytes, and of which path

AskPersistence = Callable[[], Awaitable[dict[str, Any]]]  # INFO persistence of the running server


class ProcessDisk(Disk):
    """`ignored`: the names of files in the directory that are the laboratory's."""

    def __init__(self, directory: Path, ignored: Collection[str], why_no_gate: str) -> None:
        self._directory = directory.resolve()
        self._ignored = frozenset(ignored)
        self._why_no_gate = why_no_gate
        self._pid = 0  # of the running server

    def files(self) -> dict[str, int]:
        paths = sorted(path for path in self._directory.rglob("*") if path.is_file() and path.name not in self._ignored)
        return {str(path.relative_to(self._directory)): path.stat().st_size for path in paths}

    def read(self, path: str) -> bytes:
        return (self._directory / path).read_bytes()

    def cut_tail(self, path: str, size: int) -> None:
        with (self._directory / path).open("r+b") as file:
            file.truncate(file.seek(0, 2) - size)

    def overwrite(self, path: str, offset: int, data: bytes) -> None:
        with (self._directory / path).open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def limit_file_size(self, size: int | None) -> None:
        """By RLIMIT_FSIZE: write(2) fails with EFBIG, "File too large", where a full disk's would with ENOSPC.

        A program that knows nothing of such limits would be killed by a signal, SIGXFSZ; ours are started by a Python
        (leash.py), which ignores it, and that is inherited.
        """
        if not hasattr(resource, "prlimit"):
            raise NotHere("a disk that is full for a running process needs Linux (prlimit)")
        _, hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def slow_down(self, seconds: float) -> None:
        raise self._no_gate("slow down")

    @property
    def calls(self) -> list[DiskCall]:
        raise self._no_gate("be watched")

    def hold_before(self, number: int, which: Callable[[DiskCall], bool]) -> None:
        raise self._no_gate("be stopped")

    @property
    def held(self) -> DiskCall | None:
        raise self._no_gate("be stopped")

    async def cut_power(self, kill: Callable[[], None], ask: AskPersistence) -> None:
        """Kill the server; of its AOF, leave what it has said to be fsynced, and of other files those that are whole.

        What it acknowledges between its answer and its end may be lost although it was synced: don't count it.
        """
        info = await ask()
        if info.get("aof_enabled") and SYNCED_SIZE not in info:
            raise NotHere(
                f"nobody knows what this server has fsynced: it does not tell ({SYNCED_SIZE} in INFO), "
                f"and it cannot be watched: {self._why_no_gate}"
            )
        kill()
        for path in self.files():
            if TEMPORARY.fullmatch(Path(path).name):
                (self._directory / path).unlink()
        if info.get("aof_enabled"):
            incr = info[CURRENT_INCR]
            self.cut_tail(incr, self.files()[incr] - info[SYNCED_SIZE])

    # For the node

    def gate(self) -> Gate | None:
        """What the next process has to pass on its way to this disk."""
        return None

    def started(self, pid: int) -> None:
        self._pid = pid

    def ended(self) -> None:
        """The server is no more, or about to be."""

    def close(self) -> None:
        """Nobody needs it any more."""

    def _no_gate(self, what: str) -> NotHere:
        return NotHere(f"this disk cannot {what}: {self._why_no_gate}")
