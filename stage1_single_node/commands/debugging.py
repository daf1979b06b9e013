"""DEBUG: for tests and lessons, behind enable-debug-command. Only what a server in Python can do or tell honestly.

It is one command, no container: an unknown subcommand and a wrong number of words are the same error.
Source: Redis 7.0's debug.c; https://redis.io/commands/debug/
"""

import re
from collections.abc import Callable

from stage1_single_node import digest
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.directive_kinds import parse_memory
from stage1_single_node.errors import NO_SUCH_KEY, NOT_AN_INTEGER, NOT_POSITIVE, ReplyError, SubcommandSyntax
from stage1_single_node.eviction import idle_seconds
from stage1_single_node.kinds import encoding
from stage1_single_node.resp import NO_REPLY, Push, Set, Verbatim, encode
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.set import Set as MemberSet
from stage1_single_node.structures.sorted_set import SortedSet

BAD_THRESHOLD = "ERR argument must be a memory value bigger than 1 and smaller than 4gb"
BAD_TYPE = (
    "ERR Wrong protocol type name. Please use one of the following: "
    "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
)
LEADING_NUMBER = re.compile(rb"\s*\+?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
NEEDS_PERSISTENCE = "ERR this stage keeps nothing on disk, so there is nothing to reload from"
NOT_HASHED = "ERR The value stored at the specified key is not represented using an hash table"


@command("DEBUG", arity=-2, flags="admin noscript loading stale protected")
def debug(client, name, *words):
    if name.upper() not in SUBCOMMANDS:
        raise SubcommandSyntax
    fewest, most, run = SUBCOMMANDS[name.upper()]
    if not fewest <= len(words) <= most:
        raise SubcommandSyntax
    return run(client, *words)


# What stops, or changes, the server ------------------------------------------------------------------------------


def sleep(client, seconds):
    """Everybody waits: there is one thread."""
    number = LEADING_NUMBER.match(seconds)  # as far as it is a number, as C's strtod takes it
    client.server.outside.sleep(float(number[0]) if number else 0.0)
    return "OK"


def set_active_expire(client, switch):
    client.server.expire_cycle.enabled = _is_on(switch)
    return "OK"


def pause_cron(client, switch):
    client.server.cron_paused = _is_on(switch)
    return "OK"


def _is_on(switch: bytes) -> bool:
    """As C's atoi reads it."""
    return bool(re.match(rb"\s*[-+]?0*[1-9]", switch))


def change_replication_id(client):
    server = client.server
    server.log("notice", "Changing replication IDs after receiving change-repl-id")
    server.replication_id = f"{server.random.getrandbits(160):040x}"
    return "OK"


def set_packed_threshold(client, size):
    """Checked, and without an effect: our lists are not made of packed nodes."""
    try:
        accepted = parse_memory(size.partition(b"\0")[0].decode(errors="replace")) < 2**32
    except ValueError:
        accepted = False
    if not accepted:
        raise ReplyError(BAD_THRESHOLD)
    return "OK"


def populate(client, count, prefix=b"key", size=b"0"):
    number, length = integer(count, NOT_POSITIVE), integer(size, NOT_POSITIVE)
    if number < 0 or length < 0:
        raise ReplyError(NOT_POSITIVE)
    database = client.db
    for position in range(number):
        key = b"%b:%d" % (prefix, position)
        if database.peek(key) is None:
            value = b"value:%d" % position
            database.add(key, value[:length].ljust(length, b"\0") if length else value)
            database.changed(key, "", "populated", 0)  # for the account of memory; no class of notifications
    return "OK"


def replicate(client, *argv):
    """Others see a write that did not happen here."""
    client.server.effects.also(client.db.index, *argv)
    return "OK"


def error(client, text):
    """Sent, not raised: this error is what was asked for, so no statistics call it a failure."""
    client.send(encode(ReplyError(text.decode(errors="surrogateescape"))))
    return NO_REPLY


def log(client, text):
    client.server.log("warning", f"DEBUG LOG: {text.decode(errors='surrogateescape')}")
    return "OK"


def refuse_reload(client, *options):
    raise ReplyError(NEEDS_PERSISTENCE)


# What looks inside -----------------------------------------------------------------------------------------------


def object_(client, key):
    database = client.db
    value = database.peek(key)
    if value is None:
        raise ReplyError(NO_SUCH_KEY)
    second = database.keyspace.second
    accessed = database.accessed.get(key, second)
    listing = f" ql_nodes:1 ql_avg_node:{len(value):.2f}" if encoding(value) == "quicklist" else ""
    return (
        f"Value at:0x{id(value):x} refcount:1 encoding:{encoding(value)} serializedlength:{_written_length(value)} "
        f"lru:{accessed & 0xFFFFFF} lru_seconds_idle:{idle_seconds(accessed, second)}{listing}"
    )


def _written_length(value) -> int:
    """About how long the value would be in a file: its strings, each with a short header, uncompressed."""
    if isinstance(value, (bytes, bytearray)):
        return 1 + len(value)
    words = [word for pair in value.items() for word in pair] if isinstance(value, Hash) else value
    return 1 + sum(1 + len(word) for word in words)


def digest_(client):
    return str(digest.of_keyspace(client.server.keyspace))


def digest_value(client, *keys):
    return [str(digest.of_value(client.db, key)) for key in keys]


def hash_table_statistics(client, number):
    index = integer(number, NOT_AN_INTEGER)
    databases = client.server.keyspace.databases
    if not 0 <= index < len(databases):
        raise ReplyError("ERR Out of range database")
    data, expires = databases[index].data, databases[index].expires
    return Verbatim(f"[Dictionary HT]\n{_table(len(data))}[Expires HT]\n{_table(len(expires))}".encode())


def hash_table_statistics_of_key(client, key):
    value = client.db.peek(key)
    if value is None:
        raise ReplyError(NO_SUCH_KEY)
    if not isinstance(value, (Hash, MemberSet, SortedSet)) or encoding(value) not in ("hashtable", "skiplist"):
        raise ReplyError(NOT_HASHED)
    return Verbatim(_table(len(value)).encode())


def _table(elements: int) -> str:
    """Python's dictionaries have no chains and tell nobody of their collisions: only sizes can be told."""
    head = "Hash table 0 stats (main hash table):\n"
    if not elements:
        return head + "No stats available for empty dictionaries\n"
    slots = max(8, 1 << (elements * 3 // 2).bit_length())  # a power of two, of which two thirds may be used
    return f"{head} table size: {slots}\n number of elements: {elements}\n"


def protocol(client, kind):
    """A value of every RESP type, for those who write clients."""
    if kind.lower() not in PROTOCOL:
        raise ReplyError(BAD_TYPE)
    if kind.lower() == b"push" and client.protocol == 2:
        raise ReplyError("ERR RESP2 is not supported by this command")
    value = PROTOCOL[kind.lower()]
    if not callable(value):
        return value
    client.send(value(client.protocol))
    return NO_REPLY


BIG_NUMBER = b"1234567999999999999999999999999999999"
ATTRIBUTE = b"|1\r\n" + encode(b"key-popularity") + encode([b"key:123", 90])
AFTER_ATTRIBUTE = b"Some real reply following the attribute"
AFTER_PUSH = b"Some real reply following the push reply"
PROTOCOL = {  # a value, or the function that makes the bytes for RESP 2 or 3
    b"string": b"Hello World",
    b"integer": 12345,
    b"double": 3.141,
    b"bignum": lambda resp: b"(%b\r\n" % BIG_NUMBER if resp == 3 else encode(BIG_NUMBER),
    b"null": None,
    b"array": [0, 1, 2],
    b"set": Set([0, 1, 2]),
    b"map": {0: False, 1: True, 2: False},
    b"attrib": lambda resp: (ATTRIBUTE if resp == 3 else b"") + encode(AFTER_ATTRIBUTE),
    b"push": lambda resp: encode(Push([b"server-cpu-usage", 42]), 3) + encode(AFTER_PUSH),
    b"verbatim": Verbatim(b"This is a verbatim\nstring"),
    b"true": True,
    b"false": False,
}


def help_(client):
    return subcommand_help("DEBUG", *HELP)


HELP = (
    "CHANGE-REPL-ID",
    "    Change the replication IDs of the instance.",
    "    Dangerous: should be used only for testing the replication subsystem.",
    "DIGEST",
    "    Output a hex signature representing the current DB content.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Output a hex signature of the values of all the specified keys.",
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message. Useful for clients",
    "    unit tests to simulate Redis errors.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "HTSTATS <dbid>",
    "    Return hash table statistics of the specified Redis database.",
    "HTSTATS-KEY <key>",
    "    Like HTSTATS but for the hash table stored at <key>'s value.",
    "REPLICATE <string>",
    "    Replicates the provided string to replicas, allowing data divergence.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create <count> string keys named key:<num>. If <prefix> is specified then",
    "    it is used instead of the 'key' prefix. These are not propagated to",
    "    replicas.",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type. <type> can be: string,",
    "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
    "    true, false.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Accepted, and without an effect here.",
    "SLEEP <seconds>",
    "    Stop the server for <seconds>. Decimals allowed.",
    "PAUSE-CRON <0|1>",
    "    Stop periodic cron job processing.",
)
MANY = 2**31
SUBCOMMANDS: dict[bytes, tuple[int, int, Callable]] = {  # by name: how many words may follow, at least and at most
    b"SLEEP": (1, 1, sleep),
    b"SET-ACTIVE-EXPIRE": (1, 1, set_active_expire),
    b"PAUSE-CRON": (1, 1, pause_cron),
    b"CHANGE-REPL-ID": (0, 0, change_replication_id),
    b"QUICKLIST-PACKED-THRESHOLD": (1, 1, set_packed_threshold),
    b"POPULATE": (1, 3, populate),
    b"REPLICATE": (2, MANY, replicate),
    b"ERROR": (1, 1, error),
    b"LOG": (1, 1, log),
    b"RELOAD": (0, MANY, refuse_reload),
    b"LOADAOF": (0, 0, refuse_reload),
    b"OBJECT": (1, 1, object_),
    b"DIGEST": (0, 0, digest_),
    b"DIGEST-VALUE": (0, MANY, digest_value),
    b"HTSTATS": (1, 1, hash_table_statistics),
    b"HTSTATS-KEY": (1, 1, hash_table_statistics_of_key),
    b"PROTOCOL": (1, 1, protocol),
    b"HELP": (0, 0, help_),
}
