"""List commands. Those that wait are in blocking_lists.py. Source: Redis 7.0's t_list.c;
https://redis.io/commands/?group=list
"""

from itertools import islice

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer, integer_from
from stage1_single_node.errors import NO_SUCH_KEY, OUT_OF_RANGE, SYNTAX, ReplyError, wrong_arity
from stage1_single_node.resp import NULL_ARRAY
from stage1_single_node.structures.list import List

SIDES = {b"LEFT": b"l", b"RIGHT": b"r"}  # a side as the letter that begins its commands' names
POSITIVE_COUNT = "ERR count should be greater than 0"


@command("LPUSH", arity=-3, flags="write denyoom fast", keys=(1, 1, 1))
def lpush(client, key, *elements):
    database = client.db
    value = database.write(key, List) or database.obtain(key, List)  # no list is empty
    value.extendleft(elements)
    database.changed(key, "l", "lpush", len(elements))
    return len(value)


@command("RPUSH", arity=-3, flags="write denyoom fast", keys=(1, 1, 1))
def rpush(client, key, *elements):
    database = client.db
    value = database.write(key, List) or database.obtain(key, List)  # no list is empty
    value.extend(elements)
    database.changed(key, "l", "rpush", len(elements))
    return len(value)


@command("LPUSHX", arity=-3, flags="write denyoom fast", keys=(1, 1, 1))
def lpushx(client, key, *elements):
    return 0 if client.db.write(key, List) is None else lpush(client, key, *elements)


@command("RPUSHX", arity=-3, flags="write denyoom fast", keys=(1, 1, 1))
def rpushx(client, key, *elements):
    return 0 if client.db.write(key, List) is None else rpush(client, key, *elements)


@command("LPOP", arity=-2, flags="write fast", keys=(1, 1, 1))
def lpop(client, key, *count):
    if count:
        return _pop_many(client, key, b"l", count)
    return _pop_one(client, key, List.popleft, "lpop")


@command("RPOP", arity=-2, flags="write fast", keys=(1, 1, 1))
def rpop(client, key, *count):
    if count:
        return _pop_many(client, key, b"r", count)
    return _pop_one(client, key, List.pop, "rpop")


def _pop_one(client, key, pop, event):
    database = client.db
    value = database.write(key, List)
    if value is None:
        return None
    element = pop(value)
    database.changed(key, "l", event)
    database.delete_if_empty(key, value)
    return element


def _pop_many(client, key, side, counts):
    if len(counts) > 1:
        raise ReplyError(wrong_arity("lpop" if side == b"l" else "rpop"))
    count = integer_from(0, counts[0])
    value = client.db.write(key, List)
    return NULL_ARRAY if value is None else take(client, key, value, side, count)


def take(client, key: bytes, value: List, side: bytes, count: int) -> list[bytes]:
    """Pop up to `count` elements of the list at `key`, and tell the world."""
    if side == b"l":
        taken, event = value.take_left(count), "lpop"
    else:
        taken, event = value.take_right(count), "rpop"
    if taken:
        client.db.changed(key, "l", event, len(taken))
        client.db.delete_if_empty(key, value)
    return taken


@command("LLEN", arity=2, flags="readonly fast", keys=(1, 1, 1))
def llen(client, key):
    value = client.db.read(key, List)
    return 0 if value is None else len(value)


@command("LINDEX", arity=3, flags="readonly", keys=(1, 1, 1))
def lindex(client, key, index):
    value = client.db.read(key, List)
    if value is None:
        return None
    try:
        return value[integer(index)]
    except IndexError:
        return None


@command("LSET", arity=4, flags="write denyoom", keys=(1, 1, 1))
def lset(client, key, index, element):
    value = client.db.write(key, List)
    if value is None:
        raise ReplyError(NO_SUCH_KEY)
    try:
        value[integer(index)] = element
    except IndexError:
        raise ReplyError(OUT_OF_RANGE) from None
    client.db.changed(key, "l", "lset")
    return "OK"


@command("LRANGE", arity=4, flags="readonly", keys=(1, 1, 1))
def lrange(client, key, start, end):
    first, last = integer(start), integer(end)
    value = client.db.read(key, List)
    return [] if value is None else value.between(first, last)


@command("LTRIM", arity=4, flags="write", keys=(1, 1, 1))
def ltrim(client, key, start, end):
    first, last = integer(start), integer(end)
    value = client.db.write(key, List)
    if value is not None:
        removed = value.keep(first, last)
        client.db.changed(key, "l", "ltrim", removed)
        client.db.delete_if_empty(key, value)
    return "OK"


@command("LREM", arity=4, flags="write", keys=(1, 1, 1))
def lrem(client, key, count, element):
    limit = integer(count)
    value = client.db.write(key, List)
    removed = 0 if value is None else value.discard(element, limit)
    if removed:
        client.db.changed(key, "l", "lrem", removed)
        client.db.delete_if_empty(key, value)
    return removed


@command("LINSERT", arity=5, flags="write denyoom", keys=(1, 1, 1))
def linsert(client, key, where, pivot, element):
    side = where.upper()
    if side not in (b"BEFORE", b"AFTER"):
        raise ReplyError(SYNTAX)
    value = client.db.write(key, List)
    if value is None:
        return 0
    try:
        position = value.index(pivot)
    except ValueError:
        return -1
    value.insert(position + (side == b"AFTER"), element)
    client.db.changed(key, "l", "linsert")
    return len(value)


@command("LPOS", arity=-3, flags="readonly", keys=(1, 1, 1))
def lpos(client, key, element, *options):
    rank, count, limit = _parse_position_options(options)
    value = client.db.read(key, List)
    found = () if value is None else value.positions(element, rank, limit)
    if count is None:
        return next(iter(found), None)
    return list(islice(found, count or None))


def _parse_position_options(options):
    """(RANK, COUNT or None, MAXLEN) of LPOS."""
    rank, count, limit = 1, None, 0
    words = iter(options)
    for word in words:
        option, amount = word.upper(), next(words, None)
        if amount is None or option not in (b"RANK", b"COUNT", b"MAXLEN"):
            raise ReplyError(SYNTAX)
        if option == b"RANK":
            rank = integer(amount)
            if rank == 0:
                raise ReplyError(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                    "negative to start from the end of the list"
                )
        elif option == b"COUNT":
            count = integer_from(0, amount, "ERR COUNT can't be negative")
        else:
            limit = integer_from(0, amount, "ERR MAXLEN can't be negative")
    return rank, count, limit


@command("LMOVE", arity=5, flags="write denyoom", keys=(1, 2, 1))
def lmove(client, source, destination, from_where, to_where):
    sides = parse_side(from_where), parse_side(to_where)
    value = client.db.write(source, List)
    return None if value is None else move(client, source, value, destination, *sides)


@command("RPOPLPUSH", arity=3, flags="write denyoom", keys=(1, 2, 1))
def rpoplpush(client, source, destination):
    return lmove(client, source, destination, b"RIGHT", b"LEFT")


def parse_side(text: bytes) -> bytes:
    """LEFT or RIGHT as b"l" or b"r"; raises ReplyError."""
    side = SIDES.get(text.upper())
    if side is None:
        raise ReplyError(SYNTAX)
    return side


def move(client, source: bytes, value: List, destination: bytes, from_side: bytes, to_side: bytes) -> bytes:
    """Pop from the list at `source`, which is `value`, and push to the one at `destination`; the element."""
    database = client.db
    target = database.obtain(destination, List)  # before the pop: the wrong type there must leave the source alone
    element = value.popleft() if from_side == b"l" else value.pop()
    if to_side == b"l":
        target.appendleft(element)
    else:
        target.append(element)
    database.changed(destination, "l", f"{to_side.decode()}push", 0)
    database.changed(source, "l", f"{from_side.decode()}pop")
    database.delete_if_empty(source, value)
    return element


@command("LMPOP", arity=-4, flags="write movablekeys")
def lmpop(client, *arguments):
    keys, side, count = parse_many(arguments)
    for key in keys:
        value = client.db.write(key, List)
        if value is not None:
            return take_many(client, key, value, side, count)
    return NULL_ARRAY


def parse_many(arguments: tuple[bytes, ...]) -> tuple[list[bytes], bytes, int]:
    """(keys, side, count) from `numkeys key … LEFT|RIGHT [COUNT count]`; raises ReplyError."""
    how_many = integer_from(1, arguments[0], "ERR numkeys should be greater than 0")
    if how_many + 1 >= len(arguments):
        raise ReplyError(SYNTAX)
    side = parse_side(arguments[how_many + 1])
    options = arguments[how_many + 2 :]
    if not options:
        return list(arguments[1 : how_many + 1]), side, 1
    if len(options) == 1 or options[0].upper() != b"COUNT":
        raise ReplyError(SYNTAX)
    count = integer_from(1, options[1], POSITIVE_COUNT)
    if len(options) > 2:
        raise ReplyError(SYNTAX)
    return list(arguments[1 : how_many + 1]), side, count


def take_many(client, key: bytes, value: List, side: bytes, count: int) -> list:
    """LMPOP's reply for the first list that is there: the key and what was popped from it."""
    taken = take(client, key, value, side, count)
    client.server.effects.instead(client, [side.upper() + b"POP", key, b"%d" % len(taken)])
    return [key, taken]
