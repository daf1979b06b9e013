"""Blocking commands: a client waits until a key that it named exists, or its time is up.

1. A handler calls `wait`, which tries each key once, in order. If none has anything, the client is registered under
   all of them, and the connection runs no further command: what it sends meanwhile waits in `Client.pending`.
2. A command that creates such a key puts it on `Keyspace.ready`; after that command (after EXEC for a transaction)
   `serve` tries the clients of each ready key in the order in which they came, so that the longest waiting is first.
3. What was served goes to files and replicas as what it did: BLPOP as LPOP.
An attempt is the handler's own: `attempt(key) -> reply`, or None when the key has nothing for it.
Source: Redis 7.0's blocked.c (handleClientsBlockedOnKeys).
"""

import asyncio
from collections.abc import Callable

from stage1_single_node.command import WRITE
from stage1_single_node.errors import BAD_TIMEOUT, NEGATIVE_TIMEOUT, ReplyError
from stage1_single_node.resp import NO_REPLY, encode
from stage1_single_node.structures.numbers import parse_float


class Blocked:
    """What a blocked client waits for. Ended by one of `serve`, `time_out`, `unblock`, `forget`."""

    def __init__(self, keys: list[bytes], attempt: Callable, timed_out: object):
        self.keys = keys
        self.attempt = attempt
        self.timed_out = timed_out  # the reply when the time is up
        self.timer: asyncio.TimerHandle | None = None


def parse_timeout(text: bytes) -> float:
    """Seconds to wait, 0 for ever; raises the errors of getTimeoutFromObjectOrReply."""
    try:
        seconds = parse_float(text)
    except ValueError:
        raise ReplyError(BAD_TIMEOUT) from None
    if seconds < 0:
        raise ReplyError(NEGATIVE_TIMEOUT)
    if seconds > 2**63 / 1000:
        raise ReplyError("ERR timeout is out of range")
    return seconds


def wait(client, keys: list[bytes], seconds: float, attempt: Callable, timed_out: object):
    """The reply of the first key that has something for `attempt`; else block (in a transaction: give up at once)."""
    for key in keys:
        reply = attempt(key)
        if reply is not None:
            return reply
    if client.executing:
        return timed_out
    client.blocked = Blocked(keys, attempt, timed_out)
    for key in keys:
        client.db.waiting.setdefault(key, {})[client] = None
    if seconds:
        client.blocked.timer = asyncio.get_running_loop().call_later(seconds, time_out, client)
    client.server.set_gate("blocked", WRITE)
    return NO_REPLY


def serve(server) -> None:
    """Give the keys that have come into being to the clients that wait for them, first come first served."""
    ready, server.keyspace.ready = server.keyspace.ready, []
    for database, key in ready:
        for client in list(database.waiting.get(key, ())):
            if database.data.get(key) is None:
                break
            if client.blocked:
                _try(server, client, key)


def _try(server, client, key: bytes) -> None:
    """One waiting client's attempt, run and propagated like a command of its own."""
    blocked = client.blocked
    dirty = server.keyspace.dirty
    try:
        reply = blocked.attempt(key)
    except ReplyError as error:
        reply = error
    if reply is None:
        return
    end(client)
    if server.propagating and (server.keyspace.dirty != dirty or server.effects):
        server.written(client, [], False)
    client.send(encode(reply, client.protocol))


def end(client) -> None:
    """The client waits no longer; what it sent meanwhile is run in the next turn of the loop."""
    forget(client)
    asyncio.get_running_loop().call_soon(client.resume)


def forget(client) -> None:
    """Take the client out of all queues (it was served, has timed out, or has gone)."""
    blocked, client.blocked = client.blocked, None
    if blocked is None:
        return
    if blocked.timer:
        blocked.timer.cancel()
    waiting = client.db.waiting
    for key in blocked.keys:
        clients = waiting.get(key)
        if clients is not None:
            clients.pop(client, None)
            if not clients:
                del waiting[key]
    if not any(database.waiting for database in client.server.keyspace.databases):
        client.server.set_gate("blocked", 0)


def time_out(client) -> None:
    """The time is up: the client gets the reply for that."""
    unblock(client, client.blocked.timed_out)


def unblock(client, reply: object) -> None:
    """End the wait with this reply (CLIENT UNBLOCK, a time-out, a role change)."""
    end(client)
    client.send(encode(reply, client.protocol))
