"""The server of stage 1: it wires the parts together, and its methods are the seams of the whole course.

A later stage's server is a subclass that overrides seams alone (marked "Seam" below) and calls `super()`.
Contract: a server owns no global state; clock, dice and sockets come from outside (outside.py, the running loop), so a
hundred servers can live in one process, and in virtual time. Source: Redis 7.0's server.c (processCommand, call).
"""

import asyncio
from itertools import count

from stage1_single_node import (
    access_control,
    blocking,
    commands,
    errors,
    info,
    introspection,
    limits,
    listening,
    monitor,
    notifications,
    pubsub,
    scanning,
    transactions,
)
from stage1_single_node.client import Client
from stage1_single_node.command import CONTAINER, DENYOOM, FLAGS, NOSCRIPT, TIMED, Command, bind, find, spellings
from stage1_single_node.effects import Effects
from stage1_single_node.errors import ReplyError
from stage1_single_node.evictor import Evictor
from stage1_single_node.expiry import ExpireCycle
from stage1_single_node.keyspace import Database, Keyspace
from stage1_single_node.latency_monitor import LatencyMonitor
from stage1_single_node.lazy_free import LazyFree
from stage1_single_node.memory import Account
from stage1_single_node.outside import Outside
from stage1_single_node.pausing import Pause
from stage1_single_node.slow_log import SlowLog
from stage1_single_node.statistics import Statistics


class Server:
    """A Redis node. `await start()` loads and listens; `await stop()` closes; in between the loop runs it."""

    commands = commands.TABLE  # Seam: the declarations of all commands that exist here, by upper-case name
    outside_class = Outside  # Seam: what of the real world it can touch

    def __init__(self, config, outside):
        self.config = config
        self.clock, self.random, self.log = outside.clock, outside.random, outside.log
        self.outside = outside
        self.unix_ns = outside.clock.unix_ns  # the hot path's clock
        self.run_id, self.replication_id = (f"{self.random.getrandbits(160):040x}" for _ in range(2))
        self.keyspace = Keyspace(config.databases, self.random)
        self.keyspace.on_expired = self.expired
        self.expire_cycle = ExpireCycle(self.keyspace, self.clock)
        self.table = access_control.rename(bind(self.commands), config.rename_command)  # upper-case name: Command
        self.spellings = spellings(self.table)
        self.clients: dict[int, Client] = {}  # by id, oldest first
        self.pubsub = pubsub.Channels()
        self.notifications = notifications.Notifications(self.keyspace, self.pubsub)
        self.scans = scanning.Scans(self.random)
        self.lazy_free = LazyFree()
        self.statistics = Statistics(self.clock.unix_ms())
        self.slowlog = SlowLog(config)
        self.latency = LatencyMonitor(config)
        self.slow_ns = 0.0  # from which duration on one of these two may want to know: introspection.py
        self.memory = Account(self.keyspace)
        self.evictor = Evictor(self.keyspace, self.memory, config, self.clock, self.latency)
        self.evictor.on_evicted, self.evictor.may_evict = self.evicted, self.may_expire
        self.evictor.free = self.lazy_free.free
        self.monitors: set[Client] = set()
        self.cron_paused = False  # DEBUG PAUSE-CRON
        self.fast_commands: dict[bytes, Command] = {}  # what no gate concerns, by upper- and lower-case name
        self.fast_by_gate: dict[int, dict[bytes, Command]] = {}  # the same for every mask that there has been
        self.gates: dict[str, int] = {}
        self.set_gate("always", NOSCRIPT | CONTAINER | TIMED)  # noscript: what changes the connection
        self.effects = Effects(self.propagate)
        self.clients_to_flush: dict[Client, None] = {}
        self.client_ids = count(1)
        self.congested: set[Client] = set()  # who has not read all that it was sent
        self.listeners: dict = {}  # by listening.Place
        self.tls_context = None
        self.pause = Pause(self)
        self.role = "master"  # or "replica", as HELLO and INFO say it
        self.stopping = asyncio.Event()  # whoever runs the server waits for it, then stops it
        self.exit_code = 0  # the process's, when it has stopped

    # Seams -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Seam, `super()` first: take the configuration up, listen, and begin the periodic work."""
        followed = "maxmemory", "requirepass", "notify-keyspace-events", *limits.DIRECTIVES, *introspection.DIRECTIVES
        self.config.on_change(self.configure, *followed)
        self.config.on_change(self.evictor.configure, *Evictor.DIRECTIVES)
        self.configure()
        self.evictor.configure()
        await listening.listen(self)
        self._tick()

    async def stop(self) -> None:
        """Seam, `super()` last: close every connection and listener."""
        self._timer.cancel()
        for client in list(self.clients.values()):
            client.closing = True
            client.flush()
        listening.close(self)

    def guard(self, client: Client, command: Command, argv: list[bytes]) -> None:
        """Seam, own test then `super()`: raise ReplyError if this command may not run here and now.

        Sure to be asked only where a bit of the command's flags is in a gate (`set_gate`, `Client.gate`).
        """
        if not client.authenticated and not command.flags & FLAGS["no_auth"]:
            raise ReplyError(errors.NO_AUTH)
        if command.flags & FLAGS["protected"]:
            access_control.guard_protected(client, command)
        if self.monitors:
            monitor.guard(client, command)
        queues = transactions.queues(client, command)
        if queues and command.flags & FLAGS["no_multi"]:
            raise ReplyError(errors.NOT_IN_TRANSACTION)
        # A queue costs memory, whatever its commands do: when there is none left, nothing more is queued.
        if self.config.maxmemory and not self.evictor.make_room() and (queues or command.flags & DENYOOM):
            raise ReplyError(errors.OUT_OF_MEMORY)
        if client.subscriptions and client.protocol == 2:
            pubsub.refuse_while_subscribed(command)

    def propagate(self, db: int, writes: list[list[bytes]], encoded: bytes = b"") -> None:
        """Seam, `super()` first: these commands have written to database `db`; called only while `effects.wanted`.

        `encoded` is what they look like in RESP, where that is known already.
        """

    def deliver(self, client: Client) -> None:
        """Seam, own test then `super()`: the replies of a batch are ready to be written (stage 2 may hold them)."""
        client.flush()

    def may_expire(self) -> bool:
        """Seam, own test then `super()`: may this server delete an expired key by itself? (a replica may not)"""
        return not self.pause.flags

    def cron(self, now_ms: int) -> None:
        """Seam, `super()` first: the periodic work, `hz` times a second."""
        introspection.tick(self, now_ms)
        self.keyspace.may_expire = self.may_expire()
        if self.keyspace.may_expire:
            elapsed_us = self.expire_cycle.run(self.config.hz, self.config.active_expire_effort)
            introspection.expire_cycle_done(self, elapsed_us)
            self.effects.flush(together=False)
        limits.check_all(self, now_ms)

    def info(self) -> dict[str, dict[str, object]]:
        """Seam, `super()` first: the sections of INFO, by title."""
        return info.sections(self)

    def disconnected(self, client: Client) -> None:
        """Seam, `super()` first: a connection has ended; forget all that it had here."""
        self.clients.pop(client.id, None)
        monitor.unwatch(client)
        self.clients_to_flush.pop(client, None)
        self.congested.discard(client)
        self.pubsub.forget(client)
        blocking.forget(client)
        transactions.unwatch(client)

    # Commands ----------------------------------------------------------------------------------------------------

    def end_batch(
        self, client: Client, commands: list[list[bytes]], last: Command | None, received_bytes: int, started_ns: int
    ) -> None:
        """Account for a batch; `last` is its last command if that took the fast way, where no clock is read.

        All commands of the fast way share the time of their batches evenly.
        """
        elapsed_ns = self.unix_ns() - started_ns
        statistics = self.statistics
        statistics.reads += 1
        statistics.input_bytes += received_bytes
        client.last_used_at = self.keyspace.now
        if last is not None:
            client.last_command = last.name
        if statistics.careful_calls or client.pending:
            introspection.mixed_batch_done(self, client, len(commands), elapsed_ns)
        else:
            statistics.shared_calls += len(commands)
            statistics.shared_ns += elapsed_ns
            if elapsed_ns >= self.slow_ns or statistics.reads >= statistics.next_sample:
                introspection.look_closer(self, client, commands, elapsed_ns)
        if self.effects.wanted and self.effects:
            self.effects.flush()

    def call(self, client: Client, argv: list[bytes]):
        """The careful way to run a command: the value of its reply, errors included; never raises."""
        self.statistics.careful_calls += 1
        command = find(self.table, argv)
        client.last_command = command.name if command else "NULL"
        if command is None:
            return self._refused(client, None, access_control.unknown(client, argv))
        error = self._refusal(client, command, argv)
        if error:
            return self._refused(client, command, error)
        if self.pause.flags and self.pause.concerns(client, command):
            return self.pause.postpone(client, argv)
        if transactions.queues(client, command):
            return transactions.enqueue(client, command, argv)
        value = self.execute(client, command, argv)
        self.keyspace.now = self.clock.unix_ms()  # it may have taken long; within EXEC, though, the time stands still
        while self.keyspace.ready:
            blocking.serve(self)
        return value

    def _refusal(self, client: Client, command: Command, argv: list[bytes]) -> ReplyError | None:
        """Why this may not run, or be queued, here and now; None if it may."""
        if not command.fewest <= len(argv) <= command.most:
            return ReplyError(errors.wrong_arity(command.name))
        try:
            self.guard(client, command, argv)
            if command.name == "exec":
                transactions.guard_queue(client)
        except ReplyError as error:
            return error
        return None

    def _refused(self, client: Client, command: Command | None, error: ReplyError) -> ReplyError:
        return introspection.refused(self, command, transactions.refused(client, command, error))

    def execute(self, client: Client, command: Command, argv: list[bytes]):
        """Run an allowed command, measure it, tell the others what it wrote; the reply's value, or the error raised."""
        dirty = self.keyspace.dirty
        started_ns = self.clock.monotonic_ns()
        self.effects.nesting += 1
        try:
            value = command.handler(client, *argv[command.words :])
        except Exception as error:
            value = self.failure(command, argv, error)
        self.effects.nesting -= 1
        introspection.command_done(self, client, command, argv, self.clock.monotonic_ns() - started_ns)
        if self.effects.wanted and (self.keyspace.dirty != dirty or self.effects):
            self.effects.written(client, argv, self.keyspace.dirty != dirty)
        return value

    def failure(self, command: Command, argv: list[bytes], error: Exception) -> ReplyError:
        """The reply to a handler that raised: the ReplyError itself; for a bug of ours, an apology."""
        return introspection.failed(self, command, argv, error)

    def expired(self, database: Database, key: bytes) -> None:
        """Hook of the keyspace: a key was deleted because its time had come."""
        self.effects.also(database.index, self.effects.deletion(self.config.lazyfree_lazy_expire), key)

    def evicted(self, database: Database, key: bytes) -> None:
        """Hook of the evictor: a key was deleted before some command, to make room for it."""
        self.effects.also(database.index, self.effects.deletion(self.config.lazyfree_lazy_eviction), key)
        self.effects.flush()

    # Connections ---------------------------------------------------------------------------------------------------

    def connected(self, client: Client) -> None:
        """A connection has come: take it in, unless a limit is against it."""
        if limits.turns_away(self, client):
            return
        self.clients[client.id] = client
        self.statistics.connections += 1
        limits.prepare(self, client)
        access_control.greet(client)

    def cut_off_if_over_limit(self, client: Client, more_bytes: int = 0) -> bool:
        """Is the client over client-output-buffer-limit (with some bytes more)? Then it has been cut off."""
        self.congested.add(client)
        return limits.cut_off_if_over_limit(client, self.keyspace.now, more_bytes)

    def flush_soon(self, client: Client) -> None:
        """Write what was sent to a client that runs no command now, together with others', at the end of this turn."""
        if not self.clients_to_flush:
            asyncio.get_running_loop().call_soon(self._flush_all)
        self.clients_to_flush[client] = None

    def _flush_all(self) -> None:
        clients, self.clients_to_flush = self.clients_to_flush, {}
        for client in clients:
            self.deliver(client)

    # The gate ------------------------------------------------------------------------------------------------------

    def set_gate(self, reason: str, flags: int) -> None:
        """Ask `guard` and measure for commands with one of these flags, for a named reason; 0 ends the reason."""
        self.gates[reason] = flags
        gate = 0
        for mask in self.gates.values():
            gate |= mask
        if gate not in self.fast_by_gate:
            self.fast_by_gate[gate] = {name: each for name, each in self.spellings.items() if not each.flags & gate}
        self.fast_commands = self.fast_by_gate[gate]

    # The process ---------------------------------------------------------------------------------------------------

    def shut_down(self, options: tuple[str, ...] = ()) -> None:
        """Seam, own test then `super()`: have the server stopped, or raise ReplyError; `options` are SHUTDOWN's."""
        if not self.stopping.is_set():
            self.log("warning", "User requested shutdown...")
            for client in self.clients.values():
                client.closing = True  # what it still sends comes too late: what is to be saved has been saved
            self.stopping.set()

    def configure(self) -> None:
        """Apply the configuration, at the start and after CONFIG SET."""
        access_control.follow_requirepass(self)
        limits.follow_configuration(self)
        self.set_gate("maxmemory", DENYOOM if self.config.maxmemory else 0)
        introspection.configure(self)
        self.notifications.configure(self.config.notify_keyspace_events)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(1 / self.config.hz, self._tick)  # first: a bug in cron must not be its last run
        self.keyspace.now = self.clock.unix_ms()
        self.keyspace.second = self.keyspace.now // 1000
        if not self.cron_paused:
            self.cron(self.keyspace.now)
