"""Blocking commands: a client waits until a key that it named exists, or its time is up.

1. A handler calls `wait`, which looks at each key once, in order. If none is there, the client is registered under all
   of them, and the connection runs no further command: what it sends meanwhile waits in `Client.pending`.
2. A command that creates such a key puts it on `Keyspace.ready`; after that command (after EXEC for a transaction)
   `serve` tries the clients of each ready key in the order in which they came, so that the longest waiting is first.
   Serving one may create a key that others wait for (BLMOVE): they are served after all that was ready before.
3. What was served goes to files and replicas as what it did: BLPOP as LPOP.
Where it is weak: a value that replaces another (SORT … STORE over a string) makes no key ready, in Redis as well.
Source: Redis 7.0's blocked.c (handleClientsBlockedOnKeys).
"""

import asyncio
import math
from collections.abc import Callable

from stage1_single_node.command import WRITE
from stage1_single_node.errors import BAD_TIMEOUT, NEGATIVE_TIMEOUT, ReplyError
from stage1_single_node.resp import NO_REPLY, NULL_ARRAY
from stage1_single_node.structures.numbers import parse_long_double

MAX_TIMEOUT_MS = 2**63 - 1
LONGEST_TIMER_SECONDS = 1e8  # a timer of three years ends no sooner than one of three centuries, and fits every loop
CLOCK_GRAIN_SECONDS = 0.001  # uvloop counts from the beginning of its turn, in milliseconds: without this, too early


class Blocked:
    """What a blocked client waits for. Ended by one of `serve`, `time_out`, `unblock`, `forget`."""

    def __init__(self, keys: list[bytes], kind: type | None, attempt: Callable | None, timed_out: object):
        self.keys = keys
        self.kind = kind  # the class of values that it can use; a key that holds something else does not serve it
        self.attempt = attempt
        self.timed_out = timed_out  # the reply when the time is up
        self.timer: asyncio.TimerHandle | None = None


def parse_timeout(text: bytes) -> float:
    """Seconds to wait, in whole milliseconds, 0 for ever; raises the errors of getTimeoutFromObjectOrReply."""
    try:
        seconds = parse_long_double(text)
    except ValueError:
        raise ReplyError(BAD_TIMEOUT) from None
    milliseconds = -1 if isinstance(seconds, float) else math.ceil(seconds * 1000)  # a float: an infinity
    if not 0 <= milliseconds <= MAX_TIMEOUT_MS:
        raise ReplyError(NEGATIVE_TIMEOUT)  # too many as well: they overflow in Redis 7.0
    return milliseconds / 1000


def wait(client, kind: type, keys: list[bytes], seconds: float, attempt: Callable, denied: object = NULL_ARRAY):
    """The reply of `attempt(key, value)` for the first key that exists; else block.

    `attempt` is run now or when a value of class `kind` comes; None from it means that the value has nothing for this
    client. `denied` is the reply in a transaction, where nobody may wait. Raises WRONGTYPE if a key holds another kind
    now; what others put there later is only ignored.
    """
    for key in keys:
        value = client.db.write(key, kind)
        reply = attempt(key, value) if value is not None else None
        if reply is not None:
            return reply
    if client.executing:
        return denied
    return block(client, Blocked(keys, kind, attempt, NULL_ARRAY), seconds)


def block(client, blocked: Blocked, seconds: float) -> object:
    """The client waits from now on, at most so many seconds (0: for ever)."""
    client.blocked = blocked
    for key in blocked.keys:
        client.db.waiting.setdefault(key, {})[client] = None
    if seconds:
        seconds = min(seconds, LONGEST_TIMER_SECONDS) + CLOCK_GRAIN_SECONDS
        blocked.timer = asyncio.get_running_loop().call_later(seconds, time_out, client)
    client.server.set_gate("blocked", WRITE)
    return NO_REPLY


def serve(server) -> None:
    """Give the keys that have come into being to the clients that wait for them, first come first served."""
    ready, server.keyspace.ready = server.keyspace.ready, []
    for database, key in ready:
        for client in list(database.waiting.get(key, ())):
            value = database.peek(key)
            if value is None:
                break
            if type(value) is client.blocked.kind and not client.closing:
                _try(server, client, key, value)


def _try(server, client, key: bytes, value: object) -> None:
    """One waiting client's attempt, run and propagated like a command of its own."""
    dirty = server.keyspace.dirty
    try:
        reply = client.blocked.attempt(key, value)
    except ReplyError as error:
        reply = error
    if reply is None:
        return
    if server.effects.wanted and (server.keyspace.dirty != dirty or server.effects):
        server.effects.written(client, [], False)
    unblock(client, reply)


def unblock(client, reply: object) -> None:
    """End the wait with this reply; what the client sent meanwhile is run in the next turn of the loop."""
    forget(client)
    if isinstance(reply, ReplyError):
        client.server.statistics.count_error(str(reply))
    client.answer(reply)
    asyncio.get_running_loop().call_soon(client.resume)


def time_out(client) -> None:
    """The time is up (or CLIENT UNBLOCK says so): the client gets the reply for that."""
    unblock(client, client.blocked.timed_out)


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
