"""The disk: files as a server that must not lose anything sees them.

`write` hands bytes to the system, which keeps them in its page cache: they outlive the death of this process, but not
a power cut. `sync` returns when they are on the disk: these outlive both. A file's *name* is an entry in its
directory, which wants a sync of its own (`sync_directory`): a file that was renamed and whose directory was not synced
may have its old name after a power cut.

This is one of two bodies: the real disk. memory_disk.py has the same methods, and a power switch.
Contract: paths are relative to the working directory, which is the server's `dir`. All methods raise OSError.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO


class File:
    """A file open for writing at its end. Nothing is buffered here: `write` is write(2)."""

    def __init__(self, path: str, flags: int):
        self.path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | flags, 0o644)
        self.size = os.fstat(self._descriptor).st_size  # bytes

    def write(self, data: bytes) -> None:
        """Append all of it. When it raises, `size` says how much of it the file has got."""
        view = memoryview(data)
        while view:
            written = os.write(self._descriptor, view)
            self.size += written
            view = view[written:]

    def sync(self) -> None:
        """Wait until everything that was written is on the disk. May be called from another thread."""
        os.fdatasync(self._descriptor)  # the size is written too, for it is needed to read the data back

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)
        self.size = size

    def close(self) -> None:
        os.close(self._descriptor)


class Disk:
    """The real disk."""

    def append(self, path: str) -> File:
        """Open a file to write at its end; a new one if there is none."""
        return File(path, 0)

    def create(self, path: str) -> File:
        """Open an empty file, in place of whatever had that name."""
        return File(path, os.O_TRUNC)

    def read(self, path: str) -> BinaryIO:
        return open(path, "rb")

    def size(self, path: str) -> int:
        """In bytes."""
        return os.stat(path).st_size

    def names(self, directory: str) -> list[str]:
        """What is in a directory, sorted."""
        return sorted(os.listdir(directory))

    def make_directory(self, path: str) -> None:
        """A directory that may be there already."""
        os.makedirs(path, mode=0o755, exist_ok=True)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, at once and whole, in place of whatever had that name."""
        os.replace(old, new)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def truncate(self, path: str, size: int) -> None:
        """Cut a file that nobody has open."""
        os.truncate(path, size)

    def sync_directory(self, path: str) -> None:
        """Wait until the names in a directory are on the disk."""
        descriptor = os.open(path or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    # Made of these

    def read_whole(self, path: str) -> bytes:
        with self.read(path) as file:
            return file.read()

    def exists(self, path: str) -> bool:
        try:
            self.size(path)
        except FileNotFoundError:
            return False
        return True

    def discard(self, path: str) -> None:
        """Delete a file that nobody reads any more, and that may have gone already: if it stays, nothing is lost."""
        with suppress(OSError):
            self.remove(path)

    @contextmanager
    def whole_file(self, path: str) -> Iterator[File]:
        """A new file to write to, which is whole and synced when the block ends, or, if anything fails, not there."""
        file = self.create(path)
        try:
            yield file
            file.sync()
        except BaseException:
            self.discard(path)
            raise
        finally:
            file.close()

    def publish(self, temporary: str, path: str) -> None:
        """Give a whole and synced temporary file its name, and return when a power cut cannot take it back."""
        self.rename(temporary, path)
        self.sync_directory(path.rpartition("/")[0])

    def replace(self, path: str, content: bytes, temporary: str) -> None:
        """Write a small file so that whatever happens leaves the old one or the new one, never half of either."""
        with self.whole_file(temporary) as file:
            file.write(content)
        self.publish(temporary, path)
