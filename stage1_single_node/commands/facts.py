"""What the real server says of its commands: arity, flags, keys, categories, documentation; and COMMAND's replies.

The facts of all commands of Redis 7.0.15 lie in facts.json (made by gather_facts.py) and are read once, when somebody
asks. A server lists only what it has, so every function takes `present`: the facts of its commands by their full names
in lower case, subcommands as `config|get`. A command that Redis does not have is told of by its declaration.
Contract: pure functions; what they return is a reply as resp.py encodes it (str a simple string, bytes a bulk string,
Set a set in Redis's own order, dict a map). Source: https://redis.io/commands/command/ and Redis 7.0's server.c.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stage1_single_node.command import FLAGS, WRITE, Command
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.resp import Set
from stage1_single_node.structures import glob

Reply = Any

# The categories that follow from a flag; there are others, of topics (@string), that nothing declares.
CATEGORIES = {flag: f"@{flag}" for flag in ("write", "admin", "pubsub", "blocking", "fast")} | {"readonly": "@read"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One command or subcommand, in the words of COMMAND INFO and COMMAND DOCS."""

    name: str  # in full and lower case: get, config|get
    arity: int  # with the name; negative: at least so many
    flags: list[str]
    keys: tuple[int, int, int]  # first, last, step, as long as they are in fixed places
    categories: list[str]  # of access control, with @
    tips: list[str]
    key_specs: list[dict[str, Any]]
    subcommands: list[str]
    docs: dict[str, Any]


Present = Mapping[str, Facts]


@cache
def load() -> dict[str, Facts]:
    """The facts of every command of Redis 7.0.15, by full name in lower case."""
    raw = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))
    return {name: Facts(name, **{**facts, "keys": tuple(facts["keys"])}) for name, facts in raw.items()}


def of(command: Command) -> Facts:
    """The facts of a command as the real server gives them; for a command of our own, what its declaration implies."""
    known = load().get(command.name)
    if known is not None:
        return known
    flags = [name for name, bit in FLAGS.items() if command.flags & bit]
    categories = [CATEGORIES[name] for name in flags if name in CATEGORIES] + ["@slow"] * ("fast" not in flags)
    first, last, step = command.keys
    positions = {"lastkey": last if last < 0 else last - first, "keystep": step, "limit": 0}
    spec = {
        "flags": ["RW", "access", "update"] if command.flags & WRITE else ["RO", "access"],
        "begin_search": {"type": "index", "spec": {"index": first}},
        "find_keys": {"type": "range", "spec": positions},
    }
    subcommands = [subcommand.name for subcommand in command.subcommands.values()]
    return Facts(
        command.name, command.arity, flags, command.keys, categories, [], [spec] if first else [], subcommands, {}
    )


def all_info(present: Present) -> list[Reply]:
    """COMMAND: subcommands are told of inside their commands."""
    return [_info(name, present) for name in present if "|" not in name]


def info(names: Iterable[bytes], present: Present) -> list[Reply]:
    """COMMAND INFO: null for what this server does not have."""
    known = map(_lower, names)
    return [_info(name, present) if name in present else None for name in known]


def documentation(names: Iterable[bytes], present: Present) -> dict[bytes, Reply]:
    """COMMAND DOCS of some names; without any, of all commands. What this server does not have is left out."""
    wanted = [_lower(name) for name in names] or [name for name in present if "|" not in name]
    return {name.encode(): _document(name, present) for name in wanted if name in present}


def listing(arguments: list[bytes], present: Present) -> list[bytes]:
    """COMMAND LIST with its arguments: none, or FILTERBY MODULE | ACLCAT | PATTERN and what to look for."""
    if not arguments:
        return [name.encode() for name in present]
    words = [argument.lower() for argument in arguments]
    if len(words) != 3 or words[0] != b"filterby" or words[1] not in FILTERS:
        raise ReplyError(SYNTAX)
    passes = FILTERS[words[1]]
    return [name.encode() for name in present if passes(present[name], arguments[2])]


FILTERS: dict[bytes, Callable[[Facts, bytes], bool]] = {
    b"module": lambda facts, module: False,  # this server loads no modules
    b"aclcat": lambda facts, category: f"@{_lower(category)}" in facts.categories,
    b"pattern": lambda facts, pattern: glob.matches(pattern, facts.name.encode(), nocase=True),
}


def _info(name: str, present: Present) -> list[Reply]:
    facts = present[name]
    return [
        name.encode(),
        facts.arity,
        Set(facts.flags),
        *facts.keys,
        Set(facts.categories),
        Set(_bulk(tip) for tip in facts.tips),
        Set(_key_spec(spec) for spec in facts.key_specs),
        [_info(subcommand, present) for subcommand in facts.subcommands if subcommand in present] or Set(),
    ]


def _key_spec(spec: dict[str, Any]) -> dict[bytes, Reply]:
    return {_bulk(field): Set(value) if field == "flags" else _bulk(value) for field, value in spec.items()}


def _document(name: str, present: Present) -> dict[bytes, Reply]:
    facts = present[name]
    reply: dict[bytes, Reply] = {}
    for field, value in facts.docs.items():
        if field == "doc_flags":
            reply[_bulk(field)] = Set(value)
        elif field == "history":
            reply[_bulk(field)] = Set(_bulk(value))
        elif field == "arguments":
            reply[_bulk(field)] = [_argument(argument) for argument in value]
        else:
            reply[_bulk(field)] = _bulk(value)
    subcommands = [subcommand for subcommand in facts.subcommands if subcommand in present]
    if subcommands:
        reply[b"subcommands"] = {_bulk(subcommand): _document(subcommand, present) for subcommand in subcommands}
    return reply


def _argument(argument: dict[str, Any]) -> dict[bytes, Reply]:
    """An argument, which may be one of, or a block of, other arguments."""
    reply: dict[bytes, Reply] = {}
    for field, value in argument.items():
        if field == "flags":
            reply[_bulk(field)] = Set(value)
        elif field == "arguments":
            reply[_bulk(field)] = [_argument(inner) for inner in value]
        else:
            reply[_bulk(field)] = _bulk(value)
    return reply


def _bulk(value: Any) -> Any:
    """The texts of a value, also inside lists and maps, as bulk strings."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return [_bulk(item) for item in value]
    if isinstance(value, dict):
        return {_bulk(field): _bulk(item) for field, item in value.items()}
    return value


def _lower(name: bytes) -> str:
    return name.decode(errors="surrogateescape").lower()
