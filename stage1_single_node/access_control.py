"""Who may come in. Here there is one user, `default`, whose password is requirepass; without one, everybody is he.

An older means stands beside it: rename-command hides commands behind other names, or altogether, from everybody.
Source: Redis 7.0's acl.c (checkPasswordBasedAuth, ACLAuthenticateUser); https://redis.io/docs/management/security/
"""

import hmac

from stage1_single_node.command import Command
from stage1_single_node.config import allows
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.errors import WRONG_PASS, ReplyError, unknown_command, unknown_subcommand

DEFAULT_USER = b"default"
PROTECTED_BY = {"debug": "enable-debug-command"}  # commands with the flag `protected`

# A web page can make the browser of its reader send an HTTP request to a server that only the reader's machine reaches,
# with commands in its body (cross-protocol scripting). Its first lines give it away before the body is read.
HTTP_WORDS = frozenset((b"post", b"host:"))


def greet(client) -> None:
    """A connection begins, or begins anew (RESET): with a password set, its client has to give it first."""
    _admit(client, not client.server.config.requirepass)


def authenticate(client, user: bytes, password: bytes) -> None:
    """The client is that user from now on. Raises WRONGPASS, and then it stays who it was."""
    wanted = client.server.config.requirepass.encode(errors="surrogateescape")
    # In constant time: how long a comparison takes must not tell how many of the first bytes were right.
    if user != DEFAULT_USER or (wanted and not hmac.compare_digest(wanted, password)):
        raise ReplyError(WRONG_PASS)
    _admit(client, True)


def follow_requirepass(server) -> None:
    """requirepass was changed: who is in stays in, and without a password everybody is."""
    if not server.config.requirepass:
        for client in server.clients.values():
            _admit(client, True)


def guard_protected(client, command: Command) -> None:
    """What could hurt a server is off unless its configuration says otherwise. Raises ReplyError."""
    option = PROTECTED_BY[command.name]
    if not allows(getattr(client.server.config, option.replace("-", "_")), client.is_local):
        raise ReplyError(
            f'ERR {command.name.upper()} command not allowed. If the {option} option is set to "local", you can run it '
            "from a local connection, otherwise you need to set this option in the configuration file, and then "
            "restart the server."
        )


def rename(commands: dict[bytes, Command], renames: list[tuple[str, str]]) -> dict[bytes, Command]:
    """The commands by the names that rename-command gives them; an empty name removes one. Raises ConfigError."""
    renamed = dict(commands)
    for old, new in renames:
        command = renamed.pop(old.upper().encode(errors="surrogateescape"), None)
        if command is None:
            raise ConfigError("No such command in rename-command")
        if new and renamed.setdefault(new.upper().encode(errors="surrogateescape"), command) is not command:
            raise ConfigError("Target command name already exists")
    return renamed


def _admit(client, authenticated: bool) -> None:
    client.authenticated = client.parser.authenticated = authenticated
    client.user = DEFAULT_USER
    client.set_gate()


def unknown(client, argv: list[bytes]) -> ReplyError:
    """The error for a name that is in no table; whoever speaks HTTP is thrown out."""
    if argv[0].lower() in HTTP_WORDS:
        client.server.log("warning", f"Possible SECURITY ATTACK: {client.address} speaks HTTP. Connection aborted.")
        client.close(at_once=True)
    container = client.server.table.get(argv[0].upper())
    return ReplyError(unknown_command(argv) if container is None else unknown_subcommand(container.name, argv[1]))
