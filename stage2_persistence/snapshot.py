"""Snapshots: the whole data set in one RDB file, written now (SAVE) or by a child meanwhile (BGSAVE).

1. The file is written under a temporary name, synced, and only then renamed over the last good one; then its directory
   is synced. Whatever happens before the rename leaves the last good file as it was.
2. A save point (`save 60 1000`) asks for a BGSAVE when so many changes are at least so many seconds old.
3. If a BGSAVE failed, the next one by a save point waits for a few seconds, and while `stop-writes-on-bgsave-error`
   says so, writes are refused (server.py): a server that cannot save should not look healthy.
What a crash costs: every change since the last snapshot.
Contract: knows no server. Source: rdbSave, rdbSaveBackground and backgroundSaveDoneHandler in Redis 7.0's rdb.c.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from stage2_persistence import rdb_writer
from stage2_persistence.child import KILLED, Background, Report
from stage2_persistence.slow_motion import Slowly

RETRY_SECONDS = 5  # CONFIG_BGSAVE_RETRY_DELAY
SYNC_EVERY_BYTES = 4 << 20  # rdb-save-incremental-fsync: many small waits for the disk instead of a long one at the end


class SnapshotWriter:
    """Writes the data set into a file: for SAVE, for BGSAVE's child, for a rewrite's base."""

    def __init__(self, keyspace, config, outside, aux_fields: Callable[[], list[tuple[bytes, bytes]]]):
        """`aux_fields` tells what a file is to say of its server, as pairs of name and value."""
        self._keyspace, self._config, self._outside, self._aux_fields = keyspace, config, outside, aux_fields
        self.functions: list[bytes] = []  # libraries that a file brought along and this stage cannot run

    def write(self, path: str, report: Report | None = None, aof_base: bool = False) -> None:
        """A whole and synced RDB file of that name; raises OSError, and then leaves no file."""
        unsynced = 0

        def write(data: bytes) -> None:
            nonlocal unsynced
            file.write(data)
            unsynced += len(data)
            if unsynced >= SYNC_EVERY_BYTES and self._config.rdb_save_incremental_fsync:
                file.sync()
                unsynced = 0

        with self._outside.disk.whole_file(path) as file:
            rdb_writer.write_rdb(
                write,
                self._databases(),
                aux=[*self._aux_fields(), (b"aof-base", b"%d" % aof_base)],
                functions=self.functions,
                compression=self._config.rdbcompression,
                checksum=self._config.rdbchecksum,
                list_max_listpack_size=self._config.list_max_listpack_size,
                access=self._access(),
                decay_minutes=self._config.lfu_decay_time,
                progress=report,
            )

    def _access(self) -> Literal["idle", "freq"] | None:
        """What eviction will want to know of each key after a restart."""
        policy = self._config.maxmemory_policy
        return "idle" if policy.endswith("lru") else "freq" if policy.endswith("lfu") else None

    def _databases(self) -> Iterable:
        if self._config.rdb_key_save_delay > 0:
            return [Slowly(database, self._pause) for database in self._keyspace.databases]
        return self._keyspace.databases

    def _pause(self) -> None:
        self._outside.sleep(self._config.rdb_key_save_delay / 1_000_000)


class Snapshots:
    """When the data set was saved last, whether that worked, and when it is due again."""

    def __init__(self, writer: SnapshotWriter, keyspace, config, outside, background: Background):
        self._writer, self._keyspace, self._config, self._background = writer, keyspace, config, background
        self._disk, self._clock, self._log, self._pid = outside.disk, outside.clock, outside.log, outside.pid
        self.saved_ms = outside.clock.unix_ms()  # when the last save succeeded, else when the server started
        self.clean_at = 0  # keyspace.dirty at that save
        self.failed = False  # the last BGSAVE did, and no save has succeeded since
        self.last_seconds = -1  # so long the last BGSAVE took
        self.saves = 0  # that were begun by SAVE, BGSAVE and save points, as Redis counts: not by FLUSHALL or SHUTDOWN
        self.scheduled = False  # BGSAVE SCHEDULE: when the other child has ended
        self._tried_ms = 0

    @property
    def changes(self) -> int:
        """Since the last save."""
        return self._keyspace.dirty - self.clean_at

    def save(self) -> None:
        """SAVE: everybody waits. Raises OSError."""
        temporary = f"temp-{self._pid}.rdb"
        try:
            self._writer.write(temporary)
            self._disk.publish(temporary, self._config.dbfilename)
        except OSError as error:
            self._log("warning", f"Write error while saving DB to the disk: {error.strerror}")
            self._disk.discard(temporary)
            raise
        self._log("notice", "DB saved on disk")
        self._saved(self._keyspace.dirty)

    def save_in_background(self) -> None:
        """BGSAVE; raises OSError if there can be no child."""
        self.saves += 1
        self._tried_ms = self._clock.unix_ms()
        dirty = self._keyspace.dirty
        temporary = f"temp-{self._pid}-bg.rdb"

        def work(report: Report) -> None:
            self._writer.write(temporary, report)
            self._disk.publish(temporary, self._config.dbfilename)
            self._log("notice", "DB saved on disk")

        def finished(status: int) -> None:
            self.last_seconds = (self._clock.unix_ms() - self._tried_ms) // 1000
            self._finished(status, dirty, temporary)

        try:
            keys = sum(len(database) for database in self._keyspace.databases)
            self._background.start("rdb", work, keys, finished)
        except OSError as error:
            self.failed = True
            self._log("warning", f"Can't save in background: fork: {error.strerror}")
            raise
        self.scheduled = False
        self._log("notice", f"Background saving started by pid {self._background.pid}")

    def _finished(self, status: int, dirty: int, temporary: str) -> None:
        if status == 0:
            self._log("notice", "Background saving terminated with success")
            self._saved(dirty)
            return
        self._log("warning", "Background saving " + (f"terminated by signal {-status}" if status < 0 else "error"))
        if status != KILLED:
            self.failed = True
        self._disk.discard(temporary)

    def _saved(self, dirty: int) -> None:
        self.clean_at = dirty
        self.saved_ms = self._clock.unix_ms()
        self.failed = False

    def due(self) -> tuple[int, int] | None:
        """The save point (seconds, changes) that asks for a save now, if one does."""
        now = self._clock.unix_ms()
        if self.failed and now - self._tried_ms <= RETRY_SECONDS * 1000:
            return None
        for seconds, changes in self._config.save:
            if self.changes >= changes and now - self.saved_ms > seconds * 1000:
                return seconds, changes
        return None
