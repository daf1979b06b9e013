"""Union, intersection and difference of sorted sets, and of plain sets, whose members count as scored 1.

Scores are multiplied by WEIGHTS, and those of one member are put together by AGGREGATE. Infinities can make a NaN of
that, which no score may be: it is taken as 0. A sum of floats depends on its order, which is Redis's: from the smallest
set to the largest. Source: zunionInterDiffGenericCommand in Redis 7.0's t_zset.c.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer, integer_from
from stage1_single_node.commands.scores import parse_score, sorted_set_of
from stage1_single_node.commands.set_algebra import NEGATIVE_LIMIT
from stage1_single_node.commands.storing import store
from stage1_single_node.errors import SYNTAX, WRONG_TYPE, ReplyError
from stage1_single_node.resp import Pairs
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet


def _sum(one: float, other: float) -> float:
    return _no_nan(one + other)


def _minimum(one: float, other: float) -> float:
    return other if other < one else one


def _maximum(one: float, other: float) -> float:
    return other if other > one else one


def _no_nan(score: float) -> float:
    return 0.0 if math.isnan(score) else score


Aggregate = Callable[[float, float], float]
AGGREGATES: dict[bytes, Aggregate] = {b"SUM": _sum, b"MIN": _minimum, b"MAX": _maximum}
WEIGHTED = (b"WEIGHTS", b"AGGREGATE")


@dataclass
class Operand:
    """A set to compute with, and the weight of its scores."""

    value: SortedSet | Set
    weight: float = 1.0

    def score(self, member: bytes) -> float:
        """The weighted score of one of its members."""
        return self.weight if isinstance(self.value, Set) else self.weight * self.value[member]

    def __len__(self) -> int:
        return len(self.value)


Scored = Iterable[tuple[bytes, float]]


def union(operands: list[Operand], aggregate: Aggregate) -> Scored:
    """Every member of any of the sets."""
    scores: dict[bytes, float] = {}
    for operand in sorted(operands, key=len):
        for member in operand.value:
            score = _no_nan(operand.score(member))
            scores[member] = aggregate(scores[member], score) if member in scores else score
    return scores.items()


def intersection(operands: list[Operand], aggregate: Aggregate) -> Scored:
    """Yield the members of all sets, looked for from the smallest."""
    smallest, *others = sorted(operands, key=len)
    for member in smallest.value:
        if all(member in other.value for other in others):
            score = _no_nan(smallest.score(member))
            for other in others:
                score = aggregate(score, other.score(member))
            yield member, score


def difference(operands: list[Operand], aggregate: Aggregate) -> Scored:
    """Yield the members of the first set that are in no other."""
    first, *others = operands
    for member in first.value:
        if not any(member in other.value for other in others):
            yield member, first.score(member)


@dataclass
class Request:
    """The arguments of one of these commands, `numkeys key … option …`, parsed with the keys already read."""

    operands: list[Operand]
    aggregate: Aggregate = _sum
    with_scores: bool = False
    limit: int = 0  # 0: none


def _parse(client, name: str, number: bytes, words: tuple[bytes, ...], allowed: tuple[bytes, ...]) -> Request:
    """Raises ReplyError; `name` is the command's, in lower case, `allowed` are the options that it knows."""
    count = integer(number)
    if count < 1:
        raise ReplyError(f"ERR at least 1 input key is needed for '{name}' command")
    if count > len(words):
        raise ReplyError(SYNTAX)
    request = Request([Operand(_read(client, key)) for key in words[:count]])
    rest = list(reversed(words[count:]))
    while rest:
        option = rest.pop().upper()
        if option not in allowed:
            raise ReplyError(SYNTAX)
        if option == b"WEIGHTS" and len(rest) >= count:
            for operand in request.operands:
                operand.weight = parse_score(rest.pop(), "ERR weight value is not a float")
        elif option == b"AGGREGATE" and rest and rest[-1].upper() in AGGREGATES:
            request.aggregate = AGGREGATES[rest.pop().upper()]
        elif option == b"WITHSCORES":
            request.with_scores = True
        elif option == b"LIMIT" and rest:
            request.limit = integer_from(0, rest.pop(), NEGATIVE_LIMIT)
        else:
            raise ReplyError(SYNTAX)
    return request


def _read(client, key: bytes) -> SortedSet | Set:
    value = client.db.read(key)
    if value is None:
        return Set()
    if type(value) not in (SortedSet, Set):
        raise ReplyError(WRONG_TYPE)
    return value


# Results as a reply


@command("ZUNION", arity=-3, flags="readonly movablekeys")
def zunion(client, number, *words):
    return _reply(union, _parse(client, "zunion", number, words, (*WEIGHTED, b"WITHSCORES")))


@command("ZINTER", arity=-3, flags="readonly movablekeys")
def zinter(client, number, *words):
    return _reply(intersection, _parse(client, "zinter", number, words, (*WEIGHTED, b"WITHSCORES")))


@command("ZDIFF", arity=-3, flags="readonly movablekeys")
def zdiff(client, number, *words):
    return _reply(difference, _parse(client, "zdiff", number, words, (b"WITHSCORES",)))


def _reply(algebra, request):
    entries = sorted((score, member) for member, score in algebra(request.operands, request.aggregate))
    if request.with_scores:
        return Pairs((member, score) for score, member in entries)
    return [member for _, member in entries]


@command("ZINTERCARD", arity=-3, flags="readonly movablekeys")
def zintercard(client, number, *words):
    request = _parse(client, "zintercard", number, words, (b"LIMIT",))
    return sum(1 for _ in islice(intersection(request.operands, request.aggregate), request.limit or None))


# Results stored


@command("ZUNIONSTORE", arity=-4, flags="write denyoom movablekeys", keys=(1, 1, 1))
def zunionstore(client, destination, number, *words):
    return _store(client, destination, union, "zunionstore", number, words, WEIGHTED)


@command("ZINTERSTORE", arity=-4, flags="write denyoom movablekeys", keys=(1, 1, 1))
def zinterstore(client, destination, number, *words):
    return _store(client, destination, intersection, "zinterstore", number, words, WEIGHTED)


@command("ZDIFFSTORE", arity=-4, flags="write denyoom movablekeys", keys=(1, 1, 1))
def zdiffstore(client, destination, number, *words):
    return _store(client, destination, difference, "zdiffstore", number, words, ())


def _store(client, destination, algebra, name, number, words, allowed):
    request = _parse(client, name, number, words, allowed)
    result = sorted_set_of(client, dict(algebra(request.operands, request.aggregate)))
    return store(client, destination, result, "z", name)
