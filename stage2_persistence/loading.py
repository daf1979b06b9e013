"""Loading the data set at the start, a piece at a time, so that clients can be told how far it is.

Where an append-only file is used, it alone is believed, and the RDB file is not even looked at: it is older. Commands
of the append-only file are run by a client of our own, with the handlers that ran them first.
Contract: whatever is wrong with a file ends the loading with one line that names the file, the offset and the reason,
and CannotStart, and leaves the file as it was; but a command cut off at the very end of the last file is what a crash
leaves behind, and is cut off for good if `aof-load-truncated` allows it.
Source: loadDataFromDisk in Redis 7.0's server.c, loadAppendOnlyFiles in its aof.c.
"""

from collections.abc import Iterator

from stage1_single_node.client import Client
from stage1_single_node.command import find
from stage1_single_node.errors import CannotStart, ReplyError
from stage2_persistence.aof_directory import AofDirectory
from stage2_persistence.aof_reader import CommandReader, Truncated, next_command
from stage2_persistence.rdb_cursor import CHUNK
from stage2_persistence.rdb_format import Corrupt
from stage2_persistence.rdb_reader import RdbReader

MAGIC = b"REDIS"
REMEDIES = (
    "You can: 1) Make a backup of your AOF file, then use redis-check-aof --fix <filename.manifest>. 2) Alternatively "
    "you can set the 'aof-load-truncated' configuration option to yes and restart the server."
)
DAMAGED_LENGTH = "the command at offset {} would end behind the end of the file, but another one begins at offset {}"
HINT = "make a backup of your AOF file, then use redis-check-aof --fix <filename.manifest>"


class Progress:
    """How far the loading is, for INFO."""

    def __init__(self) -> None:
        self.active = False
        self.started_ms = 0
        self.total_bytes = self.loaded_bytes = 0
        self.keys_loaded = self.keys_expired = 0  # of the last RDB file

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.loaded_bytes / self.total_bytes if self.total_bytes else 0.0


class Pieces:
    """A file that gives out little at a time, so that clients are served that often."""

    def __init__(self, file, most_bytes: int):
        self._file, self._most_bytes = file, most_bytes
        self.seek, self.close = file.seek, file.close

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, self._most_bytes))


class Loader:
    """Fills the keyspace of a server from its files."""

    def __init__(self, server, directory: AofDirectory, progress: Progress, replace: bool):
        """`replace`: a key of an RDB file takes the place of one that is there already, which else is an error."""
        self._server, self._directory, self._progress, self._replace = server, directory, progress, replace
        self._config, self._disk, self._log = server.config, server.outside.disk, server.log
        self.aux: dict[bytes, bytes] = {}  # what the last RDB file said of itself
        self.functions: list[bytes] = []
        self.aof_base_bytes = 0
        self._loaded = 0  # keys, or commands

    def load(self, source: str) -> Iterator[int]:
        """All there is in the "rdb" or "aof" files; yields the keys or commands of each piece. Raises CannotStart.

        If it does, `progress.active` stays: whoever asks shall hear that there is no data yet, not that there is none.
        """
        self._directory.read()  # also where it is not loaded: a rewrite must not take the names of files that are there
        if source == "aof":
            self._directory.upgrade()
        steps = self._load_aof() if source == "aof" else self._load_rdb_file()
        keyspace, progress = self._server.keyspace, self._progress
        started_us = self._server.clock.monotonic_us()
        progress.active = keyspace.loading = True
        keyspace.may_expire = False  # a deadline that has passed by now had not when the commands behind it ran
        progress.started_ms = self._server.clock.unix_ms()
        progress.loaded_bytes = 0
        for reached in steps:
            progress.loaded_bytes = reached
            loaded, self._loaded = self._loaded, 0
            yield loaded
        progress.active = keyspace.loading = False
        keyspace.may_expire = self._server.may_expire()
        if progress.total_bytes:
            seconds = (self._server.clock.monotonic_us() - started_us) / 1e6
            place = "append only file" if source == "aof" else "disk"
            self._log("notice", f"DB loaded from {place}: {seconds:.3f} seconds")

    # RDB

    def _load_rdb_file(self) -> Iterator[int]:
        path = self._config.dbfilename
        try:
            size = self._disk.size(path)
            file = self._open(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._fatal(f"Fatal error loading the DB: {error.strerror}. Exiting.") from None
        self._progress.total_bytes = size
        try:
            reader = self._reader(file, size, self._server.clock.unix_ms())
            yield from self._read(reader)
        except (Corrupt, OSError) as error:
            raise self._fatal(f"Fatal error loading the DB, check server logs. Exiting. {path}: {error}") from None
        finally:
            file.close()
        done = f"Done loading RDB, keys loaded: {reader.keys_loaded}, keys expired: {reader.keys_expired}."
        self._log("notice", done)

    def _reader(self, file, size: int, now_ms: int | None) -> RdbReader:
        databases = self._server.keyspace.databases
        return RdbReader(file, size, databases, self._config, now_ms=now_ms, replace=self._replace)

    def _open(self, path: str):
        """The file, which is read in large pieces unless smaller ones are asked for."""
        file, most_bytes = self._disk.read(path), self._config.loading_process_events_interval_bytes
        return Pieces(file, most_bytes) if most_bytes < CHUNK else file

    def _read(self, reader: RdbReader) -> Iterator[int]:
        before = 0
        for reached in reader.load():
            self._loaded, before = reader.keys_loaded - before, reader.keys_loaded
            yield reached
        self.aux, self.functions = reader.aux, reader.functions
        self._progress.keys_loaded, self._progress.keys_expired = reader.keys_loaded, reader.keys_expired

    # AOF

    def _load_aof(self) -> Iterator[int]:
        manifest = self._directory.manifest
        try:
            sizes = self._directory.sizes()
        except OSError as error:
            raise self._fatal(
                f"Unable to obtain the AOF file {error.filename} length. stat: {error.strerror}"
            ) from None
        self._progress.total_bytes = sum(sizes.values())
        before = 0
        for file, size in sizes.items():
            is_last = file == manifest.files[-1]
            for reached in self._load_aof_file(self._directory.path(file.name), size, is_last):
                yield before + reached
            before += size
        if manifest.base:
            self.aof_base_bytes = sizes[manifest.base]

    def _load_aof_file(self, path: str, size: int, is_last: bool) -> Iterator[int]:
        try:
            file = self._open(path)
        except OSError as error:
            raise self._fatal(f"Fatal error: can't open the append log file {path}: {error.strerror}") from None
        try:
            start = 0
            if file.read(len(MAGIC)) == MAGIC:
                file.seek(0)
                self._log("notice", "Reading RDB base file on AOF loading...")
                rdb = self._reader(file, size, None)
                yield from self._read(rdb)
                start = rdb.offset
            file.seek(start)
            commands = CommandReader(file, start, size)
            yield from self._replay(commands, path)
        except Truncated as error:
            another = next_command(file, commands.offset)
            if another is not None:
                damage = DAMAGED_LENGTH.format(commands.offset, another)
                raise self._fatal(f"Bad file format reading the append only file {path}: {damage}: {HINT}") from None
            self._cut_off(path, size, commands.whole_until, is_last, error)
        except Corrupt as error:
            raise self._fatal(f"Bad file format reading the append only file {path}: {error}: {HINT}") from None
        except OSError as error:
            reason = f"Unrecoverable error reading the append only file {path}: {error.strerror}"
            raise self._fatal(reason) from None
        finally:
            file.close()

    def _replay(self, commands: CommandReader, path: str) -> Iterator[int]:
        """Run the commands; those of a transaction when all of it is there."""
        client = Client(self._server)
        client.executing = True  # nothing blocks
        commands_by_name = self._server.spellings
        transaction: list | None = None
        for batch in commands:
            for argv in batch:
                command = commands_by_name.get(argv[0])
                if command is None or command.subcommands:
                    command = find(self._server.table, argv)
                if command is None:
                    name = argv[0].decode(errors="replace")
                    raise self._fatal(f"Unknown command '{name}' reading the append only file {path}")
                if command.name == "multi":
                    transaction = []
                elif command.name == "exec":
                    for queued, words in transaction or ():
                        self._run(client, queued, words)
                    transaction = None
                elif transaction is not None:
                    transaction.append((command, argv))
                else:
                    self._run(client, command, argv)
            client.out.clear()
            self._server.keyspace.ready.clear()  # nobody waits yet
            self._loaded = len(batch)
            yield commands.offset

    def _run(self, client: Client, command, argv: list[bytes]) -> None:
        if command.fewest <= len(argv) <= command.most:
            try:
                command.handler(client, *argv[command.words :])
            except ReplyError:
                pass  # as when it ran first; nobody reads the reply

    def _cut_off(self, path: str, size: int, whole_until: int, is_last: bool, error: Truncated) -> None:
        """The file ends in the middle of a command, or of a transaction."""
        if not is_last:
            raise self._fatal(f"Fatal error: the truncated file {path} is not the last file ({error})")
        if not self._config.aof_load_truncated:
            raise self._fatal(f"Unexpected end of file reading the append only file {path}: {error}. {REMEDIES}")
        self._log("warning", f"!!! Warning: short read while loading the AOF file {path}!!!")
        cut = f"!!! Truncating the AOF {path} at offset {whole_until} !!! {size - whole_until} bytes are dropped."
        self._log("warning", cut)
        try:
            self._disk.truncate(path, whole_until)
        except OSError as failure:
            raise self._fatal(f"Error truncating the AOF file {path}: {failure.strerror}") from None
        self._log("warning", f"AOF {path} loaded anyway because aof-load-truncated is enabled")

    def _fatal(self, text: str) -> CannotStart:
        self._log("warning", text)
        return CannotStart(text)
