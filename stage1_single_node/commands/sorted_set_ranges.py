"""Ranges of sorted sets: by rank, by score, by the bytes of members (lex); to read, count, store and remove.

ZRANGE can do what six older commands do; all of them become one `Request`, whose bounds find one range of positions.
Source: Redis 7.0's t_zset.c (zrangeGenericCommand, zslParseRange, zslParseLexRange).
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.scores import sorted_set_of
from stage1_single_node.commands.storing import store
from stage1_single_node.errors import MIN_OR_MAX_NOT_A_FLOAT, SYNTAX, ReplyError
from stage1_single_node.resp import Pairs
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.sorted_set import Entry, MemberBound, ScoreBound, SortedSet

NOT_A_MEMBER_RANGE = "ERR min or max not valid string range item"
LIMIT_BY_RANK = "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
SCORES_BY_MEMBER = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"

# What a range goes by
RANK, SCORE, MEMBER = "rank", "score", "member"
WORDS = {b"BYSCORE": SCORE, b"BYLEX": MEMBER}

Find = Callable[[SortedSet], range]  # which positions of a set lie in the range, upwards

_is_decimal = re.compile(rb"[-+]?(?:\d++\.?\d*+|\.\d++)(?:e[-+]?\d++)?", re.IGNORECASE).fullmatch


@dataclass
class Request:
    """What ZRANGE or one of its elder siblings asks for."""

    find: Find
    reverse: bool
    offset: int
    limit: int  # negative: no limit
    with_scores: bool

    def entries(self, zset: SortedSet | None) -> list[Entry]:
        """The entries, in the order in which they are asked for."""
        if zset is None or self.offset < 0:
            return []
        positions = self.find(zset)
        if self.reverse:
            positions = positions[::-1]
        positions = positions[self.offset :]
        return zset.at(positions if self.limit < 0 else positions[: self.limit])


def parse_request(
    start: bytes,
    stop: bytes,
    options: tuple[bytes, ...],
    by: str | None = None,
    reverse: bool | None = None,
    storing: bool = False,
) -> Request:
    """The arguments of a command, which leaves `by` and `reverse` to the options, or not; raises ReplyError."""
    offset, limit, with_scores = 0, -1, False
    words = list(reversed(options))
    while words:
        word = words.pop().upper()
        if word == b"WITHSCORES" and not storing:
            with_scores = True
        elif word == b"LIMIT" and len(words) >= 2:
            offset, limit = integer(words.pop()), integer(words.pop())
        elif word == b"REV" and reverse is None:
            reverse = True
        elif word in WORDS and by is None:
            by = WORDS[word]
        else:
            raise ReplyError(SYNTAX)
    by = by or RANK
    if limit != -1 and by == RANK:
        raise ReplyError(LIMIT_BY_RANK)
    if with_scores and by == MEMBER:
        raise ReplyError(SCORES_BY_MEMBER)
    find = parse_range(by, start, stop, bool(reverse))
    return Request(find, bool(reverse), 0 if by == RANK else offset, limit, with_scores)


def parse_range(by: str, start: bytes, stop: bytes, reverse: bool = False) -> Find:
    """Both ends of a range, the upper one first in a reversed one; raises ReplyError."""
    if by == RANK:
        first, last = integer(start), integer(stop)
        if reverse:  # then ranks count from the other end
            first, last = -1 - last, -1 - first
        return lambda zset: zset.by_rank(first, last)
    if reverse:
        start, stop = stop, start
    if by == SCORE:
        lowest, highest = _parse_score_bound(start), _parse_score_bound(stop)
        return lambda zset: zset.by_score(lowest, highest)
    low, high = _parse_member_bound(start), _parse_member_bound(stop)
    return lambda zset: zset.by_member(low, high)


def _parse_score_bound(text: bytes) -> ScoreBound:
    """`1.5`, `(1.5` (without it), `inf`: what C's strtod reads to the end, and it takes no text at all for zero."""
    exclusive = text.startswith(b"(")
    number = text[exclusive:]
    if not number:
        return 0.0, exclusive
    number = number.lstrip(b" \t\n\v\f\r")
    try:
        return parse_float(number), exclusive
    except ValueError:
        if _is_decimal(number):
            return float(number), exclusive  # out of the range of doubles: infinity or zero, and good enough as a bound
        raise ReplyError(MIN_OR_MAX_NOT_A_FLOAT) from None


def _parse_member_bound(text: bytes) -> MemberBound:
    """`[member`, `(member` (without it), `-` (before all), `+` (behind all)."""
    if text == b"-":
        return -math.inf, False
    if text == b"+":
        return math.inf, False
    if text[:1] not in (b"(", b"["):
        raise ReplyError(NOT_A_MEMBER_RANGE)
    return text[1:], text.startswith(b"(")


# Reading


def _read(client, key, request: Request):
    entries = request.entries(client.db.read(key, SortedSet))
    if request.with_scores:
        return Pairs((member, score) for score, member in entries)
    return [member for _, member in entries]


@command("ZRANGE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrange(client, key, start, stop, *options):
    return _read(client, key, parse_request(start, stop, options))


@command("ZREVRANGE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrange(client, key, start, stop, *options):
    return _read(client, key, parse_request(start, stop, options, RANK, reverse=True))


@command("ZRANGEBYSCORE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrangebyscore(client, key, low, high, *options):
    return _read(client, key, parse_request(low, high, options, SCORE, reverse=False))


@command("ZREVRANGEBYSCORE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrangebyscore(client, key, high, low, *options):
    return _read(client, key, parse_request(high, low, options, SCORE, reverse=True))


@command("ZRANGEBYLEX", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrangebylex(client, key, low, high, *options):
    return _read(client, key, parse_request(low, high, options, MEMBER, reverse=False))


@command("ZREVRANGEBYLEX", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrangebylex(client, key, high, low, *options):
    return _read(client, key, parse_request(high, low, options, MEMBER, reverse=True))


@command("ZRANGESTORE", arity=-5, flags="write denyoom", keys=(1, 2, 1))
def zrangestore(client, destination, source, start, stop, *options):
    request = parse_request(start, stop, options, storing=True)
    entries = request.entries(client.db.read(source, SortedSet))
    result = sorted_set_of(client, {member: score for score, member in entries})
    return store(client, destination, result, "z", "zrangestore")


# Counting


@command("ZCOUNT", arity=4, flags="readonly fast", keys=(1, 1, 1))
def zcount(client, key, low, high):
    return _count(client, key, SCORE, low, high)


@command("ZLEXCOUNT", arity=4, flags="readonly fast", keys=(1, 1, 1))
def zlexcount(client, key, low, high):
    return _count(client, key, MEMBER, low, high)


def _count(client, key, by, low, high):
    find = parse_range(by, low, high)
    zset = client.db.read(key, SortedSet)
    return 0 if zset is None else len(find(zset))


# Removing


@command("ZREMRANGEBYRANK", arity=4, flags="write", keys=(1, 1, 1))
def zremrangebyrank(client, key, start, stop):
    return _remove(client, key, RANK, start, stop, "zremrangebyrank")


@command("ZREMRANGEBYSCORE", arity=4, flags="write", keys=(1, 1, 1))
def zremrangebyscore(client, key, low, high):
    return _remove(client, key, SCORE, low, high, "zremrangebyscore")


@command("ZREMRANGEBYLEX", arity=4, flags="write", keys=(1, 1, 1))
def zremrangebylex(client, key, low, high):
    return _remove(client, key, MEMBER, low, high, "zremrangebylex")


def _remove(client, key, by, low, high, event):
    find = parse_range(by, low, high)
    database = client.db
    zset = database.write(key, SortedSet)
    if zset is None:
        return 0
    positions = find(zset)
    if positions:
        zset.remove_at(positions)
        database.changed(key, "z", event, len(positions))
        database.delete_if_empty(key, zset)
    return len(positions)
