"""Commands about the connection itself: PING, HELLO, AUTH, SELECT, QUIT, RESET. Source: Redis 7.0's networking.c."""

from stage1_single_node.command import command
from stage1_single_node.errors import DB_OUT_OF_RANGE, NOT_AN_INTEGER, ReplyError, wrong_arity
from stage1_single_node.structures.numbers import parse_integer


@command("PING", arity=-1, flags="fast")
def ping(client, *message):
    if len(message) > 1:
        raise ReplyError(wrong_arity("ping"))
    if client.subscriptions and client.protocol == 2:
        return [b"pong", message[0] if message else b""]
    return message[0] if message else "PONG"


@command("ECHO", arity=2, flags="fast")
def echo(client, message):
    return message


@command("SELECT", arity=2, flags="loading stale fast")
def select(client, index):
    try:
        number = parse_integer(index)
    except ValueError:
        raise ReplyError(NOT_AN_INTEGER) from None
    databases = client.server.keyspace.databases
    if not 0 <= number < len(databases):
        raise ReplyError(DB_OUT_OF_RANGE)
    client.db = databases[number]
    return "OK"


@command("QUIT", arity=-1, flags="allow_busy noscript loading stale fast no_auth")
def quit_(client, *ignored):
    client.close()
    return "OK"
