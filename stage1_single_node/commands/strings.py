"""String commands. A string is `bytes`; one that is edited in place (APPEND, SETRANGE) becomes a `bytearray`, whose
growth is amortized, as with Redis's own strings. Source: Redis 7.0's t_string.c; https://redis.io/commands/?group=string
"""

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.errors import STRING_TOO_LONG, SYNTAX, ReplyError, invalid_expire, wrong_arity
from stage1_single_node.kinds import as_bytes
from stage1_single_node.structures.lcs import longest_common_subsequence
from stage1_single_node.structures.numbers import MAX_INTEGER

UNITS_MS = {b"EX": 1000, b"PX": 1, b"EXAT": 1000, b"PXAT": 1}


def deadline(client, text: bytes, unit: bytes, name: str) -> int:
    """Unix milliseconds at which the time to live given by `EX 10`, `PXAT …` ends; raises for times that can't be."""
    amount = integer(text)
    milliseconds = amount * UNITS_MS[unit]
    if not unit.endswith(b"AT"):
        milliseconds += client.server.keyspace.now
    if amount <= 0 or milliseconds > MAX_INTEGER:
        raise ReplyError(invalid_expire(name))
    return milliseconds


@command("GET", arity=2, flags="readonly fast", keys=(1, 1, 1))
def get(client, key):
    value = client.db.read(key)  # `read_string`, written out: a call less for the most frequent command of all
    return value if type(value) is bytes or value is None else as_bytes(value)


@command("SET", arity=-3, flags="write denyoom", keys=(1, 1, 1))
def set_(client, key, value, *options):
    if options:
        return _set_with_options(client, key, value, options)
    client.db.put(key, value, "set")
    return "OK"


def _set_with_options(client, key, value, options):
    condition, wants_old, expiry, until = _parse_set_options(client, options)
    database = client.db
    old = database.read_string(key) if wants_old else None
    exists = old is not None or database.peek(key) is not None
    if (condition == b"NX" and exists) or (condition == b"XX" and not exists):
        return old
    if expiry == b"KEEPTTL":
        database.replace(key, value)
    else:
        database.put(key, value)
    if until is not None:
        database.set_deadline(key, until)
        client.server.effects.instead(client, [b"SET", key, value, b"PXAT", b"%d" % until])
    elif wants_old:
        others = [word for word in options if word.upper() != b"GET"]
        client.server.effects.instead(client, [b"SET", key, value, *others])
    database.changed(key, "$", "set")
    if until is not None:
        database.changed(key, "g", "expire", 0)
    return old if wants_old else "OK"


def _parse_set_options(client, options):
    """(NX or XX or None, GET wanted, EX PX EXAT PXAT KEEPTTL or None, deadline or None)."""
    condition = expiry = amount = None
    wants_old = False
    words = iter(options)
    for word in words:
        option = word.upper()
        if option in (b"NX", b"XX") and condition in (None, option):
            condition = option
        elif option == b"GET":
            wants_old = True
        elif option == b"KEEPTTL" and expiry in (None, option):
            expiry = option
        elif option in UNITS_MS and expiry is None:
            expiry, amount = option, next(words, None)
            if amount is None:
                raise ReplyError(SYNTAX)
        else:
            raise ReplyError(SYNTAX)
    until = deadline(client, amount, expiry, "set") if expiry and amount is not None else None
    return condition, wants_old, expiry, until


@command("SETNX", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def setnx(client, key, value):
    if client.db.write(key) is not None:
        return 0
    client.db.add(key, value)
    client.db.changed(key, "$", "set")
    return 1


@command("SETEX", arity=4, flags="write denyoom", keys=(1, 1, 1))
def setex(client, key, seconds, value):
    return _set_until(client, key, value, deadline(client, seconds, b"EX", "setex"))


@command("PSETEX", arity=4, flags="write denyoom", keys=(1, 1, 1))
def psetex(client, key, milliseconds, value):
    return _set_until(client, key, value, deadline(client, milliseconds, b"PX", "psetex"))


def _set_until(client, key, value, until):
    database = client.db
    database.put(key, value)
    database.set_deadline(key, until)
    client.server.effects.instead(client, [b"SET", key, value, b"PXAT", b"%d" % until])
    database.changed(key, "$", "set")
    database.changed(key, "g", "expire", 0)
    return "OK"


@command("GETSET", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def getset(client, key, value):
    old = client.db.read_string(key)
    client.db.put(key, value)
    client.db.changed(key, "$", "set")
    client.server.effects.instead(client, [b"SET", key, value])
    return old


@command("GETDEL", arity=2, flags="write fast", keys=(1, 1, 1))
def getdel(client, key):
    old = client.db.read_string(key)
    if old is not None:
        client.db.delete(key)
        client.db.changed(key, "g", "del")
        client.server.effects.instead(client, [b"DEL", key])
    return old


@command("GETEX", arity=-2, flags="write fast", keys=(1, 1, 1))
def getex(client, key, *options):
    option = options[0].upper() if options else None
    wanted = {None: 0, b"PERSIST": 1}.get(option, 2 if option in UNITS_MS else -1)
    if len(options) != wanted:
        raise ReplyError(SYNTAX)
    database = client.db
    value = database.read_string(key)
    if value is None or option is None:
        return value
    if option == b"PERSIST":
        if key in database.expires:
            database.set_deadline(key, None)
            database.changed(key, "g", "persist")
            client.server.effects.instead(client, [b"PERSIST", key])
        return value
    until = deadline(client, options[1], option, "getex")
    effects = client.server.effects
    if until <= database.keyspace.now:
        database.delete(key)
        database.changed(key, "g", "del")
        effects.instead(client, [effects.deletion(client.server.config.lazyfree_lazy_expire), key])
    else:
        database.set_deadline(key, until)
        database.changed(key, "g", "expire")
        effects.instead(client, [b"PEXPIREAT", key, b"%d" % until])
    return value


@command("MGET", arity=-2, flags="readonly fast", keys=(1, -1, 1))
def mget(client, *keys):
    read = client.db.read
    values = [read(key) for key in keys]
    return [bytes(value) if type(value) in (bytes, bytearray) else None for value in values]


@command("MSET", arity=-3, flags="write denyoom", keys=(1, -1, 2))
def mset(client, *pairs):
    if len(pairs) % 2:
        raise ReplyError(wrong_arity("mset"))
    database = client.db
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        database.put(key, value)
        database.changed(key, "$", "set")
    return "OK"


@command("MSETNX", arity=-3, flags="write denyoom", keys=(1, -1, 2))
def msetnx(client, *pairs):
    if len(pairs) % 2:
        raise ReplyError(wrong_arity("msetnx"))
    if any(client.db.write(key) is not None for key in pairs[::2]):
        return 0
    mset(client, *pairs)
    return 1


@command("STRLEN", arity=2, flags="readonly fast", keys=(1, 1, 1))
def strlen(client, key):
    return len(client.db.read_string(key) or b"")


@command("APPEND", arity=3, flags="write denyoom fast", keys=(1, 1, 1))
def append(client, key, suffix):
    database = client.db
    value = database.write_string(key)
    if value is None:
        database.add(key, suffix)
        length = len(suffix)
    else:
        value = _editable(client, key, value, len(value) + len(suffix))
        value += suffix
        length = len(value)
    database.changed(key, "$", "append")
    return length


@command("SETRANGE", arity=4, flags="write denyoom", keys=(1, 1, 1))
def setrange(client, key, offset, patch):
    start = integer(offset)
    if start < 0:
        raise ReplyError("ERR offset is out of range")
    database = client.db
    value = database.write_string(key)
    if not patch:
        return len(value or b"")
    end = start + len(patch)
    check_length(client, end)
    if value is None:
        value = bytearray()
        database.add(key, value)
    value = _editable(client, key, value, max(len(value), end))
    if len(value) < end:
        value.extend(bytes(end - len(value)))
    value[start:end] = patch
    database.changed(key, "$", "setrange")
    return len(value)


def check_length(client, length: int) -> None:
    """A string may grow to proto-max-bulk-len bytes, so that it can still be sent to a client."""
    if length > client.server.config.proto_max_bulk_len:
        raise ReplyError(STRING_TOO_LONG)


def _editable(client, key, value, length):
    """The string as a bytearray that is the key's value, allowed to grow to `length` bytes."""
    check_length(client, length)
    if type(value) is bytes:
        value = bytearray(value)
        client.db.replace(key, value)
    return value


@command("GETRANGE", arity=4, flags="readonly", keys=(1, 1, 1))
@command("SUBSTR", arity=4, flags="readonly", keys=(1, 1, 1))
def getrange(client, key, start, end):
    first, last = integer(start), integer(end)
    value = client.db.read_string(key) or b""
    if first < 0 and last < 0 and first > last:
        return b""
    if first < 0:
        first = max(first + len(value), 0)
    if last < 0:
        last = max(last + len(value), 0)
    return value[first : last + 1]


@command("LCS", arity=-3, flags="readonly", keys=(1, 2, 1))
def lcs(client, first_key, second_key, *options):
    values = [client.db.read(key) for key in (first_key, second_key)]
    if any(value is not None and type(value) not in (bytes, bytearray) for value in values):
        raise ReplyError("ERR The specified keys must contain string values")
    length_only = matches_wanted = with_lengths = False
    minimum = 0
    words = iter(options)
    for word in words:
        option = word.upper()
        if option == b"LEN":
            length_only = True
        elif option == b"IDX":
            matches_wanted = True
        elif option == b"WITHMATCHLEN":
            with_lengths = True
        elif option == b"MINMATCHLEN":
            minimum = max(integer(next(words, b"")), 0)
        else:
            raise ReplyError(SYNTAX)
    if length_only and matches_wanted:
        raise ReplyError("ERR If you want both the length and indexes, please just use IDX.")
    common, runs = longest_common_subsequence(bytes(values[0] or b""), bytes(values[1] or b""))
    if length_only:
        return len(common)
    if not matches_wanted:
        return common
    found = []
    for (first, second), size in runs:
        if size >= minimum:
            match = [[first, first + size - 1], [second, second + size - 1]]
            found.append([*match, size] if with_lengths else match)
    return {b"matches": found, b"len": len(common)}
