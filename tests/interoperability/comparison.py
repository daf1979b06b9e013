"""When are two replies the same? Byte for byte, but for what Redis itself leaves open: the order in which a hash table
tells what is in it, and times to live that are read a moment apart."""

from typing import Any

from tests.interoperability.scripts import Command
from tests.wire import Reader

MOMENT_MS = 60_000  # between the same command on one server and on the other, at the worst

WITHOUT_ORDER = set("KEYS SCAN SINTER SUNION SDIFF SPOP SRANDMEMBER HRANDFIELD ZRANDMEMBER".split())
WITHOUT_ORDER_IN_A_HASH_TABLE = set("SMEMBERS SSCAN HGETALL HKEYS HVALS HSCAN ZSCAN".split())
IN_PAIRS = {"HGETALL", "HSCAN", "ZSCAN"}
MOMENTS = {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}
# An integer that INCRBYFLOAT wrote stays text in Redis until it is written again. Ours tells the two apart by their
# looks, because a string of ours is its bytes and nothing else.
FLOATS_THAT_LOOK_LIKE_INTEGERS = {(b"$3\r\nint\r\n", b"$6\r\nembstr\r\n"), (b":2147483647\r\n", b":1\r\n")}
HASH_TABLES = {b"hashtable", b"skiplist"}  # a skip list has a hash table beside it, for ZSCAN


def same(command: Command, one: bytes, other: bytes, *, from_hash_table: bool) -> bool:
    """`from_hash_table` says whether the command's first key is kept in one."""
    name = command[0].upper().decode(errors="replace")
    if one == other or (name == "OBJECT" and (one, other) in FLOATS_THAT_LOOK_LIKE_INTEGERS):
        return True
    if name in MOMENTS:
        return is_time(one) and is_time(other) and abs(int(one[1:]) - int(other[1:])) < MOMENT_MS
    weighed = b"BY" in command  # what weighs the same is left in the order that qsort happens to leave it in
    if name in WITHOUT_ORDER or weighed or (name in WITHOUT_ORDER_IN_A_HASH_TABLE and from_hash_table):
        pairs = name in IN_PAIRS or any(word.upper() in (b"WITHVALUES", b"WITHSCORES") for word in command)
        return one[:1] == other[:1] and unordered(one, pairs) == unordered(other, pairs)
    return False


def is_time(reply: bytes) -> bool:
    """An integer that says when, and not that there is no key (-2) or no time (-1)."""
    return reply.startswith(b":") and int(reply[1:]) > 0


def unordered(reply: bytes, in_pairs: bool) -> Any:
    """The reply with what has no order sorted: items, or pairs of items, behind the cursor if there is one."""
    value = Reader(reply).read_value()
    cursor = None
    if isinstance(value, list) and value[:1] == [b"0"] and isinstance(value[-1], list):
        cursor, value = value
    if isinstance(value, list):
        flat = in_pairs and not any(isinstance(item, list) for item in value)
        value = sorted(zip(value[::2], value[1::2]) if flat else value, key=repr)
    return cursor, value
