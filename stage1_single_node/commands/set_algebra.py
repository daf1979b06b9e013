"""Union, intersection and difference of sets. A missing key is an empty set.

Source: Redis 7.0's t_set.c (sinterGenericCommand, sunionDiffGenericCommand).
"""

from collections.abc import Iterable
from itertools import chain, islice

from stage1_single_node import resp
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer_from
from stage1_single_node.commands.storing import store
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.structures.set import Set

NO_KEYS = "ERR numkeys should be greater than 0"
NEGATIVE_LIMIT = "ERR LIMIT can't be negative"


def read_sets(client, keys: Iterable[bytes]) -> list[Set]:
    """The sets at the keys, an empty one for each that is missing; raises WRONGTYPE."""
    nothing = Set()
    return [client.db.read(key, Set) or nothing for key in keys]


def intersection(sets: list[Set]) -> Iterable[bytes]:
    """What is in all sets: at most as many look-ups in each as the smallest one has members."""
    smallest, *others = sorted(sets, key=len)
    return (member for member in smallest if all(member in other for other in others))


def union(sets: list[Set]) -> Iterable[bytes]:
    """What is in any of the sets, each member once."""
    return dict.fromkeys(chain.from_iterable(sets))


def difference(sets: list[Set]) -> Iterable[bytes]:
    """What is in the first set and in no other."""
    first, *others = sets
    return (member for member in first if not any(member in other for other in others))


def _compute(client, algebra, keys) -> Set:
    """The result as a set of its own, so that few integers are listed in numeric order."""
    return Set(algebra(read_sets(client, keys)), client.server.config.set_max_intset_entries)


def _reply(client, algebra, keys):
    return resp.Set(_compute(client, algebra, keys))


def _store(client, algebra, destination, keys, event):
    return store(client, destination, _compute(client, algebra, keys), "s", event)


@command("SINTER", arity=-2, flags="readonly", keys=(1, -1, 1))
def sinter(client, *keys):
    return _reply(client, intersection, keys)


@command("SUNION", arity=-2, flags="readonly", keys=(1, -1, 1))
def sunion(client, *keys):
    return _reply(client, union, keys)


@command("SDIFF", arity=-2, flags="readonly", keys=(1, -1, 1))
def sdiff(client, *keys):
    return _reply(client, difference, keys)


@command("SINTERSTORE", arity=-3, flags="write denyoom", keys=(1, -1, 1))
def sinterstore(client, destination, *keys):
    return _store(client, intersection, destination, keys, "sinterstore")


@command("SUNIONSTORE", arity=-3, flags="write denyoom", keys=(1, -1, 1))
def sunionstore(client, destination, *keys):
    return _store(client, union, destination, keys, "sunionstore")


@command("SDIFFSTORE", arity=-3, flags="write denyoom", keys=(1, -1, 1))
def sdiffstore(client, destination, *keys):
    return _store(client, difference, destination, keys, "sdiffstore")


@command("SINTERCARD", arity=-3, flags="readonly movablekeys")
def sintercard(client, number, *words):
    count = integer_from(1, number, NO_KEYS)
    if count > len(words):
        raise ReplyError("ERR Number of keys can't be greater than number of args")
    limit = _parse_limit(words[count:])
    return sum(1 for _ in islice(intersection(read_sets(client, words[:count])), limit or None))


def _parse_limit(options: tuple[bytes, ...]) -> int:
    """`LIMIT limit`, or nothing, which is 0: no limit."""
    limit = 0
    words = iter(options)
    for word in words:
        text = next(words, None)
        if word.upper() != b"LIMIT" or text is None:
            raise ReplyError(SYNTAX)
        limit = integer_from(0, text, NEGATIVE_LIMIT)
    return limit
