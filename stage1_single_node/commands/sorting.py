"""SORT and SORT_RO: the elements of a list, set or sorted set, ordered by themselves or by other keys' values.

1. The elements are loaded; with BY, each has a weight, which is looked up: BY w_* is the string at w_ELEMENT, BY h_*->f
   a hash's field. BY without a star means no order at all, which saves the sorting.
2. They are sorted: as numbers, equals by their bytes, or with ALPHA as bytes. No weight counts as 0, or as the least.
3. LIMIT picks a part, GET replaces each element by looked-up values (# is the element itself), STORE keeps the result.
Source: Redis 7.0's sort.c; https://redis.io/commands/sort/
"""

from dataclasses import dataclass, field

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.storing import store
from stage1_single_node.errors import SYNTAX, WRONG_TYPE, ReplyError
from stage1_single_node.kinds import type_name
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import parse_float

SORTABLE = ("list", "set", "zset")
NOT_DOUBLE = "ERR One or more scores can't be converted into double"
C_SPACES = b" \t\n\v\f\r"


@dataclass
class Request:
    """What the options of a SORT ask for."""

    by: bytes | None = None
    unordered: bool = False  # some BY had no star
    start: int = 0
    count: int = -1  # negative: all
    patterns: list[bytes] = field(default_factory=list)  # GET
    descending: bool = False
    alpha: bool = False
    target: bytes | None = None  # STORE


@command("SORT", arity=-2, flags="write denyoom movablekeys", keys=(1, 1, 1))
def sort(client, key, *options):
    request = _parse(options, may_store=True)
    found = _sorted(client.db, key, request)
    if request.target is None:
        return found
    result = List(element or b"" for element in found)
    return store(client, request.target, result, "l", "sortstore", changes=len(result))


@command("SORT_RO", arity=-2, flags="readonly movablekeys", keys=(1, 1, 1))
def sort_ro(client, key, *options):
    return _sorted(client.db, key, _parse(options, may_store=False))


def _parse(options, may_store: bool) -> Request:
    request = Request()
    words = iter(options)
    left = len(options)
    for word in words:
        option = word.upper()
        left -= 1
        if option in (b"ASC", b"DESC"):
            request.descending = option == b"DESC"
        elif option == b"ALPHA":
            request.alpha = True
        elif option == b"LIMIT" and left >= 2:
            request.start, request.count = integer(next(words)), integer(next(words))
            left -= 2
        elif left and (option in (b"BY", b"GET") or (option == b"STORE" and may_store)):
            argument = next(words)
            left -= 1
            if option == b"BY":
                request.by = argument
                request.unordered |= b"*" not in argument
            elif option == b"GET":
                request.patterns.append(argument)
            else:
                request.target = argument
        else:
            raise ReplyError(SYNTAX)
    return request


def _sorted(database, key: bytes, request: Request) -> list[bytes | None]:
    """The elements that the request picks, or what it GETs for them."""
    value = database.read(key)
    kind = "list" if value is None else type_name(value)
    if kind not in SORTABLE:
        raise ReplyError(WRONG_TYPE)
    elements = [] if value is None else list(value)
    if kind == "zset":
        value.encoding = "skiplist"  # Redis walks the skip list here, and converts a compact set for it, for good
    if not request.unordered:
        elements = _in_order(database, elements, request)
    elif kind == "set":
        if request.target is not None:
            elements.sort(reverse=request.descending)  # without this, what is stored would be anybody's guess
    elif request.descending:
        elements.reverse()
    start = max(request.start, 0)
    picked = elements[start:] if request.count < 0 else elements[start : start + request.count]
    if not request.patterns:
        return picked
    return [_look_up(database, pattern, element) for element in picked for pattern in request.patterns]


def _in_order(database, elements: list[bytes], request: Request) -> list[bytes]:
    by, descending = request.by, request.descending
    if request.alpha and by is None:
        return sorted(elements, reverse=descending)
    weights = elements if by is None else [_look_up(database, by, element) for element in elements]
    if request.alpha:
        ranks = [(weight is not None, weight) for weight in weights]
        order = sorted(range(len(elements)), key=ranks.__getitem__, reverse=descending)
        return [elements[position] for position in order]
    weighed = zip([_number(weight) for weight in weights], elements)
    return [element for _, element in sorted(weighed, reverse=descending)]


def _number(weight: bytes | None) -> float:
    """A weight as C's strtod reads it: leading spaces are skipped, and nothing at all is 0."""
    text = (weight or b"").partition(b"\0")[0]
    try:
        return parse_float(text.lstrip(C_SPACES)) if text else 0.0
    except ValueError:
        raise ReplyError(NOT_DOUBLE) from None


def _look_up(database, pattern: bytes, element: bytes) -> bytes | None:
    """The value that a pattern means for an element; None if there is none, or no string."""
    if pattern == b"#":
        return element
    before, star, after = pattern.partition(b"*")
    if not star:
        return None  # the same key for all elements would make no sense
    after, _, name = after.partition(b"->") if not after.endswith(b"->") else (after, b"", b"")
    value = database.read(before + element + after)
    if name:
        return value.get(name) if type(value) is Hash else None
    return bytes(value) if type(value) in (bytes, bytearray) else None
