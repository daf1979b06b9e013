"""What of a directory is on the disk, and not merely in the system's page cache: what a power cut leaves.

The worst case that POSIX allows: only what was fsynced is left, to the byte.
1. A file's content is on the disk as far as it reached when its last fsync *began*.
2. A name is on the disk as its directory's last fsync found it; so a rename or a removal that no such fsync followed
   has not happened.
3. A new file's own fsync takes its name along, as ext4, XFS and btrfs do (POSIX does not promise it, but without it
   no program on Linux would be safe).
Weak point: a file is taken to grow at its end, and never to be changed before it. Files of Redis are like that. A real
disk mostly keeps more than this, for the system writes back by itself after some seconds.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

Identity = tuple[int, int]  # of a file, whatever its name: device and inode


class Stored(NamedTuple):
    """A file's content, as far as it is on the disk."""

    descriptor: int  # kept open, so that the content outlives its name, and no other file gets its identity
    size: int


class Platter:
    """Follows one directory and those in it; `ignored` names files in it that are not the server's."""

    def __init__(self, directory: Path, ignored: Collection[str] = ()) -> None:
        self._directory = directory
        self._ignored = frozenset(ignored)
        self._files: dict[Identity, Stored] = {}
        self._names: dict[Path, Identity] = {}
        for path in self._walk():  # what is there at the beginning has been there for long
            self.sync_file(path, path.stat().st_size)

    def sync_file(self, path: Path, size: int) -> None:
        """An fsync of a file that had this size when it began has returned."""
        identity = self._know(path)
        if identity is None:
            return
        self._files[identity] = self._files[identity]._replace(size=size)
        if identity not in self._names.values():
            self._names[path] = identity

    def sync_directory(self, directory: Path) -> None:
        """An fsync of a directory has returned: its names are on the disk, those it has lost are not any more."""
        self._names = {path: identity for path, identity in self._names.items() if path.parent != directory}
        for path in directory.iterdir():
            if path.is_file() and (identity := self._know(path)):
                self._names[path] = identity

    def cut_power(self) -> None:
        """Leave in the directory what is on the disk, and nothing else. Nobody may be writing any more."""
        kept = {path: os.pread(file.descriptor, file.size, 0) for path, file in self._on_disk()}
        for path in list(self._walk()):
            path.unlink()
        self.close()
        for path, content in kept.items():
            path.write_bytes(content)
            self.sync_file(path, len(content))

    def close(self) -> None:
        for file in self._files.values():
            os.close(file.descriptor)
        self._files.clear()
        self._names.clear()

    def _on_disk(self) -> Iterator[tuple[Path, Stored]]:
        return ((path, self._files[identity]) for path, identity in self._names.items())

    def _know(self, path: Path) -> Identity | None:
        """The file's identity; None if it is gone, or not the server's."""
        if path.name in self._ignored:
            return None
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        status = os.fstat(descriptor)
        identity = (status.st_dev, status.st_ino)
        if identity in self._files:
            os.close(descriptor)
        else:
            self._files[identity] = Stored(descriptor, 0)
        return identity

    def _walk(self) -> Iterator[Path]:
        return (path for path in self._directory.rglob("*") if path.is_file() and path.name not in self._ignored)
