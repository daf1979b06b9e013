"""Transactions: MULTI queues commands, EXEC runs the queue with nobody in between, WATCH lets it run only if nothing
that was watched has changed.

1. After MULTI a command is checked as ever (does it exist, may it run?) and then queued. One that fails the check
   spoils the transaction, and EXEC refuses it whole.
2. EXEC runs the queue in one go. One thread serves all clients, so nobody sees the middle of it, nobody comes between.
   A command that fails has its error among the replies, and those behind it run all the same: nothing is rolled back.
3. WATCH is optimistic locking: whoever changes a watched key, even the watcher, makes the next EXEC answer null. A key
   counts as changed when it expires, but not when a key that had expired already is removed at last.
Files and replicas get the writes of one EXEC between MULTI and EXEC of their own (`Effects.flush`).
Source: Redis 7.0's multi.c; https://redis.io/docs/manual/transactions/
"""

from stage1_single_node.command import Command, command
from stage1_single_node.errors import EXEC_ABORT, ReplyError
from stage1_single_node.resp import NO_REPLY, NULL_ARRAY, encode

UNQUEUED = frozenset(("exec", "discard", "multi", "watch", "quit", "reset"))  # run at once, even after MULTI
CONNECTION = "noscript loading stale fast allow_busy"  # flags of what changes the connection and no data


@command("MULTI", arity=1, flags=CONNECTION)
def multi(client):
    if client.queue is not None:
        raise ReplyError("ERR MULTI calls can not be nested")
    client.queue = []
    client.set_gate()
    return "OK"


@command("DISCARD", arity=1, flags=CONNECTION)
def discard_(client):
    if client.queue is None:
        raise ReplyError("ERR DISCARD without MULTI")
    discard(client)
    return "OK"


@command("WATCH", arity=-2, flags=CONNECTION, keys=(1, -1, 1))
def watch(client, *keys):
    if client.queue is not None:
        raise ReplyError("ERR WATCH inside MULTI is not allowed")
    if client.watch_broken:
        return "OK"  # EXEC will refuse in any case
    for key in keys:
        watchers = client.db.watchers.setdefault(key, {})
        if client not in watchers:
            watchers[client] = client.db.has_expired(key)
            client.watching.append((client.db, key))
    return "OK"


@command("UNWATCH", arity=1, flags=CONNECTION)
def unwatch_(client):
    unwatch(client)
    return "OK"


@command("EXEC", arity=1, flags="noscript loading stale skip_slowlog")
def exec_(client):
    if client.queue is None:
        raise ReplyError("ERR EXEC without MULTI")
    if client.queue_broken:
        discard(client)
        raise ReplyError(EXEC_ABORT)
    if client.watch_broken or _watched_key_expired(client):
        discard(client)
        return NULL_ARRAY
    unwatch(client)  # before the queue runs: its own writes must not look like somebody's interference
    client.executing = True
    _answer(client, b"*%d\r\n" % len(client.queue))
    for queued, argv in client.queue:
        value = client.server.execute(client, queued, argv)
        if value is not NO_REPLY:
            _answer(client, encode(value, client.protocol))
    client.executing = False
    discard(client)
    client.server.effects.instead(client)  # others get the queued writes, not the word EXEC
    return NO_REPLY


def _answer(client, data: bytes) -> None:
    """One element of EXEC's reply. They are written one by one because a command among them may push messages to this
    very client, switch it to RESP3 or silence it, and each of these takes effect in the middle of the reply."""
    if not client.silent:
        client.out.append(data)


def _watched_key_expired(client) -> bool:
    """Has a deadline passed since WATCH, and nobody has come by to remove the key?"""
    return any(database.has_expired(key) and not database.watchers[key][client] for database, key in client.watching)


def discard(client) -> None:
    """The transaction is over, one way or the other, and so are the watches."""
    client.queue = None
    client.queue_broken = False
    unwatch(client)
    client.set_gate()


def unwatch(client) -> None:
    """Forget all watched keys, and whether any of them has changed."""
    for database, key in client.watching:
        watchers = database.watchers[key]
        del watchers[client]
        if not watchers:
            del database.watchers[key]
    client.watching.clear()
    client.watch_broken = False


def queues(client, command: Command) -> bool:
    """Will the command be queued instead of run?"""
    return client.queue is not None and not client.executing and command.name not in UNQUEUED


def enqueue(client, command: Command, argv: list[bytes]) -> str:
    """Keep the command for EXEC; what will never run need not be kept."""
    if not client.queue_broken and not client.watch_broken:
        client.queue.append((command, argv))
    return "QUEUED"


def guard_queue(client) -> None:
    """Ask `guard` again about each queued command, at EXEC: the memory may have filled up in the meantime, or the role
    of the server may have changed. Raises ReplyError, as guard does."""
    client.executing = True
    try:
        for queued, argv in client.queue or ():
            client.server.guard(client, queued, argv)
    finally:
        client.executing = False


def refused(client, command: Command | None, error: ReplyError) -> ReplyError:
    """The reply to a command that may not even be queued. It spoils a transaction; a refused EXEC ends it."""
    if client.queue is not None:
        client.queue_broken = True
    if command is None or command.name != "exec":
        return error
    discard(client)
    return ReplyError(f"EXECABORT Transaction discarded because of: {str(error).removeprefix('ERR ')}")
