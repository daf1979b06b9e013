"""Who may come in. Here there is one user, `default`, whose password is requirepass; without one, everybody is he.

Source: Redis 7.0's acl.c (checkPasswordBasedAuth, ACLAuthenticateUser); https://redis.io/docs/management/security/
"""

import hmac

from stage1_single_node.errors import WRONG_PASS, ReplyError

DEFAULT_USER = b"default"


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


def _admit(client, authenticated: bool) -> None:
    client.authenticated = client.parser.authenticated = authenticated
    client.user = DEFAULT_USER
    client.set_gate()
