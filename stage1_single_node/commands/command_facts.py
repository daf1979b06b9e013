"""COMMAND: what the server says about its own commands. The facts are in facts.py, the places of keys in
key_positions.py. Source: Redis 7.0's server.c; https://redis.io/commands/command/
"""

from stage1_single_node.command import command
from stage1_single_node.commands import facts, key_positions
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.introspection import every_command

FLAGS = "loading stale"


def present(client) -> facts.Present:
    """The commands that this server has, by their full names in lower case."""
    return {each.name: facts.of(each) for each in every_command(client.server)}


@command("COMMAND", arity=-1, flags=FLAGS)
def command_(client):
    return facts.all_info(present(client))


@command("COMMAND|COUNT", arity=2, flags=FLAGS)
def count(client):
    return len(client.server.table)


@command("COMMAND|INFO", arity=-2, flags=FLAGS)
def info(client, *names):
    return facts.info(names, present(client)) if names else command_(client)


@command("COMMAND|DOCS", arity=-2, flags=FLAGS)
def docs(client, *names):
    return facts.documentation(names, present(client))


@command("COMMAND|LIST", arity=-2, flags=FLAGS)
def list_(client, *words):
    return facts.listing(list(words), present(client))


@command("COMMAND|GETKEYS", arity=-4, flags=FLAGS)
def getkeys(client, *argv):
    return key_positions.keys(list(argv), present(client))


@command("COMMAND|GETKEYSANDFLAGS", arity=-4, flags=FLAGS)
def getkeysandflags(client, *argv):
    return key_positions.keys_and_flags(list(argv), present(client))


@command("COMMAND|HELP", arity=2, flags=FLAGS)
def help_(client):
    return subcommand_help(
        "COMMAND",
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
    )
