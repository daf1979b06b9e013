"""Commands about whole databases (MOVE between them, SWAPDB, DBSIZE, FLUSHDB, FLUSHALL), and WAIT.
Source: Redis 7.0's db.c, and replication.c for WAIT.
"""

from stage1_single_node.blocking import Blocked, block
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer, small_integer
from stage1_single_node.commands.keys import database_at
from stage1_single_node.errors import NEGATIVE_TIMEOUT, SAME_OBJECT, SYNTAX, ReplyError


@command("MOVE", arity=3, flags="write fast", keys=(1, 1, 1))
def move(client, key, index):
    source, target = client.db, database_at(client, small_integer(index))
    if source is target:
        raise ReplyError(SAME_OBJECT)
    value = source.write(key)
    if value is None or target.write(key) is not None:
        return 0
    until = source.expires.get(key)
    source.delete(key)
    target.add(key, value)
    target.set_deadline(key, until)
    source.changed(key, "g", "move_from")
    target.changed(key, "g", "move_to", 0)
    return 1


@command("SWAPDB", arity=3, flags="write fast")
def swapdb(client, first, second):
    one = small_integer(first, "ERR invalid first DB index")
    other = small_integer(second, "ERR invalid second DB index")
    client.server.keyspace.swap(database_at(client, one).index, database_at(client, other).index)
    return "OK"


@command("DBSIZE", arity=1, flags="readonly fast")
def dbsize(client):
    return len(client.db)


@command("FLUSHDB", arity=-1, flags="write")
def flushdb(client, *mode):
    _flush(client, mode, [client.db])
    client.server.effects.instead(client, [b"FLUSHDB", *mode])
    return "OK"


@command("FLUSHALL", arity=-1, flags="write")
def flushall(client, *mode):
    _flush(client, mode, client.server.keyspace.databases)
    client.server.effects.instead(client, [b"FLUSHALL", *mode])  # even of nothing: a replica may have something
    return "OK"


def _flush(client, mode, databases):
    words = {b"SYNC": False, b"ASYNC": True}
    if len(mode) > 1 or (mode and mode[0].upper() not in words):
        raise ReplyError(SYNTAX)
    lazily = words[mode[0].upper()] if mode else client.server.config.lazyfree_lazy_user_flush
    for database in databases:
        remains = (database.data, database.expires, database.accessed)
        client.server.scans.forget(database.data)
        database.flush()
        if lazily:
            client.server.lazy_free.free(*remains)


@command("WAIT", arity=3, flags="noscript")
def wait(client, replicas, timeout):
    """Wait until so many replicas have the client's writes; how many have. A lone server waits in vain."""
    wanted = integer(replicas)
    milliseconds = integer(timeout, "ERR timeout is not an integer or out of range")
    if milliseconds < 0:
        raise ReplyError(NEGATIVE_TIMEOUT)
    if wanted <= 0 or client.executing:
        return 0
    return block(client, Blocked([], None, None, timed_out=0), milliseconds / 1000)
