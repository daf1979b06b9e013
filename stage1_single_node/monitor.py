"""MONITOR: a client that is shown every command that the server runs, as a line of text.

    1339518083.107412 [0 127.0.0.1:60866] "SET" "key" "value"

While somebody watches, every command takes the careful way (the gate is closed), so watching halves the throughput;
nobody watching costs nothing. Administrators' commands are not shown, nor passwords.
Source: replicationFeedMonitors in Redis 7.0's replication.c; https://redis.io/commands/monitor/
"""

import asyncio

from stage1_single_node.client import Client
from stage1_single_node.command import ANY, FLAGS, Command
from stage1_single_node.directive_kinds import ESCAPES
from stage1_single_node.errors import ReplyError
from stage1_single_node.redaction import without_secrets

HIDDEN = FLAGS["admin"] | FLAGS["skip_monitor"]
DATA = FLAGS["write"] | FLAGS["readonly"] | FLAGS["may_replicate"]
PRINTABLE = {byte: f"\\x{byte:02x}" for byte in (*range(32), *range(127, 256))} | ESCAPES


def watch(client: Client) -> None:
    """The client is a monitor from now on."""
    client.server.monitors.add(client)
    client.server.set_gate("monitor", ANY)


def unwatch(client: Client) -> None:
    """The client is no monitor any more."""
    server = client.server
    server.monitors.discard(client)
    if not server.monitors:
        server.set_gate("monitor", 0)


def guard(client: Client, command: Command) -> None:
    """To Redis a monitor is a kind of replica: it hears of the data and does not touch it. Raises ReplyError."""
    if client in client.server.monitors and command.flags & DATA:
        raise ReplyError("ERR Replica can't interact with the keyspace")


def feed(client: Client, command: Command, argv: list[bytes]) -> None:
    """The client has run a command: show it to those who watch."""
    if command.flags & HIDDEN:
        return
    server = client.server
    now_us = server.clock.unix_us()
    who = f"unix:{server.config.unixsocket}" if client.over_unix_socket else client.address
    words = " ".join([quoted(word) for word in without_secrets(command, argv)])
    line = f"+{now_us // 1_000_000}.{now_us % 1_000_000:06d} [{client.db.index} {who}] {words}\r\n".encode()
    for monitor in server.monitors:
        if monitor is client:  # its own reply, which may be an array that is only half written, comes first
            asyncio.get_running_loop().call_soon(monitor.send, line)
        else:
            monitor.send(line)


def quoted(word: bytes) -> str:
    """A word in double quotes, with escapes for what a terminal could not show."""
    return f'"{word.decode("latin-1").translate(PRINTABLE)}"'
