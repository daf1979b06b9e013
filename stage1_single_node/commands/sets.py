"""Set commands. Source: Redis 7.0's t_set.c; https://redis.io/commands/?group=set"""

from stage1_single_node import resp
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer_from
from stage1_single_node.commands.drawing import draw_many, parse_count
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.scanning import NOTHING, parse_cursor, scan_collection
from stage1_single_node.structures.set import Set


def settle(client, value: Set) -> None:
    """The set's encoding, after members came in."""
    if value.encoding == "intset":
        value.settle(client.server.config.set_max_intset_entries)


@command("SADD", arity=-3, flags="write denyoom fast", keys=(1, 1, 1))
def sadd(client, key, *members):
    database = client.db
    value = database.obtain(key, Set)
    added = 0
    for member in members:
        added += value.add(member)
    if added:
        settle(client, value)
        database.changed(key, "s", "sadd", added)
    return added


@command("SREM", arity=-3, flags="write fast", keys=(1, 1, 1))
def srem(client, key, *members):
    database = client.db
    value = database.write(key, Set)
    if value is None:
        return 0
    removed = 0
    for member in members:
        removed += value.remove(member)
    if removed:
        database.changed(key, "s", "srem", removed)
        database.delete_if_empty(key, value)
    return removed


@command("SMOVE", arity=4, flags="write fast", keys=(1, 2, 1))
def smove(client, source, destination, member):
    database = client.db
    giver = database.write(source, Set)
    if giver is None:
        return 0
    taker = database.write(destination, Set)
    if giver is taker:
        return int(member in giver)
    if not giver.remove(member):
        return 0
    database.changed(source, "s", "srem")
    database.delete_if_empty(source, giver)
    if taker is None:
        taker = database.obtain(destination, Set)
    if taker.add(member):
        settle(client, taker)
        database.changed(destination, "s", "sadd")
    return 1


@command("SISMEMBER", arity=3, flags="readonly fast", keys=(1, 1, 1))
def sismember(client, key, member):
    return int(member in (client.db.read(key, Set) or ()))


@command("SMISMEMBER", arity=-3, flags="readonly fast", keys=(1, 1, 1))
def smismember(client, key, *members):
    value = client.db.read(key, Set) or ()
    return [int(member in value) for member in members]


@command("SCARD", arity=2, flags="readonly fast", keys=(1, 1, 1))
def scard(client, key):
    return len(client.db.read(key, Set) or ())


@command("SMEMBERS", arity=2, flags="readonly", keys=(1, 1, 1))
def smembers(client, key):
    return resp.Set(client.db.read(key, Set) or ())


@command("SSCAN", arity=-3, flags="readonly", keys=(1, 1, 1))
def sscan(client, key, cursor, *options):
    start = parse_cursor(cursor)
    value = client.db.read(key, Set)
    if value is None:
        return NOTHING
    return list(scan_collection(client, value, lambda: value, start, options, value.encoding == "intset"))


# Random members


@command("SPOP", arity=-2, flags="write fast", keys=(1, 1, 1))
def spop(client, key, *options):
    if options:
        return _spop_many(client, key, options)
    database = client.db
    value = database.write(key, Set)
    if value is None:
        return None
    member = value.pop(database.keyspace.random)
    client.server.effects.instead(client, [b"SREM", key, member])
    database.changed(key, "s", "spop")
    if not value:
        database.delete_if_empty(key, value)
    return member


def _spop_many(client, key, options):
    if len(options) > 1:
        raise ReplyError(SYNTAX)
    count = integer_from(0, options[0])
    database = client.db
    value = database.write(key, Set)
    if value is None or not count:
        return resp.Set()
    if count >= len(value):
        members = list(value)
        database.changed(key, "s", "spop", len(members))
        database.delete(key)
        database.changed(key, "g", "del", 0)
        client.server.effects.instead(client, [b"DEL", key])
        return resp.Set(members)
    members = value.sample(database.keyspace.random, count)
    for member in members:
        value.remove(member)
    client.server.effects.instead(client, *([b"SREM", key, member] for member in members))
    database.changed(key, "s", "spop", count)
    return resp.Set(members)


@command("SRANDMEMBER", arity=-2, flags="readonly", keys=(1, 1, 1))
def srandmember(client, key, *options):
    if len(options) > 1:
        raise ReplyError(SYNTAX)
    if not options:
        value = client.db.read(key, Set)
        return None if value is None else value.draw(client.server.keyspace.random)
    count = parse_count(options[0])
    value = client.db.read(key, Set)
    return [] if value is None else draw_many(client, value, count)
