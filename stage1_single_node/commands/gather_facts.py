"""`python -m stage1_single_node.commands.gather_facts HOST:PORT > facts.json`: what a real server says of its commands.

COMMAND and COMMAND DOCS of redis-server say everything there is to say about its commands; what they say is kept in
facts.json, one command a line, so that a difference between two versions of Redis is a difference between lines.
"""

import json
import sys
from typing import Any

import redis

Reply = Any


def gather(server: redis.Redis) -> dict[str, dict]:
    """All facts by full name, subcommands as `config|get`, in the order of names."""
    facts: dict[str, dict] = {}
    documents = by_name(server.execute_command("COMMAND", "DOCS"))
    for info in server.execute_command("COMMAND"):
        facts |= described(info, documents[info[0]])
    return dict(sorted(facts.items()))


def described(info: list[Reply], flat_document: list[Reply]) -> dict[str, dict]:
    """The facts of one command and of its subcommands."""
    name, arity, flags, first, last, step, categories, tips, key_specs, subcommands = info
    document = by_name(flat_document)
    documents = by_name(document.pop("subcommands", []))
    facts = {
        name: {
            "arity": arity,
            "flags": flags,
            "keys": [first, last, step],
            "categories": categories,
            "tips": tips,
            "key_specs": [key_spec(spec) for spec in key_specs],
            "subcommands": sorted(subcommand[0] for subcommand in subcommands),
            "docs": with_arguments(document),
        }
    }
    for subcommand in subcommands:
        facts |= described(subcommand, documents[subcommand[0]])
    return facts


def key_spec(flat: list[Reply]) -> dict[str, Reply]:
    spec = by_name(flat)
    for part in ("begin_search", "find_keys"):
        search = by_name(spec[part])
        spec[part] = search | {"spec": by_name(search["spec"])}
    return spec


def with_arguments(described: dict[str, Reply]) -> dict[str, Reply]:
    """The description of a command, or of an argument that consists of arguments, with these as maps too."""
    if "arguments" in described:
        described["arguments"] = [with_arguments(by_name(flat)) for flat in described["arguments"]]
    return described


def by_name(flat: list[Reply]) -> dict[str, Reply]:
    """A map, which RESP2 sends as a list of names and values."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def main() -> None:
    host, _, port = sys.argv[1].rpartition(":")
    server = redis.Redis(host or "127.0.0.1", int(port), protocol=2, decode_responses=True)
    server.response_callbacks.clear()  # the replies as they come
    lines = (f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in gather(server).items())
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
