"""Hash commands. Source: Redis 7.0's t_hash.c; https://redis.io/commands/?group=hash"""

from fractions import Fraction

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.drawing import draw_many, parse_options
from stage1_single_node.errors import NAN_OR_INFINITY, NOT_A_FLOAT, OVERFLOW, ReplyError, wrong_arity
from stage1_single_node.resp import Pairs
from stage1_single_node.scanning import NOTHING, parse_cursor, scan_collection
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.numbers import (
    MAX_INTEGER,
    MIN_INTEGER,
    add_long_doubles,
    format_human,
    parse_long_double,
)


def settle(client, fields: Hash, words: tuple[bytes, ...]) -> None:
    """The hash's encoding, after `words` (fields and values) came in."""
    if fields.encoding == "listpack":
        config = client.server.config
        fields.settle(words, config.hash_max_listpack_entries, config.hash_max_listpack_value)


@command("HSET", arity=-4, flags="write denyoom fast", keys=(1, 1, 1))
def hset(client, key, *words):
    return _set_fields(client, key, words, "hset")


@command("HMSET", arity=-4, flags="write denyoom fast", keys=(1, 1, 1))
def hmset(client, key, *words):
    _set_fields(client, key, words, "hmset")
    return "OK"


def _set_fields(client, key, words, name):
    """Set fields to values, in turns in `words`; how many are new."""
    if len(words) % 2:
        raise ReplyError(wrong_arity(name))
    database = client.db
    fields = database.obtain(key, Hash)
    before = len(fields)
    if len(words) == 2:
        fields[words[0]] = words[1]
    else:
        fields.update(zip(words[::2], words[1::2], strict=True))
    settle(client, fields, words)
    database.changed(key, "h", "hset", len(words) // 2)
    return len(fields) - before


@command("HSETNX", arity=4, flags="write denyoom fast", keys=(1, 1, 1))
def hsetnx(client, key, field, value):
    fields = client.db.obtain(key, Hash)
    if field in fields:
        return 0
    fields[field] = value
    settle(client, fields, (field, value))
    client.db.changed(key, "h", "hset")
    return 1


@command("HINCRBY", arity=4, flags="write denyoom fast", keys=(1, 1, 1))
def hincrby(client, key, field, increment):
    amount = integer(increment)
    fields = client.db.obtain(key, Hash)
    old = fields.get(field)
    number = amount if old is None else integer(old, "ERR hash value is not an integer") + amount
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise ReplyError(OVERFLOW)
    value = fields[field] = b"%d" % number
    settle(client, fields, (field, value))
    client.db.changed(key, "h", "hincrby")
    return number


@command("HINCRBYFLOAT", arity=4, flags="write denyoom fast", keys=(1, 1, 1))
def hincrbyfloat(client, key, field, increment):
    amount = _long_double(increment, NOT_A_FLOAT)
    if not isinstance(amount, Fraction):
        raise ReplyError("ERR value is NaN or Infinity")
    fields = client.db.obtain(key, Hash)
    old = _long_double(fields.get(field, b"0"), "ERR hash value is not a float")
    try:
        value = format_human(add_long_doubles(old, amount))
    except (ValueError, OverflowError):
        raise ReplyError(NAN_OR_INFINITY) from None
    fields[field] = value
    settle(client, fields, (field, value))
    client.db.changed(key, "h", "hincrbyfloat")
    client.server.effects.instead(client, [b"HSET", key, field, value])  # no other arithmetic adds it again
    return value


def _long_double(text, error):
    try:
        return parse_long_double(text)
    except ValueError:
        raise ReplyError(error) from None


@command("HDEL", arity=-3, flags="write fast", keys=(1, 1, 1))
def hdel(client, key, *names):
    database = client.db
    fields = database.write(key, Hash)
    if fields is None:
        return 0
    before = len(fields)
    for name in names:
        fields.pop(name, None)
    removed = before - len(fields)
    if removed:
        database.changed(key, "h", "hdel", removed)
        database.delete_if_empty(key, fields)
    return removed


@command("HGET", arity=3, flags="readonly fast", keys=(1, 1, 1))
def hget(client, key, field):
    fields = client.db.read(key, Hash)
    return None if fields is None else fields.get(field)


@command("HMGET", arity=-3, flags="readonly fast", keys=(1, 1, 1))
def hmget(client, key, *names):
    fields = client.db.read(key, Hash) or {}
    return [fields.get(name) for name in names]


@command("HGETALL", arity=2, flags="readonly", keys=(1, 1, 1))
def hgetall(client, key):
    return dict(client.db.read(key, Hash) or {})


@command("HKEYS", arity=2, flags="readonly", keys=(1, 1, 1))
def hkeys(client, key):
    return list(client.db.read(key, Hash) or ())


@command("HVALS", arity=2, flags="readonly", keys=(1, 1, 1))
def hvals(client, key):
    return list((client.db.read(key, Hash) or {}).values())


@command("HLEN", arity=2, flags="readonly fast", keys=(1, 1, 1))
def hlen(client, key):
    return len(client.db.read(key, Hash) or ())


@command("HEXISTS", arity=3, flags="readonly fast", keys=(1, 1, 1))
def hexists(client, key, field):
    return int(field in (client.db.read(key, Hash) or ()))


@command("HSTRLEN", arity=3, flags="readonly fast", keys=(1, 1, 1))
def hstrlen(client, key, field):
    return len((client.db.read(key, Hash) or {}).get(field, b""))


@command("HRANDFIELD", arity=-2, flags="readonly", keys=(1, 1, 1))
def hrandfield(client, key, *options):
    if not options:
        fields = client.db.read(key, Hash)
        return None if fields is None else fields.draw(client.server.keyspace.random)
    count, with_values = parse_options(options, b"WITHVALUES")
    fields = client.db.read(key, Hash)
    if fields is None:
        return []
    names = draw_many(client, fields, count)
    return Pairs((name, fields[name]) for name in names) if with_values else names


@command("HSCAN", arity=-3, flags="readonly", keys=(1, 1, 1))
def hscan(client, key, cursor, *options):
    start = parse_cursor(cursor)
    fields = client.db.read(key, Hash)
    if fields is None:
        return NOTHING
    small = fields.encoding == "listpack"
    following, names = scan_collection(client, fields, lambda: fields, start, options, small)
    return [following, [word for name in names for word in (name, fields[name])]]
