"""Commands about the connection itself: PING, ECHO, SELECT, AUTH, HELLO, RESET, QUIT.

Source: Redis 7.0's networking.c, acl.c and db.c; https://redis.io/commands/?group=connection
"""

from stage1_single_node import access_control, monitor, transactions
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.config import VERSION
from stage1_single_node.errors import DB_OUT_OF_RANGE, NO_PROTO, SYNTAX, ReplyError, printable, wrong_arity

CONNECTION = "noscript loading stale fast no_auth allow_busy"
NO_PASSWORD = (
    "ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)
HELLO_NEEDS_AUTH = (
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option "
    "can be used to authenticate the client and select the RESP protocol version at the same time"
)
BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters."


@command("PING", arity=-1, flags="fast")
def ping(client, *message):
    if len(message) > 1:
        raise ReplyError(wrong_arity("ping"))
    if client.subscriptions and client.protocol == 2:
        return [b"pong", message[0] if message else b""]
    return message[0] if message else "PONG"


@command("ECHO", arity=2, flags="loading stale fast")
def echo(client, message):
    return message


@command("SELECT", arity=2, flags="loading stale fast")
def select(client, index):
    number = integer(index)
    databases = client.server.keyspace.databases
    if not 0 <= number < len(databases):
        raise ReplyError(DB_OUT_OF_RANGE)
    client.db = databases[number]
    return "OK"


@command("AUTH", arity=-2, flags=CONNECTION)
def auth(client, *words):
    if len(words) > 2:
        raise ReplyError(SYNTAX)
    if len(words) == 1 and not client.server.config.requirepass:
        raise ReplyError(NO_PASSWORD)
    user = words[0] if len(words) == 2 else access_control.DEFAULT_USER
    access_control.authenticate(client, user, words[-1])
    return "OK"


@command("HELLO", arity=-1, flags=CONNECTION)
def hello(client, *words):
    protocol = 0
    if words:
        protocol = integer(words[0], "ERR Protocol version is not an integer or out of range")
        if protocol not in (2, 3):
            raise ReplyError(NO_PROTO)
    credentials = _take_hello_options(client, words[1:])
    if credentials:
        access_control.authenticate(client, *credentials)
    if not client.authenticated:
        raise ReplyError(HELLO_NEEDS_AUTH)
    if protocol:
        client.protocol = protocol
        client.set_gate()  # in RESP2 a subscriber may only listen
    return {
        b"server": b"redis",
        b"version": VERSION.encode(),
        b"proto": client.protocol,
        b"id": client.id,
        b"mode": b"cluster" if client.server.config.cluster_enabled else b"standalone",
        b"role": client.server.role.encode(),
        b"modules": [],
    }


def _take_hello_options(client, words: tuple[bytes, ...]) -> tuple[bytes, bytes] | None:
    """Set the client's name if HELLO gives one; the user and password, if it gives them."""
    credentials = None
    position = 0
    while position < len(words):
        option, values = words[position].upper(), words[position + 1 :]
        if option == b"AUTH" and len(values) >= 2:
            credentials = values[0], values[1]
            position += 3
        elif option == b"SETNAME" and values:
            client.name = checked_name(values[0])
            position += 2
        else:
            raise ReplyError(f"ERR Syntax error in HELLO option '{printable(words[position])}'")
    return credentials


def checked_name(name: bytes) -> bytes:
    """A client's name, which must not break the lines of CLIENT LIST; raises ReplyError."""
    if any(not 33 <= character <= 126 for character in name):
        raise ReplyError(BAD_NAME)
    return name


@command("RESET", arity=1, flags=CONNECTION)
def reset(client):
    """The connection as it was when it began, but for its id (a pool's clean-up before it lends a connection again)."""
    server = client.server
    transactions.discard(client)
    monitor.unwatch(client)
    server.pubsub.forget(client)
    client.kind = "normal"
    client.db = server.keyspace.databases[0]
    client.protocol = 2
    client.name = b""
    client.silent = False
    access_control.greet(client)
    return "RESET"


@command("QUIT", arity=-1, flags=CONNECTION)
def quit_(client, *ignored):
    client.close()
    return "OK"
