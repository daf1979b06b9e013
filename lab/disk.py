"""What a scenario may ask of a node's disk: look at the files, damage them, and be a bad disk while the server runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple


class DiskCall(NamedTuple):
    """Something that a server asks of its disk, paths relative to its directory ("" is the directory itself)."""

    action: str  # "sync", "rename" or "remove"
    path: str
    new_path: str = ""  # of a rename

    def __str__(self) -> str:
        return f"{self.action} {self.path or 'its directory'}" + (f" to {self.new_path}" if self.new_path else "")


class Disk(ABC):
    """A node's directory. Methods raise NotHere where the engine or the system cannot do what they say."""

    # The files: for a server that is down, or to look at

    @abstractmethod
    def files(self) -> dict[str, int]:
        """Path, relative to the directory, and size in bytes of each file of the server's, in order."""

    @abstractmethod
    def read(self, path: str) -> bytes: ...

    @abstractmethod
    def cut_tail(self, path: str, size: int) -> None:
        """Take so many bytes off the end, as if the write of them had been torn."""

    @abstractmethod
    def overwrite(self, path: str, offset: int, data: bytes) -> None:
        """Put other bytes in place of some, as a failing disk does."""

    # The fault: for a server that runs

    @abstractmethod
    def limit_file_size(self, size: int | None) -> None:
        """No file can grow beyond so many bytes: to the server's write(2) the disk is full. None: space again."""

    @abstractmethod
    def slow_down(self, seconds: float) -> None:
        """From now on every fsync takes so much longer, one after the other. 0: as it was."""

    @property
    @abstractmethod
    def calls(self) -> list[DiskCall]:
        """Every fsync, rename and removal so far, in the order in which they came."""

    @abstractmethod
    def hold_before(self, number: int, which: Callable[[DiskCall], bool]) -> None:
        """Stop before the call with this number (0 is the next) of those that `which` is true for.

        From there on no fsync, rename or removal happens any more, until the server is killed.
        """

    @property
    @abstractmethod
    def held(self) -> DiskCall | None:
        """The call that is held, and has not happened; None as long as it has not come."""
