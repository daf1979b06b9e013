"""The append-only file that is written now: every write of the server goes to its end, on a way of three stations.

    append ──► buffer (ours) ──write(2)──► page cache (the system's) ──fsync──► disk
                    lost when the process dies      lost in a power cut       safe

`flush` is called once at the end of each turn of the event loop, before any reply of that turn leaves: so whatever a
client was told has been handed to the system (it outlives `kill -9`), and all commands of a turn share one write. When
it is fsynced is appendfsync's question:
  always    before `flush` returns: one fsync for all commands of the turn ("group commit")
  everysec  once a second, in a thread. A write behind a fsync in progress would block in the kernel, so it waits, for
            up to two seconds; then it is made all the same, and counted (`delayed_fsyncs`)
  no        when the system likes
Contract: knows no server. Source: flushAppendOnlyFile in Redis 7.0's aof.c.
"""

import asyncio
import errno
from collections.abc import Callable
from typing import Any

SECOND_US = 1_000_000
POSTPONE_AT_MOST_US = 2 * SECOND_US  # behind a fsync in progress; as in Redis, so everysec may lose so much more
LOG_ERRORS_EVERY_US = 30 * SECOND_US  # a full disk fails ten times a second
DISK_IS_BUSY = (
    "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to "
    "complete, this may slow down Redis."
)


class CannotPersist(Exception):
    """Under appendfsync always the disk failed: what has been executed cannot be made durable, nor be taken back."""


class AppendOnlyFile:
    """Where writes go. Without an open file it takes nothing."""

    def __init__(self, config, outside, latency):
        self._config, self._latency = config, latency
        self._disk, self._clock, self._log = outside.disk, outside.clock, outside.log
        self.file: Any = None  # disk.File
        self.path = ""
        self.due = False  # something was appended in this turn: nobody may hear of it before `flush`
        self.synced_bytes = 0  # of the file, so many are on the disk
        self.delayed_fsyncs = 0
        self.write_error = self.sync_error = ""  # what the disk said, until it works again
        self.child_writes: Callable[[], bool] = lambda: False  # is a child busy with the disk?
        self.on_switch: Callable[[], None] = lambda: None  # another file is open now, or none
        self._buffer: list[bytes] = []
        self._sync: asyncio.Future | None = None  # a fsync in a thread
        self._postponed_since_us = 0
        self._synced_at_us = 0
        self._error_logged_at_us = -LOG_ERRORS_EVERY_US
        self._annotated_second = 0

    @property
    def error(self) -> str:
        return self.write_error or self.sync_error

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self.file.size if self.file else 0

    @property
    def buffered_bytes(self) -> int:
        return sum(map(len, self._buffer))

    @property
    def syncing(self) -> bool:
        """Is a fsync in progress in a thread?"""
        return self._sync is not None

    # The three stations

    def append(self, data: bytes) -> None:
        """Take whole commands, encoded."""
        if self._config.aof_timestamp_enabled:
            self._annotate()
        self._buffer.append(data)
        self.due = True

    def flush(self, force: bool = False) -> None:
        """Write what is in the buffer, and fsync as appendfsync says. Raises CannotPersist under `always`.

        `force` does not wait for a fsync in progress.
        """
        self.due = False
        if self.file is None:
            self._buffer.clear()
            return
        if self._buffer:
            if not force and self._postpone():
                return
            if not self._write():
                return
        if self.synced_bytes != self.file.size and not (self._config.no_appendfsync_on_rewrite and self.child_writes()):
            self._sync_as_told()

    def _postpone(self) -> bool:
        """Put the write off, if it would wait for a fsync in progress and has not been put off for too long; was it?"""
        if self._sync is None or self._config.appendfsync != "everysec":
            return False
        now = self._clock.monotonic_us()
        if not self._postponed_since_us:
            self._postponed_since_us = now
        if now - self._postponed_since_us < POSTPONE_AT_MOST_US:
            return True
        self.delayed_fsyncs += 1
        self._log("notice", DISK_IS_BUSY)
        return False

    def _write(self) -> bool:
        """Hand the buffer to the system; False if that failed, and then what could not be written is still in it."""
        data = b"".join(self._buffer)  # of one piece, a large string perhaps, no copy is made
        whole = self.file.size
        started_us = self._clock.monotonic_us()
        try:
            self.file.write(data)
        except OSError as error:
            self._buffer = [self._take_back(data, whole, error)]
            if self._config.appendfsync == "always":
                raise CannotPersist(
                    f"AOF write error when the AOF fsync policy is 'always': {error.strerror}"
                ) from None
            self.write_error = str(error.strerror)
            return False
        finally:
            self._postponed_since_us = 0
            self._note_write(self._clock.monotonic_us() - started_us)
        self._buffer.clear()
        if self.write_error:
            self._log("warning", "AOF write error looks solved, Redis can write again.")
            self.write_error = ""
        return True

    def _take_back(self, data: bytes, whole: int, error: OSError) -> bytes:
        """After a failed write: cut the half command off again, or keep what it lacks. What is still to be written."""
        now = self._clock.monotonic_us()
        may_log = now - self._error_logged_at_us >= LOG_ERRORS_EVERY_US
        if may_log:
            self._error_logged_at_us = now
            self._log("warning", f"Error writing to the AOF file: {error.strerror}")
        if self.file.size == whole:
            return data
        try:
            self.file.truncate(whole)
            return data
        except OSError as failure:
            if may_log:
                self._log("warning", "Could not remove short write from the append-only file. Redis may refuse to load "
                          f"the AOF the next time it starts. ftruncate: {failure.strerror}")  # fmt: skip
            return data[self.file.size - whole :]

    def _note_write(self, elapsed_us: int) -> None:
        """For LATENCY: how long a write took, and beside what."""
        beside = "pending-fsync" if self._sync else "active-child" if self.child_writes() else "alone"
        now_seconds = self._clock.unix_ms() // 1000
        self._latency.note(f"aof-write-{beside}", elapsed_us, now_seconds)
        self._latency.note("aof-write", elapsed_us, now_seconds)

    def _sync_as_told(self) -> None:
        if self._config.appendfsync == "always":
            started_us = self._clock.monotonic_us()
            try:
                self.sync()
            except OSError as error:
                raise CannotPersist(f"fsync error when the AOF fsync policy is 'always': {error.strerror}") from None
            elapsed_us = self._clock.monotonic_us() - started_us
            self._latency.note("aof-fsync-always", elapsed_us, self._clock.unix_ms() // 1000)
        elif self._config.appendfsync == "everysec" and self._sync is None:
            now = self._clock.monotonic_us()
            if now - self._synced_at_us >= SECOND_US:
                self._synced_at_us = now
                self._sync_in_thread()

    def sync(self) -> None:
        """Wait for the disk; raises OSError."""
        self.file.sync()
        self.synced_bytes = self.file.size

    def _sync_in_thread(self) -> None:
        file, size = self.file, self.file.size
        self._sync = asyncio.get_running_loop().run_in_executor(None, file.sync)

        def done(sync: asyncio.Future) -> None:
            self._sync = None
            if file is not self.file:
                file.close()  # it was replaced meanwhile, and synced once more before
            elif sync.cancelled() or sync.exception():
                self.sync_error = getattr(sync.exception(), "strerror", None) or "cancelled"
                self._log("warning", f"Fail to fsync the AOF file: {self.sync_error}")
            else:
                self.sync_error = ""
                self.synced_bytes = max(self.synced_bytes, size)

        self._sync.add_done_callback(done)

    def _annotate(self) -> None:
        """aof-timestamp-enabled: the time before the commands of each second."""
        second = self._clock.unix_ms() // 1000
        if second > self._annotated_second:
            self._annotated_second = second
            self._buffer.append(b"#TS:%d\r\n" % second)

    # Which file

    def open(self, path: str, fresh: bool = False, announce: Callable[[], None] = lambda: None) -> None:
        """Write to this file from now on; the old one is on the disk, whole, before.

        `announce` says so to whoever must know it before the first write. Raises OSError or CannotPersist, and then
        nothing has changed.
        """
        self.settle()
        file = self._disk.create(path) if fresh else self._disk.append(path)
        try:
            file.sync()
            announce()
        except OSError:
            file.close()
            raise
        self._close_file()
        self.file, self.path, self.synced_bytes = file, path, file.size
        self.on_switch()

    def settle(self) -> None:
        """Wait until all that was appended is on the disk. Raises OSError or CannotPersist if that cannot be."""
        if self.file is None:
            return
        self.flush(force=True)
        if self._buffer:
            raise OSError(errno.EIO, self.write_error)
        if self.synced_bytes != self.file.size:
            self.sync()

    def close(self) -> None:
        """Everything goes to the disk, and nothing is taken any more. Raises OSError or CannotPersist."""
        if self.file:
            self.settle()
            self.drop()

    def drop(self) -> None:
        """Forget the file and the buffer as they are."""
        self._buffer.clear()
        self._close_file()
        self.file, self.path, self.synced_bytes = None, "", 0
        self.write_error = self.sync_error = ""
        self.on_switch()

    def renamed(self, path: str) -> None:
        """The open file has another name now."""
        self.path = path

    def _close_file(self) -> None:
        if self.file and self._sync is None:
            self.file.close()  # else the thread still holds it, and `done` closes it
