"""Taking the lowest or highest members out of sorted sets, and waiting for some to come.

Files and replicas always see ZPOPMIN or ZPOPMAX, which need no choice among keys. Source: genericZpopCommand and
blockingGenericZpopCommand in Redis 7.0's t_zset.c.
"""

from stage1_single_node import blocking
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer_from
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.resp import NULL_ARRAY, Pairs
from stage1_single_node.structures.sorted_set import SortedSet

LOWEST, HIGHEST = 0, -1  # which end of the set
NAMES = {LOWEST: b"ZPOPMIN", HIGHEST: b"ZPOPMAX"}
EVENTS = {LOWEST: "zpopmin", HIGHEST: "zpopmax"}
ENDS = {b"MIN": LOWEST, b"MAX": HIGHEST}


def _take(client, key, zset, end, count) -> list[tuple[bytes, float]]:
    """Take up to `count` members and their scores out of a sorted set, which may end it."""
    database = client.db
    entries = [zset.pop(end) for _ in range(min(count, len(zset)))]
    database.changed(key, "z", EVENTS[end], len(entries))
    database.delete_if_empty(key, zset)
    return [(member, score) for score, member in entries]


@command("ZPOPMIN", arity=-2, flags="write fast", keys=(1, 1, 1))
def zpopmin(client, key, *count):
    return _pop(client, key, LOWEST, count)


@command("ZPOPMAX", arity=-2, flags="write fast", keys=(1, 1, 1))
def zpopmax(client, key, *count):
    return _pop(client, key, HIGHEST, count)


def _pop(client, key, end, counts):
    if len(counts) > 1:
        raise ReplyError(SYNTAX)
    count = integer_from(0, counts[0]) if counts else 1
    zset = client.db.write(key, SortedSet)
    if zset is None or not count:
        return []
    pairs = _take(client, key, zset, end, count)
    return Pairs(pairs) if counts else list(pairs[0])  # one without a count stands alone, in RESP3 too


@command("ZMPOP", arity=-4, flags="write movablekeys")
def zmpop(client, number, *words):
    keys, end, count = _parse_many(number, words)
    for key in keys:
        zset = client.db.write(key, SortedSet)
        if zset is not None:
            return _pop_many(client, key, zset, end, count)
    return NULL_ARRAY


def _pop_many(client, key, zset, end, count):
    pairs = _take(client, key, zset, end, count)
    client.server.effects.instead(client, [NAMES[end], key, b"%d" % len(pairs)])
    return [key, pairs]


def _parse_many(number, words):
    """`numkeys key … MIN|MAX [COUNT count]`: keys, end, count."""
    size = integer_from(1, number, "ERR numkeys should be greater than 0")
    keys, rest = words[:size], words[size:]
    if not rest or rest[0].upper() not in ENDS:
        raise ReplyError(SYNTAX)
    count = 1
    if len(rest) > 1:
        if len(rest) == 2 or rest[1].upper() != b"COUNT":
            raise ReplyError(SYNTAX)
        count = integer_from(1, rest[2], "ERR count should be greater than 0")
        if len(rest) > 3:
            raise ReplyError(SYNTAX)
    return keys, ENDS[rest[0].upper()], count


# Blocking


@command("BZPOPMIN", arity=-3, flags="write noscript blocking fast", keys=(1, -2, 1))
def bzpopmin(client, *words):
    return _wait_for_one(client, words, LOWEST)


@command("BZPOPMAX", arity=-3, flags="write noscript blocking fast", keys=(1, -2, 1))
def bzpopmax(client, *words):
    return _wait_for_one(client, words, HIGHEST)


def _wait_for_one(client, words, end):
    *keys, timeout = words

    def attempt(key, zset):
        (pair,) = _take(client, key, zset, end, 1)
        client.server.effects.instead(client, [NAMES[end], key])
        return [key, *pair]

    return blocking.wait(client, SortedSet, keys, blocking.parse_timeout(timeout), attempt)


@command("BZMPOP", arity=-5, flags="write blocking movablekeys")
def bzmpop(client, timeout, number, *words):
    keys, end, count = _parse_many(number, words)

    def attempt(key, zset):
        return _pop_many(client, key, zset, end, count)

    return blocking.wait(client, SortedSet, list(keys), blocking.parse_timeout(timeout), attempt)
