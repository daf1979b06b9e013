"""Passwords must not be read in the slow log or by MONITOR: commands that carry one are shown without it.

Source: redactClientCommandArgument and its callers in Redis 7.0.
"""

from stage1_single_node.command import Command
from stage1_single_node.directives import BY_NAME

REDACTED = b"(redacted)"


def without_secrets(command: Command, argv: list[bytes]) -> list[bytes]:
    """The request as others may see it."""
    find = SECRETS.get(command.name)
    if find is None:
        return argv
    secret = find(argv)
    return [REDACTED if position in secret else word for position, word in enumerate(argv)]


def _of_auth(argv: list[bytes]) -> set[int]:
    return {1, 2}


def _of_hello(argv: list[bytes]) -> set[int]:
    """HELLO 3 AUTH user password SETNAME name."""
    position = 2
    while position < len(argv):
        if argv[position].upper() == b"AUTH":
            return {position + 1, position + 2}
        position += 2
    return set()


def _of_config_set(argv: list[bytes]) -> set[int]:
    secret = set()
    for position in range(2, len(argv), 2):
        directive = BY_NAME.get(argv[position].decode(errors="replace").lower())
        if directive and directive.sensitive:
            secret.add(position + 1)
    return secret


SECRETS = {"auth": _of_auth, "hello": _of_hello, "config|set": _of_config_set}
