"""A disk in memory, with a power switch: disk.py's other body, for tests and simulations.

What was written is kept apart from what was synced, and the names in a directory from those that `sync_directory` has
seen. `cut_power` leaves, without dice, the worst that a file system may leave: what was synced and nothing else. With
dice it leaves some of the rest too, as a real one would: of each file some first part of what was written since, torn
anywhere, and of each directory's changes the first few.
It also breaks on demand: it can be full (`capacity_bytes`), faulty (`fail`), and `before` hears of every operation and
may wait, or raise whatever it likes.
Contract: the methods of disk.py's Disk and File, with their errors; no clock, no dice but those handed in. Files that
were open when the power was cut belong to a dead server: what it still writes goes nowhere.
"""

import errno
from collections.abc import Callable, Iterator
from io import BytesIO
from random import Random
from typing import BinaryIO

from stage2_persistence.disk import Disk, File

Survivors = dict[int, "Content | Directory"]  # by the identity of what they were: a file may have two names


class Content:
    """What a file holds: `data`, of which the disk has the first `kept` bytes, and behind them `cut_off`, which was
    synced, and then truncated without another sync."""

    def __init__(self, data: bytes = b""):
        self.data = bytearray(data)
        self.kept = len(data)
        self.cut_off = b""

    def truncate(self, size: int) -> None:
        if size < self.kept:
            self.cut_off = bytes(self.data[size : self.kept]) + self.cut_off
            self.kept = size
        del self.data[size:]
        self.data += bytes(size - len(self.data))  # as truncate(2) does, which can make a file longer

    def synced(self, size: int) -> None:
        """The first `size` bytes are on the disk, and its end is there."""
        self.kept = min(size, len(self.data))
        self.cut_off = b""

    def survivor(self, dice: Random | None, survivors: Survivors) -> "Content":
        if dice is None or (self.cut_off and dice.random() < 0.5):
            return Content(bytes(self.data[: self.kept]) + self.cut_off)
        return Content(bytes(self.data[: dice.randint(self.kept, len(self.data))]))


class Directory:
    """Names, and what has happened to them since the directory was synced."""

    def __init__(self, entries: "dict[str, Content | Directory] | None" = None):
        self.entries = entries or {}
        self._kept = dict(self.entries)
        self._changes: list[dict[str, Content | Directory | None]] = []  # None: the name is gone

    def change(self, changes: "dict[str, Content | Directory | None]") -> None:
        """All of them at once, also on the disk."""
        self._changes.append(changes)
        apply(changes, self.entries)

    def sync(self) -> None:
        self._kept = dict(self.entries)
        self._changes.clear()

    def survivor(self, dice: Random | None, survivors: Survivors) -> "Directory":
        entries = dict(self._kept)
        for changes in self._changes[: dice.randint(0, len(self._changes)) if dice else 0]:
            apply(changes, entries)
        for name, entry in entries.items():
            if id(entry) not in survivors:
                survivors[id(entry)] = entry.survivor(dice, survivors)
            entries[name] = survivors[id(entry)]
        return Directory(entries)


def apply(changes: "dict[str, Content | Directory | None]", entries: "dict[str, Content | Directory]") -> None:
    for name, entry in changes.items():
        if entry is None:
            del entries[name]
        else:
            entries[name] = entry


class MemoryFile(File):
    """A file open for writing at its end."""

    def __init__(self, disk: "MemoryDisk", path: str, content: Content):
        self.path = path
        self.size = len(content.data)
        self._disk, self._content = disk, content

    def write(self, data: bytes) -> None:
        self._disk.begin("write", self.path)
        fitting = data[: self._disk.free_bytes] if self._disk.capacity_bytes is not None else data
        self._content.data += fitting
        self.size = len(self._content.data)
        if len(fitting) < len(data):
            raise OSError(errno.ENOSPC, "No space left on device", self.path)

    def sync(self) -> None:
        size = len(self._content.data)  # what is written while we wait need not be on the disk when we return
        self._disk.begin("sync", self.path)
        self._content.synced(size)

    def truncate(self, size: int) -> None:
        self._disk.begin("truncate", self.path)
        self._content.truncate(size)
        self.size = size

    def close(self) -> None:
        self._disk.begin("close", self.path)


class MemoryDisk(Disk):
    """Files and directories in memory."""

    def __init__(self, capacity_bytes: int | None = None):
        self.capacity_bytes = capacity_bytes  # of all files together; None: endless
        self.before: Callable[[str, str], object] | None = None  # called with an operation's name and its path
        self._root = Directory()
        self._planted: list[tuple[str, OSError, str]] = []

    # Trouble

    def cut_power(self, dice: Random | None = None) -> None:
        """Everything that is not on the disk is gone, or, with dice, most of it."""
        self._root = self._root.survivor(dice, {})

    def fail(self, operation: str, error: OSError, path: str = "") -> None:
        """The next `operation` (a method's name), or the next one on `path`, raises this and does nothing."""
        self._planted.append((operation, error, path))

    def begin(self, operation: str, path: str) -> None:
        """Every operation comes by here first; it fails if that was planted."""
        if self.before:
            self.before(operation, path)
        for number, (planted, error, where) in enumerate(self._planted):
            if planted == operation and where in ("", path):
                del self._planted[number]
                raise error

    @property
    def free_bytes(self) -> int:
        """How much can still be written; only where the capacity is limited."""
        assert self.capacity_bytes is not None
        return max(self.capacity_bytes - sum(len(content.data) for content in contents(self._root)), 0)

    # The methods of Disk

    def append(self, path: str) -> MemoryFile:
        return self._open("append", path)

    def create(self, path: str) -> MemoryFile:
        file = self._open("create", path)
        self._content(path).truncate(0)
        file.size = 0
        return file

    def _open(self, operation: str, path: str) -> MemoryFile:
        self.begin(operation, path)
        directory, name = self._place(path)
        if name not in directory.entries:
            directory.change({name: Content()})
        return MemoryFile(self, path, self._content(path))

    def read(self, path: str) -> BinaryIO:
        self.begin("read", path)
        return BytesIO(bytes(self._content(path).data))

    def size(self, path: str) -> int:
        self.begin("size", path)
        entry = self._entry(path)
        return len(entry.data) if isinstance(entry, Content) else 0

    def names(self, directory: str) -> list[str]:
        self.begin("names", directory)
        return sorted(self._directory(directory).entries)

    def make_directory(self, path: str) -> None:
        self.begin("make_directory", path)
        for end in [*(number for number, letter in enumerate(path) if letter == "/"), len(path)]:
            directory, name = self._place(path[:end])
            if name not in directory.entries:
                directory.change({name: Directory()})
            elif end == len(path) and isinstance(directory.entries[name], Content):
                raise OSError(errno.EEXIST, "File exists", path)

    def rename(self, old: str, new: str) -> None:
        self.begin("rename", old)
        content = self._content(old)
        source, old_name = self._place(old)
        target, new_name = self._place(new)
        if new_name in target.entries:
            self._content(new)  # a directory is not replaced
        if source is target:
            source.change({old_name: None, new_name: content} if old_name != new_name else {})
        else:  # two directories, and each wants a sync of its own
            target.change({new_name: content})
            source.change({old_name: None})

    def remove(self, path: str) -> None:
        self.begin("remove", path)
        self._content(path)
        directory, name = self._place(path)
        directory.change({name: None})

    def truncate(self, path: str, size: int) -> None:
        self.begin("truncate", path)
        self._content(path).truncate(size)

    def sync_directory(self, path: str) -> None:
        self.begin("sync_directory", path)
        self._directory(path).sync()

    # Paths

    def _place(self, path: str) -> tuple[Directory, str]:
        """The directory of a path, and the name in it."""
        parent, _, name = path.rpartition("/")
        return self._directory(parent), name

    def _entry(self, path: str) -> Content | Directory:
        entry: Content | Directory = self._root
        for name in path.split("/"):
            if name in ("", "."):
                continue
            if isinstance(entry, Content):
                raise OSError(errno.ENOTDIR, "Not a directory", path)
            if name not in entry.entries:
                raise OSError(errno.ENOENT, "No such file or directory", path)
            entry = entry.entries[name]
        return entry

    def _content(self, path: str) -> Content:
        entry = self._entry(path)
        if isinstance(entry, Directory):
            raise OSError(errno.EISDIR, "Is a directory", path)
        return entry

    def _directory(self, path: str) -> Directory:
        entry = self._entry(path)
        if isinstance(entry, Content):
            raise OSError(errno.ENOTDIR, "Not a directory", path)
        return entry


def contents(directory: Directory) -> Iterator[Content]:
    """Of all files below a directory."""
    for entry in directory.entries.values():
        if isinstance(entry, Content):
            yield entry
        else:
            yield from contents(entry)
