"""One connection: bytes in, commands run, bytes out.

`data_received` is the hot path of the whole course: one read is one batch of commands is one write. Most commands take
the fast way, a few lines in `run`: the name is in the table of commands that no gate concerns, and the number of
arguments fits. All others go through `Server.call`, the careful way: transactions, blocking, authentication, slow-log
timing, MONITOR, and what later stages refuse.
Contract: nothing that a client sends raises past this file. Source: Redis 7.0's networking.c.
"""

import asyncio
from collections import deque
from typing import Any

from stage1_single_node.addresses import endpoint
from stage1_single_node.command import Command
from stage1_single_node.errors import ReplyError
from stage1_single_node.fast_parser import FastRequestParser
from stage1_single_node.resp import BULK_HEADERS, CRLF, INTEGERS, NO_REPLY, OK, Push, encode

NO_COMMANDS: dict[bytes, Command] = {}
BIG_BYTES = 16 * 1024  # replies worth a look at the output limits before they are written; Redis's fixed buffer's size


class Client(asyncio.Protocol):
    """A connected client and its state. Without a transport it is a client of our own (a file being loaded)."""

    transport: Any = None  # an asyncio.Transport

    def __init__(self, server):
        self.server = server
        self.id = next(server.client_ids)
        self.db = server.keyspace.databases[0]
        self.parser = FastRequestParser(server.config.proto_max_bulk_len)
        self.out: list[bytes] = []  # replies not yet handed to the transport
        self.address = self.local_address = "?:0"  # as CLIENT LIST prints them: 127.0.0.1:40000, [::1]:40000, path:0
        self.over_unix_socket = False
        self.is_local = True  # over loopback or a unix socket, or one of our own
        self.protocol = 2  # RESP version, see HELLO
        self.name = b""
        self.user = b"default"
        self.created_at = self.last_used_at = server.clock.unix_ms()
        self.last_command = "NULL"
        self.gate = False  # closed: every command of this connection takes the careful way
        self.authenticated = True
        self.pending: deque[list[bytes]] = deque()  # commands that came while this client was blocked or postponed
        self.pending_bytes = 0  # as long as they were on the wire
        self.blocked = None  # what it waits for (blocking.py)
        self.queue: list | None = None  # commands since MULTI (transactions.py)
        self.queue_broken = False  # a command could not be queued: EXEC will refuse
        self.watching: list = []  # (database, key) pairs
        self.watch_broken = False  # a watched key has changed
        self.executing = False  # inside EXEC: nothing is queued, and nothing may block
        self.channels: dict[bytes, None] = {}  # Pub/Sub subscriptions, in order
        self.patterns: dict[bytes, None] = {}
        self.shard_channels: dict[bytes, None] = {}
        self.silent = False  # CLIENT REPLY OFF
        self.skip_replies = 0  # CLIENT REPLY SKIP: how many commands, this one included, stay unanswered
        self.no_evict = False
        self.closing = False  # close once the replies are written
        self.gone = False  # the server has forgotten it
        self.congested = False  # the peer does not read: the transport's buffer is over its high-water mark
        self.soft_limit_since = 0  # unix ms since when the output buffer has been over its soft limit
        self.kind = "normal"  # its class for client-output-buffer-limit: normal, pubsub, replica

    def __hash__(self) -> int:
        return self.id  # sets of clients iterate in the same order in every run

    # Bytes in

    def connection_made(self, transport) -> None:
        self.transport = transport
        unix_path = self.server.config.unixsocket
        self.over_unix_socket = not isinstance(transport.get_extra_info("sockname"), tuple)
        self.address = endpoint(transport.get_extra_info("peername"), unix_path)
        self.local_address = endpoint(transport.get_extra_info("sockname"), unix_path)
        self.is_local = self.over_unix_socket or self.address.startswith(("127.", "[::1]"))
        self.server.connected(self)

    def data_received(self, data: bytes) -> None:
        if self.closing:
            return
        parser = self.parser
        commands = parser.feed(data)
        if self.pending or self.blocked:
            self.pending.extend(commands)
            self.pending_bytes += len(data)
        else:
            self.run(commands, data)
        if parser.error or parser.pending_bytes or self.pending_bytes:
            self._check_input(parser)

    def _check_input(self, parser: FastRequestParser) -> None:
        """What came was malformed, or is not all that will come: end the connection that asks too much."""
        if parser.error and not self.pending and not self.blocked and not self.closing:
            if parser.pardon():
                self.data_received(b"")
                return
            self.server.log("verbose", f"{parser.error[4:]} (from client {self.address})")
            self.server.statistics.count_error(parser.error)
            self.send(encode(ReplyError(parser.error)))
            self.close()
        elif parser.pending_bytes + self.pending_bytes > self.server.config.client_query_buffer_limit:
            self.server.log("warning", f"Closing client that reached max query buffer length: {self.address}")
            self.close(at_once=True)

    def run(self, commands: list[list[bytes]], data: bytes = b"") -> None:
        """Execute one batch, which came as `data`, and write its replies at once."""
        server = self.server
        keyspace = server.keyspace
        reply = self.out.append
        unix_ns = server.unix_ns
        started_ns = unix_ns()
        keyspace.now = started_ns // 1_000_000
        dirty = keyspace.dirty
        fast = NO_COMMANDS if self.gate else server.fast_commands  # changes only on the careful way, as does the next
        propagating = server.effects.wanted
        effects = server.effects.pending
        written: list[list[bytes]] = []  # writes to pass on as they came
        stop = False
        command = None
        rest = iter(commands)
        for argv in rest:
            command = fast.get(argv[0])
            words = len(argv)
            if command is not None and command.fewest <= words <= command.most:
                handler = command.handler
                try:
                    if words == 2:  # a plain call is faster than one that unpacks a list
                        value = handler(self, argv[1])
                    elif words == 3:
                        value = handler(self, argv[1], argv[2])
                    else:
                        value = handler(self, *argv[1:])
                except Exception as error:
                    value = server.failure(command, argv, error)
                command.calls += 1
                if propagating:
                    if keyspace.dirty != dirty:
                        dirty = keyspace.dirty
                        written.append(argv)
                        if effects:  # there is more to say about this one
                            server.effects.written_last(self, written)
                    elif effects:  # it has found an expired key
                        server.effects.found_expired(self, written)
            else:
                if written:
                    server.propagate(self.db.index, written)
                    written = []
                value = self._run_carefully(argv)
                command = None
                dirty = keyspace.dirty
                fast = NO_COMMANDS if self.gate else server.fast_commands
                propagating = server.effects.wanted
                stop = self.blocked or self.closing
            kind = type(value)
            if kind is bytes and len(value) < 10_000:
                reply(BULK_HEADERS[len(value)] + value + CRLF)
            elif value == "OK":
                reply(OK)
            elif kind is int:
                reply(INTEGERS[value] if 0 <= value < 10_000 else b":%d\r\n" % value)
            elif value is not NO_REPLY:
                reply(encode(value, self.protocol))
            if stop:
                self.pending.extend(rest)
        if written:  # a read of nothing but writes is to others what it was to us
            verbatim = len(written) == len(commands) and self.parser.verbatim
            server.propagate(self.db.index, written, data if verbatim else b"")
        server.end_batch(self, commands, command, len(data), started_ns)
        if self.out:
            server.deliver(self)  # closes too, if the batch ended the connection

    def _run_carefully(self, argv: list[bytes]):
        """`Server.call`, and CLIENT REPLY OFF or SKIP, under which only pushes reach the client."""
        value = self.server.call(self, argv)
        return NO_REPLY if self.blocked or self._silenced() else value

    def answer(self, value: object) -> None:
        """Send the reply to a command that had to wait for it."""
        if not self._silenced():
            self.send(encode(value, self.protocol))

    def _silenced(self) -> bool:
        """Must the reply that is due now stay unsent?"""
        if self.skip_replies:
            self.skip_replies -= 1
            self.set_gate()
            return True
        return self.silent

    def resume(self) -> None:
        """Go on with what came in the meantime; called when the client is no longer blocked."""
        if self.pending and not self.blocked and not self.closing:
            commands, self.pending, self.pending_bytes = list(self.pending), deque(), 0
            self.run(commands)
        if self.parser.error and not self.pending and not self.blocked:
            self.data_received(b"")

    # Bytes out

    def send(self, data: bytes) -> None:
        """Append to what the client will get, in order with its replies; written at the end of the batch or turn."""
        self.out.append(data)
        self.last_used_at = self.server.keyspace.now
        self.server.flush_soon(self)

    def push(self, message: list) -> None:
        """Send a message that answers no request (Pub/Sub, invalidation)."""
        self.send(encode(Push(message), self.protocol))

    def flush(self) -> None:
        """Hand all replies to the transport in one write; the last ones close the connection behind them."""
        out = self.out
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if (self.congested or len(data) > BIG_BYTES) and self.server.cut_off_if_over_limit(self, len(data)):
            return
        statistics = self.server.statistics
        statistics.writes += 1
        statistics.output_bytes += len(data)
        transport.write(data)
        if self.closing:
            transport.close()

    def pause_writing(self) -> None:
        self.congested = True
        self.server.cut_off_if_over_limit(self)

    def resume_writing(self) -> None:
        self.congested = False
        self.soft_limit_since = 0

    # The end

    def close(self, at_once: bool = False) -> None:
        """End the connection: after what it is owed has been written, or at once, dropping that."""
        self.closing = True
        if at_once and self.transport is not None:
            self.out.clear()
            self.transport.abort()
            self._leave()
        else:
            self.server.flush_soon(self)

    def connection_lost(self, error) -> None:
        self.closing = True
        self._leave()

    def _leave(self) -> None:
        if not self.gone:
            self.gone = True
            self.server.disconnected(self)

    # Facts

    def set_gate(self) -> None:
        """Close the fast way while some state of this client needs the careful one; call it when that state changes."""
        careful = (
            not self.authenticated
            or self.queue is not None
            or self.silent
            or self.skip_replies
            or (self.protocol == 2 and self.subscriptions)
        )
        self.gate = bool(careful)

    @property
    def subscriptions(self) -> int:
        """How many channels, patterns and shard channels the client listens to."""
        return self.channels_and_patterns + len(self.shard_channels)

    @property
    def channels_and_patterns(self) -> int:
        """What SUBSCRIBE and PSUBSCRIBE count together."""
        return len(self.channels) + len(self.patterns)
