"""Strings that are numbers: INCR and its siblings. They are read, changed and written as text, 64-bit integers or
Redis's long doubles. Source: incrDecrCommand and incrbyfloatCommand in Redis 7.0's t_string.c
"""

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import add_floats, integer
from stage1_single_node.errors import NOT_AN_INTEGER, OVERFLOW, ReplyError
from stage1_single_node.kinds import as_bytes
from stage1_single_node.structures.numbers import MAX_INTEGER, MIN_INTEGER, parse_integer


@command("INCR", arity=2, flags="write denyoom fast", keys=(1, 1, 1))
def increase(client, key, amount=1):
    """INCR, and what its siblings do with another amount."""
    database = client.db
    value = database.write(key)
    if type(value) is not bytes and value is not None:
        value = as_bytes(value)
    try:
        number = amount if value is None else parse_integer(value) + amount
    except ValueError:
        raise ReplyError(NOT_AN_INTEGER) from None
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise ReplyError(OVERFLOW)
    if value is None:
        database.add(key, b"%d" % number)
    else:
        database.data[key] = b"%d" % number  # `replace` for a key that is known to be there
    database.changed(key, "$", "incrby")
    return number


@command("DECR", arity=2, flags="write denyoom fast", keys=(1, 1, 1))
def decr(client, key):
    return increase(client, key, -1)


@command("INCRBY", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def incrby(client, key, amount):
    return increase(client, key, integer(amount))


@command("DECRBY", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def decrby(client, key, amount):
    decrement = integer(amount)
    if decrement == MIN_INTEGER:
        raise ReplyError("ERR decrement would overflow")
    return increase(client, key, -decrement)


@command("INCRBYFLOAT", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def incrbyfloat(client, key, amount):
    database = client.db
    value = database.write_string(key)
    text = add_floats(b"0" if value is None else bytes(value), amount)
    database.replace(key, text)
    database.changed(key, "$", "incrbyfloat")
    client.server.effects.instead(client, [b"SET", key, text, b"KEEPTTL"])
    return text
