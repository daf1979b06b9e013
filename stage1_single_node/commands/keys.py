"""Commands about keys, whatever they hold: DEL, EXISTS, RENAME, COPY, KEYS, SCAN, OBJECT … Those about their time to
live are in expiration.py. Source: Redis 7.0's db.c and object.c; https://redis.io/commands/?group=generic
"""

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import small_integer
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import DB_OUT_OF_RANGE, NO_SUCH_KEY, SAME_OBJECT, SYNTAX, ReplyError
from stage1_single_node.eviction import frequency, idle_seconds
from stage1_single_node.kinds import encoding, is_integer, type_name
from stage1_single_node.scanning import parse_cursor, parse_options
from stage1_single_node.structures.glob import compiled

DRAWS = 100  # RANDOMKEY's patience where expired keys may not be deleted, and might be all there is
SHARED_INTEGERS = 10_000  # Redis holds one object for each of these, wherever it is the value …
SHARED_REFERENCES = 2**31 - 1  # … and says so by this count of references
ADJUSTING = (
    "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
)


@command("DEL", arity=-2, flags="write", keys=(1, -1, 1))
def delete(client, *keys):
    return _remove(client, keys, lazily=client.server.config.lazyfree_lazy_user_del)


@command("UNLINK", arity=-2, flags="write fast", keys=(1, -1, 1))
def unlink(client, *keys):
    return _remove(client, keys, lazily=True)


def _remove(client, keys, lazily):
    database = client.db
    removed = 0
    for key in keys:
        value = database.data.get(key) if lazily else None
        if database.delete(key):
            removed += 1
            database.changed(key, "g", "del")
            if lazily:
                client.server.lazy_free.free(value)
    return removed


@command("EXISTS", arity=-2, flags="readonly fast", keys=(1, -1, 1))
def exists(client, *keys):
    look = client.db.look
    return sum([look(key) is not None for key in keys])


@command("TOUCH", arity=-2, flags="readonly fast", keys=(1, -1, 1))
def touch(client, *keys):
    read = client.db.read
    return sum([read(key) is not None for key in keys])


@command("TYPE", arity=2, flags="readonly fast", keys=(1, 1, 1))
def type_(client, key):
    value = client.db.look(key)
    return "none" if value is None else type_name(value)


@command("RENAME", arity=3, flags="write", keys=(1, 2, 1))
def rename(client, key, new_key):
    _rename(client, key, new_key, overwrite=True)
    return "OK"


@command("RENAMENX", arity=3, flags="write fast", keys=(1, 2, 1))
def renamenx(client, key, new_key):
    return int(_rename(client, key, new_key, overwrite=False))


def _rename(client, key, new_key, overwrite):
    """Give a value another key; False if there was one that may not be overwritten."""
    database = client.db
    value = database.write(key)
    if value is None:
        raise ReplyError(NO_SUCH_KEY)
    if key == new_key or (database.write(new_key) is not None and not overwrite):
        return False
    until = database.expires.get(key)
    database.delete(key)
    database.delete(new_key)
    database.add(new_key, value)
    database.set_deadline(new_key, until)
    database.changed(key, "g", "rename_from", 0)
    database.changed(new_key, "g", "rename_to")
    return True


@command("COPY", arity=-3, flags="write denyoom", keys=(1, 2, 1))
def copy(client, key, new_key, *options):
    source, target, replace = client.db, client.db, False
    words = iter(options)
    for word in words:
        option = word.upper()
        index = next(words, None) if option == b"DB" else None
        if index is not None:
            target = database_at(client, small_integer(index))
        elif option == b"REPLACE":
            replace = True
        else:
            raise ReplyError(SYNTAX)
    if source is target and key == new_key:
        raise ReplyError(SAME_OBJECT)
    value = source.read(key)
    if value is None:
        return 0
    if target.write(new_key) is not None:
        if not replace:
            return 0
        target.delete(new_key)
    target.add(new_key, value if type(value) is bytes else value.copy())
    target.set_deadline(new_key, source.expires.get(key))
    target.changed(new_key, "g", "copy_to")
    return 1


def database_at(client, number: int):
    """The database of that number; raises ReplyError if there are not so many."""
    databases = client.server.keyspace.databases
    if not 0 <= number < len(databases):
        raise ReplyError(DB_OUT_OF_RANGE)
    return databases[number]


@command("RANDOMKEY", arity=1, flags="readonly")
def randomkey(client):
    database = client.db
    key = None
    for _ in range(DRAWS):
        key = database.keys.draw(database.keyspace.random)
        if key not in database.expires or not database.expire_if_needed(key):
            break
    return key


@command("KEYS", arity=2, flags="readonly")
def keys_(client, pattern):
    database = client.db
    if pattern == b"*":
        found = list(database.data)
    else:
        matches = compiled(pattern)
        found = [key for key in database.data if matches(key)]
    return [key for key in found if not database.has_expired(key)] if database.expires else found


@command("SCAN", arity=-2, flags="readonly")
def scan(client, cursor, *options):
    position = parse_cursor(cursor)
    count, matches, kind = parse_options(options, typed=True)
    database = client.db
    data = database.data
    following, found = client.server.scans.step(data, lambda: data, position, count)
    if matches:
        found = [key for key in found if matches(key)]
    if kind is not None:
        values = [(key, database.look(key)) for key in found]
        found = [key for key, value in values if value is not None and type_name(value).encode() == kind]
    return [b"%d" % following, [key for key in found if database.peek(key) is not None]]


def _find(client, key):
    """The value that OBJECT is asked about; unlike other commands it misses a key in silence."""
    return client.db.look(key, tells_miss=False)


@command("OBJECT|ENCODING", arity=3, flags="readonly", keys=(2, 2, 1))
def object_encoding(client, key):
    value = _find(client, key)
    return None if value is None else encoding(value).encode()


@command("OBJECT|REFCOUNT", arity=3, flags="readonly", keys=(2, 2, 1))
def object_refcount(client, key):
    value = _find(client, key)
    if value is None:
        return None
    shared = type(value) is bytes and is_integer(value) and 0 <= int(value) < SHARED_INTEGERS
    return SHARED_REFERENCES if shared else 1


@command("OBJECT|IDLETIME", arity=3, flags="readonly", keys=(2, 2, 1))
def object_idletime(client, key):
    database = client.db
    if _find(client, key) is None:
        return None
    if "lfu" in client.server.config.maxmemory_policy:
        raise ReplyError(f"ERR An LFU maxmemory policy is selected, idle time not tracked. {ADJUSTING}")
    return idle_seconds(database.accessed.get(key), database.keyspace.second)


@command("OBJECT|FREQ", arity=3, flags="readonly", keys=(2, 2, 1))
def object_freq(client, key):
    database, config = client.db, client.server.config
    if _find(client, key) is None:
        return None
    if "lfu" not in config.maxmemory_policy:
        raise ReplyError(f"ERR An LFU maxmemory policy is not selected, access frequency not tracked. {ADJUSTING}")
    return frequency(database.accessed.get(key), database.keyspace.second, config.lfu_decay_time)


@command("OBJECT|HELP", arity=2, flags="loading stale")
def object_help(client):
    return subcommand_help(
        "OBJECT",
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
    )
