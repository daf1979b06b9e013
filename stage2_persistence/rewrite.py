"""The rewrite of the append-only file: a new base from memory takes the place of a history that has grown long.

Safe at every step, because the data set is what the manifest names, and the manifest changes whole or not at all:

  1. All that was written is fsynced: only the last file may be torn by a power cut. A new incremental file is made,
     the manifest names it as the last one, and from here on writes go there. (A crash: base and all incrementals.)
  2. A child writes the data set as of this moment into a temporary file and syncs it. (A crash: the same, and a
     temporary file that nobody reads.)
  3. That file is renamed to the new base's name, which no manifest has yet. (The same.)
  4. The manifest is replaced: the new base, and the one incremental of step 1. This is the moment. (A crash: the new
     files; the old ones are still there as history.)
  5. The history is deleted, then struck from the manifest.

Turning appendonly on is the same, but that writes go to a temporary incremental, which gets its name at step 4:
before there is a base, incrementals mean nothing.
Contract: knows no server. Source: rewriteAppendOnlyFileBackground, backgroundRewriteDoneHandler in Redis 7.0's aof.c.
"""

from functools import partial

from stage2_persistence.aof import AppendOnlyFile, CannotPersist
from stage2_persistence.aof_commands import write_commands
from stage2_persistence.aof_directory import AofDirectory
from stage2_persistence.child import KILLED, Background, Report
from stage2_persistence.manifest import Manifest
from stage2_persistence.snapshot import SnapshotWriter

PATIENT_FAILURES = 3  # AOF_REWRITE_LIMITE_THRESHOLD: then the next one waits, for each leaves an incremental behind
LONGEST_DELAY_MINUTES = 60  # AOF_REWRITE_LIMITE_MAX_MINUTES: up to this the wait doubles


class Rewriter:
    """Makes new bases, when it is told to and by itself, and turns the append-only file on and off."""

    def __init__(self, aof: AppendOnlyFile, directory: AofDirectory, writer: SnapshotWriter, background: Background,
                 keyspace, config, outside):  # fmt: skip
        self._aof, self._directory, self._writer, self._background = aof, directory, writer, background
        self._keyspace, self._config = keyspace, config
        self._disk, self._clock, self._log, self._pid = outside.disk, outside.clock, outside.log, outside.pid
        self.enabling = False  # appendonly was turned on, and the first base is not there yet
        self.scheduled = False  # to begin when the other child has ended
        self.failed = False  # the last one did
        self.rewrites = 0
        self.failures = 0  # in a row
        self.last_seconds = -1  # so long the last one took
        self.base_bytes = 0  # from which growth is counted: all files after a rewrite, the base after loading
        self.closed_bytes = 0  # of all files but the one that is written to
        self._delay_minutes = 0
        self._delayed_until_ms = 0

    @property
    def current_bytes(self) -> int:
        """Of all files."""
        return self.closed_bytes + self._aof.size

    # Steps 1 to 5

    def start(self) -> None:
        """Steps 1 and 2; raises OSError or CannotPersist, and then no child runs, though step 1 may have been done."""
        started_ms = self._clock.unix_ms()
        temporary = f"temp-rewriteaof-bg-{self._pid}.aof"
        as_rdb = self._as_rdb()

        def work(report: Report) -> None:
            self.write_base(temporary, as_rdb, report)
            self._log("notice", f"Successfully created the temporary AOF base file {temporary}")

        def finished(status: int) -> None:
            self.last_seconds = (self._clock.unix_ms() - started_ms) // 1000
            self._finished(status, temporary, as_rdb)

        try:
            self._directory.create()
            if self._aof.file or self.enabling:
                self._open_next()
            self.rewrites += 1
            keys = sum(len(database) for database in self._keyspace.databases)
            self._background.start("aof", work, keys, finished)
        except OSError as error:
            self.failed = True
            self.failures += 1  # each may have left an incremental behind: without a limit, ten a second
            self._log("warning", f"Can't rewrite append only file in background: {error.strerror}")
            raise
        self.scheduled = False
        self._log("notice", f"Background append only file rewriting started by pid {self._background.pid}")

    def _open_next(self) -> None:
        """Step 1."""
        if self.enabling:
            self._aof.open(self._directory.temporary_incremental, fresh=True)
            return
        manifest = self._directory.manifest.with_incremental()
        name = manifest.incrementals[-1].name
        closed_bytes = self.current_bytes + self._aof.buffered_bytes
        # What a manifest names must be there, and what nobody names is not read: named when it is there and empty.
        announce = partial(self._directory.replace, manifest)
        self._aof.open(self._directory.path(name), fresh=True, announce=announce)
        self.closed_bytes = closed_bytes
        self._log("notice", f"Creating AOF incr file {name} on background rewrite")

    def write_base(self, path: str, as_rdb: bool, report: Report | None = None) -> None:
        """Step 2: a whole and synced file, as RDB or as commands; raises OSError, and then leaves no file."""
        if as_rdb:
            self._writer.write(path, report, aof_base=True)
            return
        second = self._clock.unix_ms() // 1000 if self._config.aof_timestamp_enabled else None
        with self._disk.whole_file(path) as file:
            write_commands(file.write, self._keyspace.databases, timestamp=second, progress=report)

    def _as_rdb(self) -> bool:
        """How to write a base. Functions, which no command of this stage brings back, need an RDB file."""
        return self._config.aof_use_rdb_preamble or bool(self._writer.functions)

    def _finished(self, status: int, temporary: str, as_rdb: bool) -> None:
        """The child has ended."""
        if status == 0:
            self._log("notice", "Background AOF rewrite terminated with success")
            try:
                self._install(temporary, as_rdb)
                return
            except OSError as error:
                self._log("warning", f"Error trying to install the new AOF base file: {error.strerror}")
                status = 1
        else:
            how = f"by signal {-status}" if status < 0 else "with error"
            self._log("warning", f"Background AOF rewrite terminated {how}")
        self._disk.discard(temporary)
        if status != KILLED:
            self.failed = True
            self.failures += 1
        if self.enabling:
            self._aof.drop()
            self._disk.discard(self._directory.temporary_incremental)
            self.scheduled = True

    def _install(self, temporary: str, as_rdb: bool) -> None:
        """Steps 3 to 5; raises OSError if the manifest is still the old one."""
        manifest = self._directory.manifest
        if self.enabling:
            manifest = manifest.with_incremental()
        manifest = manifest.with_base(as_rdb, still_needed=1 if self._aof.file else 0)
        base = self._directory.path(manifest.files[0].name)
        self._disk.rename(temporary, base)
        try:
            if self.enabling:
                self._name_incremental(manifest)
            self._directory.replace(manifest)
        except OSError:
            self._disk.discard(base)
            raise
        if self.enabling:
            self._log("notice", "AOF is on: the data set and every write since are in it")
        self.enabling = self.failed = False
        self.failures = 0
        self.closed_bytes = self._disk.size(base)
        self.base_bytes = self.current_bytes
        self._directory.remove_history()
        self._log("notice", "Background AOF rewrite finished successfully")

    def _name_incremental(self, manifest: Manifest) -> None:
        path = self._directory.path(manifest.incrementals[-1].name)
        self._disk.rename(self._directory.temporary_incremental, path)
        self._aof.renamed(path)

    # By itself

    def due(self) -> bool:
        """Should there be a rewrite now: has one been asked for, or has the file grown so much since the last one?"""
        if self.scheduled:
            return not self._limited()
        percentage = self._config.auto_aof_rewrite_percentage
        size = self.current_bytes
        if not self._aof.file or self.enabling or not percentage or size <= self._config.auto_aof_rewrite_min_size:
            return False
        base = self.base_bytes or 1
        growth = size * 100 // base - 100
        if growth < percentage or self._limited():
            return False
        self._log("notice", f"Starting automatic rewriting of AOF on {growth}% growth")
        return True

    def _limited(self) -> bool:
        """After some failures in a row: is it too early to try again?"""
        if self.failures < PATIENT_FAILURES:
            self._delay_minutes = self._delayed_until_ms = 0
            return False
        now = self._clock.unix_ms()
        if self._delayed_until_ms:
            if now < self._delayed_until_ms:
                return True
            self._delayed_until_ms = 0
            return False
        self._delay_minutes = min(self._delay_minutes * 2 or 1, LONGEST_DELAY_MINUTES)
        self._delayed_until_ms = now + self._delay_minutes * 60_000
        self._log("warning", "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in "
                  f"{self._delay_minutes} minutes")  # fmt: skip
        return True

    # On and off

    def enable(self, later: bool) -> None:
        """appendonly yes, while running: begin with a rewrite, now or `later`. Raises OSError or CannotPersist."""
        self._background.kill("aof")  # one that is under way collects no writes
        self.enabling = True
        self.failures = 0  # who asks by hand does not want to wait
        if later or self._background.child:
            self.scheduled = True
            self._log("warning", "AOF was enabled but there is already another background operation. An AOF background "
                      "was scheduled to start when possible.")  # fmt: skip
            return
        try:
            self.start()
        except (OSError, CannotPersist):
            self.enabling = False
            self._aof.drop()
            raise

    def disable(self) -> None:
        """appendonly no: the files stay as they are, whole."""
        try:
            self._aof.close()
        except OSError as error:
            self._log("warning", f"Fail to fsync the AOF file: {error.strerror}")
            self._aof.drop()
        self.scheduled = self.enabling = False
        self.closed_bytes = 0
        self._background.kill("aof")

    def begin(self) -> None:
        """At the start, when all has been loaded: a base if there is nothing yet, and the last incremental opened.

        Raises OSError.
        """
        self._directory.create()
        manifest = self._directory.manifest
        if not manifest.files:
            manifest = manifest.with_base(self._as_rdb(), still_needed=0)
            name = manifest.files[0].name
            self.write_base(self._directory.path(name), self._as_rdb())
            self._log("notice", f"Creating AOF base file {name} on server start")
        fresh = not manifest.incrementals  # then a file of that name is what a crash left, and not of this data set
        if fresh:
            manifest = manifest.with_incremental()
        name = manifest.incrementals[-1].name
        self._aof.open(self._directory.path(name), fresh)
        self._log("notice", f"{'Creating' if fresh else 'Opening'} AOF incr file {name} on server start")
        if manifest != self._directory.manifest:
            self._directory.replace(manifest)
        self._directory.remove_history()  # what a crash between steps 4 and 5 left
        self.closed_bytes = sum(self._directory.sizes().values()) - self._aof.size
