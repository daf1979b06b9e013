"""Commands about a key's time to live. However it is given, it is kept, and told to files and replicas, as a deadline
in unix milliseconds: a relative time would begin anew wherever it is read. Source: Redis 7.0's expire.c.
"""

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.errors import ReplyError, invalid_expire, printable
from stage1_single_node.structures.numbers import MAX_INTEGER, MIN_INTEGER

CONDITIONS = {b"NX", b"XX", b"GT", b"LT"}


@command("EXPIRE", arity=-3, flags="write fast", keys=(1, 1, 1))
def expire(client, key, seconds, *conditions):
    return _expire(client, key, seconds, 1000, client.server.keyspace.now, conditions, "expire")


@command("PEXPIRE", arity=-3, flags="write fast", keys=(1, 1, 1))
def pexpire(client, key, milliseconds, *conditions):
    return _expire(client, key, milliseconds, 1, client.server.keyspace.now, conditions, "pexpire")


@command("EXPIREAT", arity=-3, flags="write fast", keys=(1, 1, 1))
def expireat(client, key, unix_seconds, *conditions):
    return _expire(client, key, unix_seconds, 1000, 0, conditions, "expireat")


@command("PEXPIREAT", arity=-3, flags="write fast", keys=(1, 1, 1))
def pexpireat(client, key, unix_ms, *conditions):
    return _expire(client, key, unix_ms, 1, 0, conditions, "pexpireat")


def _expire(client, key, amount, unit_ms, base_ms, conditions, name):
    """Set a deadline `amount` units after `base_ms`, if the conditions allow it: 1, or 0 if they don't or no key."""
    wanted = _parse_conditions(conditions)
    until = integer(amount) * unit_ms
    if not MIN_INTEGER <= until <= MAX_INTEGER - base_ms:
        raise ReplyError(invalid_expire(name))
    until += base_ms
    database, server = client.db, client.server
    if database.write(key) is None or not _allowed(wanted, database.expires.get(key), until):
        return 0
    if until <= database.keyspace.now and database.keyspace.may_expire:
        value = database.data[key]
        database.delete(key)
        database.changed(key, "g", "del")
        lazily = server.config.lazyfree_lazy_expire
        server.effects.instead(client, [server.effects.deletion(lazily), key])
        if lazily:
            server.lazy_free.free(value)
    else:
        database.set_deadline(key, until)
        database.changed(key, "g", "expire")
        server.effects.instead(client, [b"PEXPIREAT", key, b"%d" % until, *conditions])
    return 1


def _parse_conditions(words) -> set[bytes]:
    wanted = {word.upper() for word in words}
    for word in words:
        if word.upper() not in CONDITIONS:
            raise ReplyError(f"ERR Unsupported option {printable(word)}")
    if b"NX" in wanted and len(wanted) > 1:
        raise ReplyError("ERR NX and XX, GT or LT options at the same time are not compatible")
    if {b"GT", b"LT"} <= wanted:
        raise ReplyError("ERR GT and LT options at the same time are not compatible")
    return wanted


def _allowed(wanted: set[bytes], current: int | None, until: int) -> bool:
    """May the deadline `current` become `until`? No deadline counts as one that is infinitely far."""
    if b"NX" in wanted and current is not None:
        return False
    if b"XX" in wanted and current is None:
        return False
    if b"GT" in wanted and (current is None or until <= current):
        return False
    return b"LT" not in wanted or current is None or until < current


@command("TTL", arity=2, flags="readonly fast", keys=(1, 1, 1))
def ttl(client, key):
    return _deadline(client, key, client.server.keyspace.now, 1000)


@command("PTTL", arity=2, flags="readonly fast", keys=(1, 1, 1))
def pttl(client, key):
    return _deadline(client, key, client.server.keyspace.now, 1)


@command("EXPIRETIME", arity=2, flags="readonly fast", keys=(1, 1, 1))
def expiretime(client, key):
    return _deadline(client, key, 0, 1000)


@command("PEXPIRETIME", arity=2, flags="readonly fast", keys=(1, 1, 1))
def pexpiretime(client, key):
    return _deadline(client, key, 0, 1)


def _deadline(client, key, base_ms, unit_ms):
    """The deadline in units after `base_ms`, rounded; -1 for a key without one, -2 for no key."""
    database = client.db
    if database.look(key) is None:
        return -2
    until = database.expires.get(key)
    if until is None:
        return -1
    return (max(until - base_ms, 0) + unit_ms // 2) // unit_ms


@command("PERSIST", arity=2, flags="write fast", keys=(1, 1, 1))
def persist(client, key):
    database = client.db
    if database.write(key) is None or key not in database.expires:
        return 0
    database.set_deadline(key, None)
    database.changed(key, "g", "persist")
    return 1
