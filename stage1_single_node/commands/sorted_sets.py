"""Sorted-set commands about single members. Ranges, algebra and pops have files of their own.

Source: Redis 7.0's t_zset.c; https://redis.io/commands/?group=sorted-set
"""

import math

from stage1_single_node.command import command
from stage1_single_node.commands.drawing import draw_many, parse_options
from stage1_single_node.commands.scores import parse_score, put
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.resp import Pairs
from stage1_single_node.scanning import NOTHING, parse_cursor, scan_collection
from stage1_single_node.structures.numbers import format_float
from stage1_single_node.structures.sorted_set import SortedSet

ZADD_OPTIONS = frozenset((b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"))


@command("ZADD", arity=-4, flags="write denyoom fast", keys=(1, 1, 1))
def zadd(client, key, score, member, *more):
    if more or score.upper() in ZADD_OPTIONS:
        return _zadd_many(client, key, (score, member, *more))
    number = parse_score(score)
    database = client.db
    old = put(client, database.obtain(key, SortedSet), member, number)
    if old != number:
        database.changed(key, "z", "zadd")
    return int(old is None)


def _zadd_many(client, key, words):
    """`option … score member …`"""
    options, pairs = _split_options(words)
    amounts = [parse_score(text) for text in pairs[::2]]  # all of them, before anything is changed
    database = client.db
    zset = database.write(key, SortedSet)
    if zset is None:
        if b"XX" in options:
            return None if b"INCR" in options else 0
        zset = database.obtain(key, SortedSet)
    added, moved, score = 0, 0, None
    for member, amount in zip(pairs[1::2], amounts, strict=True):
        old = zset.score(member)
        score = _new_score(old, amount, options) if options else amount
        if score is None:
            continue
        put(client, zset, member, score)
        if old is None:
            added += 1
        elif old != score:
            moved += 1
    if added or moved:
        database.changed(key, "z", "zincr" if b"INCR" in options else "zadd", added + moved)
    if b"INCR" in options:
        return score
    return added + moved if b"CH" in options else added


def _split_options(words):
    """The options, and the scores and members behind them; raises for what cannot be meant."""
    first = next((place for place, word in enumerate(words) if word.upper() not in ZADD_OPTIONS), len(words))
    options = {word.upper() for word in words[:first]}
    pairs = words[first:]
    if not pairs or len(pairs) % 2:
        raise ReplyError(SYNTAX)
    if {b"NX", b"XX"} <= options:
        raise ReplyError("ERR XX and NX options at the same time are not compatible")
    if len(options & {b"GT", b"LT", b"NX"}) > 1:
        raise ReplyError("ERR GT, LT, and/or NX options at the same time are not compatible")
    if b"INCR" in options and len(pairs) > 2:
        raise ReplyError("ERR INCR option supports a single increment-element pair")
    return options, pairs


def _new_score(old: float | None, amount: float, options: set[bytes]) -> float | None:
    """The score that a member gets which had `old` (None: it is new), or None if the options leave it as it is."""
    if old is None:
        return None if b"XX" in options else amount
    if b"NX" in options:
        return None
    score = old + amount if b"INCR" in options else amount
    if math.isnan(score):
        raise ReplyError("ERR resulting score is not a number (NaN)")
    if (b"GT" in options and score <= old) or (b"LT" in options and score >= old):
        return None
    return score


@command("ZINCRBY", arity=4, flags="write denyoom fast", keys=(1, 1, 1))
def zincrby(client, key, increment, member):
    return _zadd_many(client, key, (b"INCR", increment, member))


@command("ZREM", arity=-3, flags="write fast", keys=(1, 1, 1))
def zrem(client, key, *members):
    database = client.db
    zset = database.write(key, SortedSet)
    if zset is None:
        return 0
    removed = sum(zset.remove(member) for member in members)
    if removed:
        database.changed(key, "z", "zrem", removed)
        database.delete_if_empty(key, zset)
    return removed


@command("ZCARD", arity=2, flags="readonly fast", keys=(1, 1, 1))
def zcard(client, key):
    return len(client.db.read(key, SortedSet) or ())


@command("ZSCORE", arity=3, flags="readonly fast", keys=(1, 1, 1))
def zscore(client, key, member):
    zset = client.db.read(key, SortedSet)
    return None if zset is None else zset.score(member)


@command("ZMSCORE", arity=-3, flags="readonly fast", keys=(1, 1, 1))
def zmscore(client, key, *members):
    zset = client.db.read(key, SortedSet)
    return [None if zset is None else zset.score(member) for member in members]


@command("ZRANK", arity=3, flags="readonly fast", keys=(1, 1, 1))
def zrank(client, key, member):
    zset = client.db.read(key, SortedSet)
    return None if zset is None else zset.rank(member)


@command("ZREVRANK", arity=3, flags="readonly fast", keys=(1, 1, 1))
def zrevrank(client, key, member):
    zset = client.db.read(key, SortedSet)
    return None if zset is None or member not in zset else len(zset) - 1 - zset.rank(member)


@command("ZRANDMEMBER", arity=-2, flags="readonly", keys=(1, 1, 1))
def zrandmember(client, key, *options):
    if not options:
        zset = client.db.read(key, SortedSet)
        return None if zset is None else zset.draw(client.server.keyspace.random)
    count, with_scores = parse_options(options, b"WITHSCORES")
    zset = client.db.read(key, SortedSet)
    if zset is None:
        return []
    members = draw_many(client, zset, count)
    return Pairs((member, zset[member]) for member in members) if with_scores else members


@command("ZSCAN", arity=-3, flags="readonly", keys=(1, 1, 1))
def zscan(client, key, cursor, *options):
    start = parse_cursor(cursor)
    zset = client.db.read(key, SortedSet)
    if zset is None:
        return NOTHING
    small = zset.encoding == "listpack"
    following, members = scan_collection(client, zset, lambda: zset, start, options, small)
    return [following, [word for member in members for word in (member, _stored(zset[member], small))]]


def _stored(score: float, small: bool) -> bytes:
    """A score as ZSCAN writes it: a listpack keeps whole numbers below 2**62 as integers, with all their digits."""
    return b"%d" % score if small and abs(score) <= 2**62 and score.is_integer() else format_float(score)
