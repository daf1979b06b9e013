"""Where the keys of a request are: COMMAND GETKEYS, and everybody who must know which keys a command touches.

Most commands say it by key specifications (in facts.json), each a way to find the first key (at an index, or behind a
keyword) and from there all of them (a range, or a number of keys that is itself an argument). Where these do not say
enough, because the keys depend on options, a function of the command's own looks at the arguments.
Source: https://redis.io/docs/reference/key-specs/ and getKeysFromCommandWithSpecs in Redis 7.0's db.c.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from stage1_single_node.commands.facts import Facts, Present
from stage1_single_node.errors import ReplyError
from stage1_single_node.resp import Set
from stage1_single_node.structures import numbers

INVALID_COMMAND = "ERR Invalid command specified"
NO_KEYS = "ERR The command has no key arguments"
WRONG_NUMBER = "ERR Invalid number of arguments specified for command"
INVALID_ARGUMENTS = "ERR Invalid arguments specified for command"

Argv = list[bytes]
Found = list[tuple[int, list[str]]]  # positions in argv, and what the command does to the key: RO, access, update …


class Unclear(Exception):
    """The key specifications cannot tell where the keys are."""


def keys(argv: Argv, present: Present) -> list[bytes]:
    """COMMAND GETKEYS."""
    return [argv[position] for position, _ in find(argv, present)]


def keys_and_flags(argv: Argv, present: Present) -> list[list]:
    """COMMAND GETKEYSANDFLAGS."""
    return [[argv[position], Set(flags)] for position, flags in find(argv, present)]


def find(argv: Argv, present: Present) -> Found:
    """The keys of the request `argv`; raises ReplyError with the texts of COMMAND GETKEYS."""
    facts = _command(argv, present)
    if facts is None:
        raise ReplyError(INVALID_COMMAND)
    if not any("not_key" not in spec["flags"] for spec in facts.key_specs):
        raise ReplyError(NO_KEYS)
    if len(argv) != facts.arity if facts.arity > 0 else len(argv) < -facts.arity:
        raise ReplyError(WRONG_NUMBER)
    found = positions(facts, argv)
    if not found and "no_mandatory_keys" not in facts.flags:
        raise ReplyError(INVALID_ARGUMENTS)
    return found


def positions(facts: Facts, argv: Argv) -> Found:
    """The keys of a request to a command that is known; none where the arguments make no sense."""
    special = SPECIAL.get(facts.name, _by_lenient_number)
    if any("variable_flags" in spec["flags"] for spec in facts.key_specs):
        return special(facts, argv)
    try:
        return [found for spec in facts.key_specs if "not_key" not in spec["flags"] for found in _by_spec(spec, argv)]
    except Unclear:
        return special(facts, argv)


def _command(argv: Argv, present: Present) -> Facts | None:
    name = argv[0].decode(errors="surrogateescape").lower()
    if name not in present or "|" in name:  # a request has the subcommand's name in a word of its own
        return None
    facts = present[name]
    if facts.subcommands and len(argv) > 1:
        name += "|" + argv[1].decode(errors="surrogateescape").lower()
        return present.get(name)
    return facts


def _by_spec(spec: dict[str, Any], argv: Argv) -> Found:
    first = _first(spec["begin_search"], argv)
    if first is None:
        return []  # an option that was not used
    first, last, step = _range(spec["find_keys"], first, argv)
    if not first <= last < len(argv) or "incomplete" in spec["flags"]:
        raise Unclear
    return [(position, spec["flags"]) for position in range(first, last + 1, step)]


def _first(search: dict[str, Any], argv: Argv) -> int | None:
    """begin_search: an index, or the place behind a keyword, looked for from the left or, startfrom < 0, the right."""
    if search["type"] == "index":
        return search["spec"]["index"]
    if search["type"] != "keyword":
        raise Unclear
    start = search["spec"]["startfrom"]
    places = range(start, len(argv) - 1) if start > 0 else range(len(argv) + start, 1, -1)
    keyword = search["spec"]["keyword"].encode()
    return next((place + 1 for place in places if argv[place].upper() == keyword), None)


def _range(search: dict[str, Any], first: int, argv: Argv) -> tuple[int, int, int]:
    """find_keys: (first, last, step), from a range or from the number of keys that the request itself tells."""
    spec = search["spec"]
    if search["type"] == "keynum":
        number = first + spec["keynumidx"]
        try:
            count = numbers.parse_integer(argv[number])
        except (IndexError, ValueError):
            raise Unclear from None
        first += spec["firstkey"]
        return first, first + count - 1, spec["keystep"]
    if spec["lastkey"] >= 0:
        return first, first + spec["lastkey"], spec["keystep"]
    if spec["limit"]:  # a half or a third of the rest: XREAD's keys, which as many IDs follow
        return first, first + (len(argv) - first) // spec["limit"] + spec["lastkey"], spec["keystep"]
    return first, len(argv) + spec["lastkey"], spec["keystep"]


# Commands whose keys depend on their options ---------------------------------------------------------------------


def _by_lenient_number(facts: Facts, argv: Argv) -> Found:
    """For a number of keys that C's atoi understands and string2ll does not (`2x`), as Redis does; else no keys."""
    places = [spec["begin_search"]["spec"].get("index", 0) for spec in facts.key_specs]
    numbered = [spec["find_keys"]["spec"] for spec in facts.key_specs if spec["find_keys"]["type"] == "keynum"]
    if not numbered:
        return []
    *destination, place = places  # ZUNIONSTORE and its like have a key in front of the number
    first = place + numbered[0]["firstkey"]
    digits = re.match(rb"\s*\+?(\d{1,9})", argv[place + numbered[0]["keynumidx"]])
    if not digits or not 1 <= int(digits[1]) <= len(argv) - first:
        return []
    return [(position, []) for position in [*range(first, first + int(digits[1])), *destination]]


def _options(argv: Argv, start: int, arguments: dict[bytes, int]) -> Iterator[tuple[int, bytes]]:
    """Position and lower-case text of the words from `start` on, without the arguments of the options named."""
    position = start
    while position < len(argv):
        word = argv[position].lower()
        yield position, word
        position += 1 + arguments.get(word, 0)


def _of_set(facts: Facts, argv: Argv) -> Found:
    reads = any(word.lower() == b"get" for word in argv[3:])
    return [(1, ["RW", "access", "update"] if reads else ["OW", "update"])]


def _of_sort(facts: Facts, argv: Argv) -> Found:
    stores = [
        position + 1
        for position, word in _options(argv, 2, {b"limit": 2, b"get": 1, b"by": 1})
        if word == b"store" and position + 1 < len(argv)
    ]
    return [(1, ["RO", "access"])] + [(position, ["OW", "update"]) for position in stores[-1:]]  # the last one wins


def _of_sort_ro(facts: Facts, argv: Argv) -> Found:
    return [(1, ["RO", "access"])]


def _of_migrate(facts: Facts, argv: Argv) -> Found:
    flags = ["RW", "access", "delete"]
    for position, word in _options(argv, 6, {b"auth": 1, b"auth2": 2}):
        if word == b"keys":
            return [] if argv[3] else [(place, flags) for place in range(position + 1, len(argv))]
    return [(3, flags)]


def _of_bitfield(facts: Facts, argv: Argv) -> Found:
    only_reads, position = True, 2
    while position < len(argv):
        width = {b"get": 3, b"overflow": 2}.get(argv[position].lower())
        if width is None or position + width > len(argv):
            only_reads = False
            break
        position += width
    return [(1, ["RO", "access"] if only_reads else ["RW", "access", "update"])]


SPECIAL: dict[str, Callable[[Facts, Argv], Found]] = {
    "set": _of_set,
    "sort": _of_sort,
    "sort_ro": _of_sort_ro,
    "migrate": _of_migrate,
    "bitfield": _of_bitfield,
}
