"""COMMAND on ours and on the real Redis: of every command that ours has, the same facts."""

import pytest

from tests.target import Server

SUBCOMMANDS = 9  # the place of a container's subcommands among its facts


def names(server: Server) -> list[bytes]:
    with server.connect() as client:
        return sorted(client("COMMAND", "LIST"))


def facts(server: Server, protocol: int, wanted: list[bytes]) -> dict[bytes, list]:
    with server.connect() as client:
        client("HELLO", protocol)
        found = client("COMMAND", "INFO", *wanted)
    return {name: fact and without_order(fact) for name, fact in zip(wanted, found)}


def without_order(fact: list) -> list:
    """Subcommands have no order; their own facts are compared under their own names."""
    return [*fact[:SUBCOMMANDS], sorted(subcommand[0] for subcommand in fact[SUBCOMMANDS])]


@pytest.mark.parametrize("protocol", [2, 3])
def test_facts_are_the_real_ones(stage1, real, protocol):
    ours = names(stage1)
    expected, found = facts(real, protocol, ours), facts(stage1, protocol, ours)
    for name in ours:
        assert expected[name] is not None, f"the real server has no command {name!r}"
        present = [subcommand for subcommand in expected[name][SUBCOMMANDS] if subcommand in ours]
        assert found[name] == [*expected[name][:SUBCOMMANDS], present], name.decode()


def test_documentation_is_the_real_one(stage1, real):
    def documentation(server: Server) -> dict[bytes, list]:
        with server.connect() as client:
            flat = client("COMMAND", "DOCS")
        return dict(zip(flat[::2], flat[1::2]))

    ours, expected = documentation(stage1), documentation(real)
    assert set(ours) <= set(expected)
    for name, told in ours.items():
        one, other = dict(zip(told[::2], told[1::2])), dict(zip(expected[name][::2], expected[name][1::2]))
        one.pop(b"subcommands", None), other.pop(b"subcommands", None)
        assert one == other, name.decode()


def test_the_commands_of_the_five_types_are_all_there(stage1, real):
    with real.connect() as client:
        expected = {
            name
            for category in ("string", "list", "hash", "set", "sortedset", "transaction", "pubsub")
            for name in client("COMMAND", "LIST", "FILTERBY", "ACLCAT", category)
        }
        # The categories of the five types hold a few commands of later stages and issues.
        later = {
            name
            for category in ("geo", "hyperloglog", "bitmap", "stream", "scripting")
            for name in client("COMMAND", "LIST", "FILTERBY", "ACLCAT", category)
        }
    assert expected - later <= set(names(stage1))
