"""SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, and FLUSHALL, which empties the snapshot too.

Source: Redis 7.0's rdb.c, aof.c, db.c; https://redis.io/commands/?group=server
"""

from stage1_single_node.command import command
from stage1_single_node.commands import databases
from stage1_single_node.errors import SYNTAX, ReplyError
from stage2_persistence.aof import CannotPersist
from stage2_persistence.errors import CANNOT_REWRITE, CHILD_RUNS, REWRITE_IN_PROGRESS, SAVE_IN_PROGRESS

FAILED = "ERR"  # all that Redis says; the log says more


@command("SAVE", arity=1, flags="admin noscript no_async_loading no_multi")
def save(client):
    server = client.server
    if server.background.kind == "rdb":
        raise ReplyError(SAVE_IN_PROGRESS)
    server.snapshots.saves += 1
    try:
        server.snapshots.save()
    except OSError:
        raise ReplyError(FAILED) from None
    return "OK"


@command("BGSAVE", arity=-1, flags="admin noscript no_async_loading")
def bgsave(client, *words):
    server = client.server
    if words and (len(words) > 1 or words[0].upper() != b"SCHEDULE"):
        raise ReplyError(SYNTAX)
    if server.background.kind == "rdb":
        raise ReplyError(SAVE_IN_PROGRESS)
    if server.background.child or client.executing:
        if not words and not client.executing:
            raise ReplyError(CHILD_RUNS)
        server.snapshots.scheduled = True
        return "Background saving scheduled"
    try:
        server.snapshots.save_in_background()
    except OSError:
        raise ReplyError(FAILED) from None
    return "Background saving started"


@command("LASTSAVE", arity=1, flags="loading stale fast")
def lastsave(client):
    return client.server.snapshots.saved_ms // 1000


@command("BGREWRITEAOF", arity=1, flags="admin noscript no_async_loading")
def bgrewriteaof(client):
    server = client.server
    if server.background.kind == "aof":
        raise ReplyError(REWRITE_IN_PROGRESS)
    if server.background.child or client.executing:
        server.rewriter.scheduled = True
        server.rewriter.failures = 0  # who asks by hand does not want to wait
        return "Background append only file rewriting scheduled"
    try:
        server.rewriter.start()
    except OSError:
        raise ReplyError(CANNOT_REWRITE) from None
    except CannotPersist as error:
        server.give_up(error)
    return "Background append only file rewriting started"


@command("FLUSHALL", arity=-1, flags="write")
def flushall(client, *mode):
    """With save points, the snapshot becomes an empty one at once: a restart must not bring the data back."""
    reply = databases.flushall(client, *mode)
    server = client.server
    server.background.kill("rdb")
    if server.config.save and not server.loading.active:
        dirty = server.keyspace.dirty
        try:
            server.snapshots.save()
        except OSError:
            pass  # the log has it
        server.snapshots.clean_at = dirty - 1  # FLUSHALL itself stays a change
    return reply
