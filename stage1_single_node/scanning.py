"""SCAN, HSCAN, SSCAN, ZSCAN: iterating over what changes meanwhile, a few elements a call.

The promise: an element that is there from the first call to the last is returned at least once; one that comes or goes
in between may be returned or not. A cursor may be abandoned, used twice or made up, and no call raises for it.
Redis keeps that promise without any state: a cursor is a bucket number of the hash table, counted up from its highest
bit, so that when the table doubles or halves the buckets already visited stay visited. A Python dict shows nobody its
buckets, so here the first call lists the names (a reference each: 10 ms a million), and a cursor says which list, and
how far. Names that have gone meanwhile are skipped, and only a limited number of lists is kept.
Where that is weak: an iteration whose list had to make room begins anew at its next call (it returns elements twice,
as Redis may too); with too many large iterations at once, they could push each other out for ever. Source: db.c.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from random import Random

from stage1_single_node.errors import BAD_CURSOR, NOT_AN_INTEGER, SYNTAX, ReplyError
from stage1_single_node.structures.glob import Matcher, compiled
from stage1_single_node.structures.numbers import parse_integer

DEFAULT_COUNT = 10
MAX_LISTS = 1024  # iterations under way at once, of which those that were abandoned stay for a while
MAX_LISTED_NAMES = 8_000_000  # in all lists together: 64 MiB of references
OFFSET_BITS = 32  # a cursor is the number of a list, and in its low bits the offset in it: below 2**63 for all clients
MAX_NUMBER = 2**31
_is_number = re.compile(rb"([-+]?)(?=\d)0*+(\d{0,20})").fullmatch

NOTHING = [b"0", []]  # what a scan of a missing key replies


class Scans:
    """The lists of names that iterations go through: the least recently used one makes room for a new one."""

    def __init__(self, random: Random):
        self._lists: OrderedDict[int, tuple[int, list]] = OrderedDict()  # number: (identity of the owner, names)
        self._number = random.randrange(MAX_NUMBER)  # so that cursors of an earlier life of the server mean nothing
        self._listed = 0

    def step(self, owner: Container, names: Callable[[], Iterable], cursor: int, count: int) -> tuple[int, list]:
        """The next cursor (0: that was all) and the names that are next, at most `count`, those in `owner` still.

        `owner` may have died since: another object at its address holds nothing that was there from the beginning.
        """
        number, offset = divmod(cursor, 1 << OFFSET_BITS)
        identity, listed = self._lists.get(number, (None, []))
        if identity == id(owner) and offset < len(listed):
            self._lists.move_to_end(number)
        else:
            number, offset, listed = 0, 0, list(names())
        end = offset + count
        found = [name for name in listed[offset:end] if name in owner]
        if end >= len(listed):
            self._drop(number)
            return 0, found
        return (number or self._keep(owner, listed)) << OFFSET_BITS | end, found

    def forget(self, owner: Container) -> None:
        """Drop the lists of a collection that is emptied now: they would keep its names in memory."""
        for number in [number for number, (identity, _) in self._lists.items() if identity == id(owner)]:
            self._drop(number)

    def _keep(self, owner: Container, names: list) -> int:
        while self._lists and (len(self._lists) >= MAX_LISTS or self._listed + len(names) > MAX_LISTED_NAMES):
            self._drop(next(iter(self._lists)))
        self._number = self._number % MAX_NUMBER + 1  # never 0, with which an iteration begins
        self._lists[self._number] = id(owner), names
        self._listed += len(names)
        return self._number

    def _drop(self, number: int) -> None:
        if number in self._lists:
            self._listed -= len(self._lists.pop(number)[1])

    def check(self) -> None:
        """Assert the invariants."""
        assert self._listed == sum(len(names) for _, names in self._lists.values())
        assert len(self._lists) <= MAX_LISTS
        assert self._listed <= MAX_LISTED_NAMES or len(self._lists) == 1


def scan_collection(
    client, owner: Container, names: Callable[[], Iterable], cursor: int, options: tuple[bytes, ...], small: bool
) -> tuple[bytes, list]:
    """One call of HSCAN, SSCAN or ZSCAN: the next cursor, as it stands in the reply, and the names that fit MATCH.

        number = parse_cursor(cursor)  # its error comes before WRONGTYPE
        value = client.db.read(key, Hash)
        if value is None:
            return NOTHING  # options of a missing key are not even read
        cursor, fields = scan_collection(client, value, lambda: value, number, options, small=value.small)
        return [cursor, …]  # the fields with their values

    `owner` is the value (the same object while the key lives); `name in owner` must tell whether an element is there
    still; `names` lists all of them. `small`: it has a compact encoding, which Redis always returns whole, with cursor
    0. Raises ReplyError for options that are none.
    """
    count, matches, _ = parse_options(options)
    if small:
        following, found = 0, list(names())
    else:
        following, found = client.server.scans.step(owner, names, cursor, count)
    if matches:
        found = [name for name in found if matches(name)]
    return b"%d" % following, found


def parse_cursor(text: bytes) -> int:
    """A cursor as C's strtoul reads it: a sign is taken, and so is no number at all; raises ReplyError."""
    text = text.partition(b"\0")[0]
    if not text:
        return 0
    read = _is_number(text)
    if read is None or int(read[2] or b"0") >= 2**64:
        raise ReplyError(BAD_CURSOR)
    number = int(read[2] or b"0")
    return -number % 2**64 if read[1] == b"-" else number


def parse_options(options: tuple[bytes, ...], typed: bool = False) -> tuple[int, Matcher | None, bytes | None]:
    """(COUNT, MATCH as a function or None for all, TYPE in lower case or None); only SCAN itself is `typed`."""
    count, matches, kind = DEFAULT_COUNT, None, None
    words = iter(options)
    for word in words:
        option, value = word.upper(), next(words, None)
        if value is None:
            raise ReplyError(SYNTAX)
        if option == b"COUNT":
            count = _parse_count(value)
        elif option == b"MATCH":
            matches = None if value == b"*" else compiled(value)  # Redis does not even ask for a match of *
        elif option == b"TYPE" and typed:
            kind = value.lower()
        else:
            raise ReplyError(SYNTAX)
    return count, matches, kind


def _parse_count(text: bytes) -> int:
    try:
        count = parse_integer(text)
    except ValueError:
        raise ReplyError(NOT_AN_INTEGER) from None
    if count < 1:
        raise ReplyError(SYNTAX)
    return count
