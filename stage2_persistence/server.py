"""The server of stage 2: stage 1's, and a disk. This file only wires; the parts do the work.

    write ──► propagate ──► feed ──► AppendOnlyFile.append … end of the turn: flush, and only then the held replies
    cron  ──► save points, rewrites, the child, a fsync that is due
    start ──► stage 1 listens; then Loader fills the keyspace while clients get -LOADING

What is promised: a reply that a client has received speaks of nothing that is not in the file yet (and under
appendfsync always: on the disk). Source: Redis 7.0's server.c (beforeSleep, serverCron, prepareForShutdown).
"""

import asyncio
from collections.abc import Iterator

from stage1_single_node import server
from stage1_single_node.command import ANY, FLAGS, Command
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.errors import CannotStart, ReplyError
from stage1_single_node.resp import encode
from stage2_persistence import commands, info_persistence
from stage2_persistence.aof import AppendOnlyFile, CannotPersist
from stage2_persistence.aof_directory import AofDirectory
from stage2_persistence.child import Background
from stage2_persistence.encoding import encode_commands, select
from stage2_persistence.errors import CANNOT_SHUT_DOWN, LOADING, MISCONF_SNAPSHOT, misconf_aof
from stage2_persistence.loading import Loader, Progress
from stage2_persistence.outside import Outside
from stage2_persistence.rewrite import Rewriter
from stage2_persistence.snapshot import Snapshots, SnapshotWriter


class Server(server.Server):
    """A Redis node that survives its own end."""

    commands = {**server.Server.commands, **commands.TABLE}
    outside_class = Outside

    def __init__(self, config, outside):
        super().__init__(config, outside)
        self.aof = AppendOnlyFile(config, outside, self.latency)
        self.background = Background(outside, self.latency)
        self.aof.child_writes = lambda: self.background.child is not None
        self.aof.on_switch = self.file_switched
        self.aof_directory = AofDirectory(config, outside)
        self.snapshot_writer = SnapshotWriter(self.keyspace, config, outside, self.aux_fields)
        self.snapshots = Snapshots(self.snapshot_writer, self.keyspace, config, outside, self.background)
        self.rewriter = Rewriter(
            self.aof, self.aof_directory, self.snapshot_writer, self.background, self.keyspace, config, outside
        )
        self.loading = Progress()
        self.fed_db = -1  # the database that the last command in the stream of writes was for
        self.held: dict = {}  # clients whose replies wait for the end of this turn
        self.last_words = b""  # when the server has given up: all that a client can get from it

    # Seams -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self.set_gate("loading", ANY)
        self.loading.active = True  # before anybody can come in
        await super().start()
        for keys in self.load("aof" if self.config.appendonly else "rdb"):
            await asyncio.sleep(keys * self.config.key_load_delay / 1_000_000)
            if self.stopping.is_set():  # by SHUTDOWN; there is nothing that the files have not
                return
        if self.config.appendonly:
            self.open_append_only_file()
        self.config.on_change(self.follow_appendonly, "appendonly")
        self.config.on_change(self.follow_appendfsync, "appendfsync")

    async def stop(self) -> None:
        self.background.kill()
        self.end_turn()
        await super().stop()

    def guard(self, client, command: Command, argv: list[bytes]) -> None:
        if client.authenticated:  # a stranger learns nothing about our troubles
            if self.loading.active and not command.flags & FLAGS["loading"]:
                raise ReplyError(LOADING)
            if command.flags & FLAGS["write"] or command.name == "ping":
                self._guard_disk()
        super().guard(client, command, argv)

    def _guard_disk(self) -> None:
        """While what is written cannot be kept, nothing more is taken."""
        if self.aof.error:
            raise ReplyError(misconf_aof(self.aof.error))
        if self.snapshots.failed and self.config.save and self.config.stop_writes_on_bgsave_error:
            raise ReplyError(MISCONF_SNAPSHOT)

    def propagate(self, db: int, writes: list[list[bytes]], encoded: bytes = b"") -> None:
        super().propagate(db, writes, encoded)
        data = encoded or encode_commands(writes)
        if db != self.fed_db:
            self.fed_db = db
            data = select(db) + data
        self.feed(data)

    def feed(self, data: bytes) -> None:
        """Seam, `super()` first: the stream of writes goes on with these whole commands, encoded once for all."""
        if not self.aof.due:
            asyncio.get_running_loop().call_soon(self.end_turn)
        self.aof.append(data)

    def deliver(self, client) -> None:
        if self.aof.due:
            self.held[client] = None
            return
        if self.last_words:
            client.out[:] = [self.last_words]
        super().deliver(client)

    def may_expire(self) -> bool:
        return not self.loading.active and super().may_expire()

    def cron(self, now_ms: int) -> None:
        super().cron(now_ms)
        self.background.poll()
        if not self.loading.active and not self.stopping.is_set():
            self.end_turn()  # for a write that had to wait, and a fsync that is due
            self.start_what_is_due()
        self.follow_disk_errors()

    def info(self) -> dict[str, dict[str, object]]:
        return info_persistence.add(self, super().info())

    def disconnected(self, client) -> None:
        super().disconnected(client)
        self.held.pop(client, None)

    def shut_down(self, options: tuple[str, ...] = ()) -> None:
        if self.rewriter.enabling and "force" not in options:
            self.log("warning", "Writing initial AOF, can't exit.")
            raise ReplyError(CANNOT_SHUT_DOWN)
        try:
            self.save_before_the_end(options)
        except CannotPersist as error:
            self.give_up(error)
        except OSError:
            self.log("warning", "Error trying to save the DB, can't exit.")
            if "force" not in options:
                raise ReplyError(CANNOT_SHUT_DOWN) from None
        super().shut_down(options)

    def aux_fields(self) -> list[tuple[bytes, bytes]]:
        """Seam, `super()` first: what a snapshot says of the server that wrote it."""
        return info_persistence.aux_fields(self)

    def wants_writes(self) -> bool:
        """Seam, own test or `super()`: does somebody take the stream of writes? Tell `effects` when that changes."""
        return self.aof.file is not None

    # The append-only file ------------------------------------------------------------------------------------------

    def end_turn(self) -> None:
        """All commands of this turn of the loop have run: their writes go to the file, then their replies leave."""
        try:
            self.aof.flush()
        except CannotPersist as error:
            self.give_up(error)
        if self.aof.error:
            self.follow_disk_errors()
        held, self.held = self.held, {}
        for client in held:
            self.deliver(client)

    def follow_disk_errors(self) -> None:
        """While the disk fails, `guard` is asked about every command."""
        self.set_gate("disk", ANY if self.aof.error or self.snapshots.failed else 0)

    def give_up(self, error: CannotPersist) -> None:
        """What was executed cannot be made durable, nor be taken back: nobody may see it, so this is the end.

        All replies that have not left are replaced by an error, so that their clients know.
        """
        self.log("warning", f"Can't recover from {error}. Exiting...")
        self.last_words = encode(ReplyError(misconf_aof(str(error))))
        for client in self.clients.values():
            client.closing = True
        self.background.kill()  # a rewrite that ended now would find no file that goes on, and call all of them history
        self.aof.drop()
        self.exit_code = 1
        self.stopping.set()

    def file_switched(self) -> None:
        """The stream goes on in another file, or ends: a file must say itself which database it is about."""
        self.fed_db = -1
        self.effects.want(self.wants_writes())

    def open_append_only_file(self) -> None:
        """After loading. Raises CannotStart."""
        try:
            self.rewriter.begin()
        except OSError as error:
            self.log("warning", f"Can't open or create the append-only file: {error.strerror}")
            raise CannotStart from None

    def follow_appendonly(self) -> None:
        """CONFIG SET appendonly. In a transaction, whose other writes are not passed on yet, it begins afterwards."""
        try:
            if self.config.appendonly:
                self.rewriter.enable(later=self.effects.nesting > 1)
            else:
                self.rewriter.disable()
        except OSError:
            raise ConfigError("Unable to turn on AOF. Check server logs.") from None
        except CannotPersist as error:
            self.give_up(error)

    def follow_appendfsync(self) -> None:
        """CONFIG SET appendfsync: what was written under a weaker promise is on the disk before a stronger one."""
        self.end_turn()

    # Snapshots, rewrites, loading ----------------------------------------------------------------------------------

    def start_what_is_due(self) -> None:
        """A child, if one is asked for and none is running."""
        if self.background.child:
            return
        try:
            point = self.snapshots.due()
            if self.rewriter.due():
                self.rewriter.start()
            elif self.snapshots.scheduled:
                self.snapshots.save_in_background()
            elif point:
                self.log("notice", f"{point[1]} changes in {point[0]} seconds. Saving...")
                self.snapshots.save_in_background()
        except OSError:
            pass  # the log has it; the next cron tries again
        except CannotPersist as error:
            self.give_up(error)

    def load(self, source: str, replace: bool = False) -> Iterator[int]:
        """Fill the keyspace from the "rdb" or "aof" files; yields what `Loader.load` does. Raises CannotStart."""
        self.set_gate("loading", ANY)
        self.keyspace.second = self.clock.unix_ms() // 1000  # from which a file counts how long keys have been idle
        loader = Loader(self, self.aof_directory, self.loading, replace)
        yield from loader.load(source)
        self.snapshot_writer.functions = loader.functions
        if source == "aof":
            self.rewriter.base_bytes = loader.aof_base_bytes
        self.snapshots.clean_at = self.keyspace.dirty
        self.keyspace.generation += 1  # the account of memory looks again,
        self.evictor.configure()  # and so does whoever needs to know when each key was used
        self.set_gate("loading", 0)

    def save_before_the_end(self, options: tuple[str, ...]) -> None:
        """What SHUTDOWN keeps; raises OSError or CannotPersist if it cannot."""
        if self.loading.active:  # there is nothing yet that the files have not
            return
        self.background.kill()
        self.aof.settle()
        if "nosave" not in options and (self.config.save or "save" in options):
            self.log("notice", "Saving the final RDB snapshot before exiting.")
            self.snapshots.save()
