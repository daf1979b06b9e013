"""Ranges of sorted sets: by rank, by score, by the bytes of members (lex); to read, count, store and remove.

ZRANGE can do what six older commands do; all of them become one `Request`, and its bounds one range of positions.
Source: Redis 7.0's t_zset.c (zrangeGenericCommand, zslParseRange, zslParseLexRange).
"""

import math
import re
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
_is_decimal = re.compile(rb"[-+]?(?:\d++\.?\d*+|\.\d++)(?:e[-+]?\d++)?", re.IGNORECASE).fullmatch
LIMIT_BY_RANK = "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
SCORES_BY_MEMBER = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"

# What a range goes by
RANK, SCORE, MEMBER = "rank", "score", "member"
WORDS = {b"BYSCORE": SCORE, b"BYLEX": MEMBER}


@dataclass
class Request:
    """What ZRANGE and its elder siblings ask for; what is None may be chosen by an option."""

    by: str | None = None
    reverse: bool | None = None
    storing: bool = False
    with_scores: bool = False
    offset: int = 0
    limit: int = -1  # negative: no limit
    low: object = None
    high: object = None

    def parse(self, start: bytes, stop: bytes, options: tuple[bytes, ...]) -> "Request":
        """Take the arguments of the command in; raises ReplyError."""
        self._parse_options(options)
        self.by = self.by or RANK
        if self.limit != -1 and self.by == RANK:
            raise ReplyError(LIMIT_BY_RANK)
        if self.with_scores and self.by == MEMBER:
            raise ReplyError(SCORES_BY_MEMBER)
        if self.reverse and self.by != RANK:
            start, stop = stop, start  # these come highest first
        self.low, self.high = parse_bounds(self.by, start, stop)
        return self

    def _parse_options(self, options: tuple[bytes, ...]) -> None:
        words = list(reversed(options))
        while words:
            word = words.pop().upper()
            if word == b"WITHSCORES" and not self.storing:
                self.with_scores = True
            elif word == b"LIMIT" and len(words) >= 2:
                self.offset, self.limit = integer(words.pop()), integer(words.pop())
            elif word == b"REV" and self.reverse is None:
                self.reverse = True
            elif word in WORDS and self.by is None:
                self.by = WORDS[word]
            else:
                raise ReplyError(SYNTAX)

    def entries(self, zset: SortedSet) -> list[Entry]:
        """What this asks for, in the order in which it is asked for."""
        if self.by == RANK:
            positions = zset.by_rank(self.low, self.high)
            if self.reverse:  # ranks count from the other end
                last = len(zset) - 1
                positions = range(last - positions.start, last - positions.stop, -1)
            return zset.at(positions)
        positions = find(zset, self.by, self.low, self.high)
        if self.reverse:
            positions = positions[::-1]
        if self.offset < 0:
            return []
        positions = positions[self.offset :]
        return zset.at(positions if self.limit < 0 else positions[: self.limit])


def parse_bounds(by: str, start: bytes, stop: bytes) -> tuple:
    """Both ends of a range; raises ReplyError."""
    parse = {RANK: integer, SCORE: _parse_score_bound, MEMBER: _parse_member_bound}[by]
    return parse(start), parse(stop)


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


def find(zset: SortedSet, by: str, low, high) -> range:
    """The positions between the bounds."""
    if by == RANK:
        return zset.by_rank(low, high)
    return zset.by_score(low, high) if by == SCORE else zset.by_member(low, high)


# Reading


def _read(client, key, request: Request):
    zset = client.db.read(key, SortedSet)
    entries = request.entries(zset) if zset is not None else []
    if request.with_scores:
        return Pairs((member, score) for score, member in entries)
    return [member for _, member in entries]


@command("ZRANGE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrange(client, key, start, stop, *options):
    return _read(client, key, Request().parse(start, stop, options))


@command("ZREVRANGE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrange(client, key, start, stop, *options):
    return _read(client, key, Request(RANK, reverse=True).parse(start, stop, options))


@command("ZRANGEBYSCORE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrangebyscore(client, key, low, high, *options):
    return _read(client, key, Request(SCORE, reverse=False).parse(low, high, options))


@command("ZREVRANGEBYSCORE", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrangebyscore(client, key, high, low, *options):
    return _read(client, key, Request(SCORE, reverse=True).parse(high, low, options))


@command("ZRANGEBYLEX", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrangebylex(client, key, low, high, *options):
    return _read(client, key, Request(MEMBER, reverse=False).parse(low, high, options))


@command("ZREVRANGEBYLEX", arity=-4, flags="readonly", keys=(1, 1, 1))
def zrevrangebylex(client, key, high, low, *options):
    return _read(client, key, Request(MEMBER, reverse=True).parse(high, low, options))


@command("ZRANGESTORE", arity=-5, flags="write denyoom", keys=(1, 2, 1))
def zrangestore(client, destination, source, start, stop, *options):
    request = Request(storing=True).parse(start, stop, options)
    zset = client.db.read(source, SortedSet)
    entries = request.entries(zset) if zset is not None else []
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
    bounds = parse_bounds(by, low, high)
    zset = client.db.read(key, SortedSet)
    return 0 if zset is None else len(find(zset, by, *bounds))


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
    bounds = parse_bounds(by, low, high)
    database = client.db
    zset = database.write(key, SortedSet)
    positions = () if zset is None else find(zset, by, *bounds)
    if positions:
        zset.remove_at(positions)
        database.changed(key, "z", event, len(positions))
        database.delete_if_empty(key, zset)
    return len(positions)
