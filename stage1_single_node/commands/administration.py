"""Commands about the server as a whole: INFO, MONITOR, ROLE, TIME, SHUTDOWN, LOLWUT.

Source: Redis 7.0's server.c, replication.c, lolwut.c; https://redis.io/commands/?group=server
"""

from stage1_single_node import info, monitor
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.config import VERSION
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.resp import NO_REPLY, Verbatim

SHUTDOWN_OPTIONS = {b"SAVE": "save", b"NOSAVE": "nosave", b"NOW": "now", b"FORCE": "force"}
MAZE_COLUMNS, MAZE_ROWS = 40, 8


@command("INFO", arity=-1, flags="loading stale")
def info_(client, *names):
    return Verbatim(info.text(client.server.info(), names))


@command("MONITOR", arity=1, flags="admin noscript loading stale")
def monitor_(client):
    if client.executing:
        raise ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client")
    if client in client.server.monitors:
        return NO_REPLY  # it is one already, and Redis says nothing to that
    monitor.watch(client)
    return "OK"


@command("ROLE", arity=1, flags="noscript loading stale fast")
def role(client):
    return [b"master", 0, []]


@command("TIME", arity=1, flags="loading stale fast")
def time(client):
    seconds, microseconds = divmod(client.server.clock.unix_us(), 1_000_000)
    return [b"%d" % seconds, b"%d" % microseconds]


@command("SHUTDOWN", arity=-1, flags="admin noscript loading stale no_multi allow_busy")
def shutdown(client, *words):
    given = [word.upper() for word in words]
    if client.executing:  # a file being replayed must not end the server that reads it
        raise ReplyError("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client")
    if given == [b"ABORT"]:
        raise ReplyError("ERR No shutdown in progress.")
    if any(word not in SHUTDOWN_OPTIONS for word in given) or {b"SAVE", b"NOSAVE"} <= set(given):
        raise ReplyError(SYNTAX)
    client.server.shut_down(tuple(SHUTDOWN_OPTIONS[word] for word in given))
    client.close()  # the end of the connection is the reply
    return NO_REPLY


@command("LOLWUT", arity=-1, flags="readonly fast")
def lolwut(client, *words):
    """A piece of computer art, a new one each time. This one is a famous one-line program of 1982 for the Commodore 64:
    10 PRINT CHR$(205.5+RND(1)); : GOTO 10"""
    if len(words) > 1 and words[0].upper() == b"VERSION":
        integer(words[1])
    dice = client.server.random
    maze = "".join("".join(dice.choice("╱╲") for _ in range(MAZE_COLUMNS)) + "\n" for _ in range(MAZE_ROWS))
    return Verbatim(f"{maze}\nRedis ver. {VERSION}\n".encode())
