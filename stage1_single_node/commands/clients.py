"""CLIENT: who is connected, and what may be done to them. Source: clientCommand in Redis 7.0's networking.c."""

from collections.abc import Callable

from stage1_single_node import blocking, pausing
from stage1_single_node.client_info import describe
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer, integer_from
from stage1_single_node.commands.connection import checked_name
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import NEGATIVE_TIMEOUT, SYNTAX, ReplyError, SubcommandSyntax
from stage1_single_node.resp import NO_REPLY, Verbatim
from stage1_single_node.structures.numbers import MAX_INTEGER

MINE = "noscript loading stale"  # flags of what concerns only the connection itself
OTHERS = "admin noscript loading stale"
KINDS = {b"NORMAL": "normal", b"PUBSUB": "pubsub", b"SLAVE": "replica", b"REPLICA": "replica", b"MASTER": "master"}
NO_SUCH_CLIENT = "ERR No such client"


@command("CLIENT|ID", arity=2, flags=MINE)
def client_id(client):
    return client.id


@command("CLIENT|SETNAME", arity=3, flags=MINE)
def client_setname(client, name):
    client.name = checked_name(name)
    return "OK"


@command("CLIENT|GETNAME", arity=2, flags=MINE)
def client_getname(client):
    return client.name or None


@command("CLIENT|INFO", arity=2, flags=MINE)
def client_info(client):
    return _lines([client])


@command("CLIENT|LIST", arity=-2, flags=OTHERS)
def client_list(client, *words):
    clients = client.server.clients
    if not words:
        return _lines(clients.values())
    option = words[0].upper()
    if option == b"TYPE" and len(words) == 2:
        kind = _kind(words[1])
        return _lines(other for other in clients.values() if other.kind == kind)
    if option == b"ID" and len(words) > 1:
        ids = [integer(word, "ERR Invalid client ID") for word in words[1:]]
        return _lines(clients[id_] for id_ in ids if id_ in clients)
    raise ReplyError(SYNTAX)


def _lines(clients) -> Verbatim:
    lines = [describe(other, other.server.keyspace.now) + "\n" for other in clients]
    return Verbatim("".join(lines).encode(errors="surrogateescape"))


def _kind(word: bytes) -> str:
    try:
        return KINDS[word.upper()]
    except KeyError:
        raise ReplyError(f"ERR Unknown client type '{_text(word)}'") from None


def _text(word: bytes) -> str:
    return word.decode(errors="surrogateescape")


# Ending connections


@command("CLIENT|KILL", arity=-3, flags=OTHERS)
def client_kill(client, *words):
    if len(words) == 1:  # the form of old: an address, and the killer is not spared
        if not _kill(client, [lambda other: other.address == _text(words[0])], spare_me=False):
            raise ReplyError(NO_SUCH_CLIENT)
        return "OK"
    if len(words) % 2:
        raise ReplyError(SYNTAX)
    filters = []
    spare_me = True
    for option, value in zip(words[::2], words[1::2]):
        if option.upper() == b"SKIPME":
            if value.upper() not in (b"YES", b"NO"):
                raise ReplyError(SYNTAX)
            spare_me = value.upper() == b"YES"
        else:
            filters.append(_filter(option.upper(), value))
    return _kill(client, filters, spare_me)


def _filter(option: bytes, value: bytes) -> Callable:
    """Whom one filter of CLIENT KILL means."""
    if option == b"ID":
        wanted = integer_from(1, value, "ERR client-id should be greater than 0")
        return lambda other: other.id == wanted
    if option == b"TYPE":
        kind = _kind(value)
        return lambda other: other.kind == kind
    if option == b"ADDR":
        return lambda other: other.address == _text(value)
    if option == b"LADDR":
        return lambda other: other.local_address == _text(value)
    if option == b"USER":
        if value != b"default":
            raise ReplyError(f"ERR No such user '{_text(value)}'")
        return lambda other: other.user == value
    raise ReplyError(SYNTAX)


def _kill(client, filters: list[Callable], spare_me: bool) -> int:
    """Close those whom all filters mean, the killer itself only behind its reply; how many they were."""
    killed = [
        other
        for other in client.server.clients.values()
        if not (spare_me and other is client) and all(means(other) for means in filters)
    ]
    for other in killed:
        other.close(at_once=other is not client)
    return len(killed)


# Making them wait, or go on


@command("CLIENT|PAUSE", arity=-3, flags=OTHERS)
def client_pause(client, timeout, *mode):
    if len(mode) > 1:
        raise SubcommandSyntax
    if mode and mode[0].upper() not in (b"WRITE", b"ALL"):
        raise ReplyError("ERR CLIENT PAUSE mode must be WRITE or ALL")
    milliseconds = integer(timeout, "ERR timeout is not an integer or out of range")
    if milliseconds < 0:
        raise ReplyError(NEGATIVE_TIMEOUT)
    until_ms = client.server.keyspace.now + milliseconds
    if until_ms <= MAX_INTEGER:  # beyond, the end overflows in Redis 7.0 and lies in the past
        client.server.pause.begin(pausing.BY_COMMAND, until_ms, mode[:1] != (b"WRITE",))
    return "OK"


@command("CLIENT|UNPAUSE", arity=2, flags=OTHERS)
def client_unpause(client):
    client.server.pause.end(pausing.BY_COMMAND)
    return "OK"


@command("CLIENT|UNBLOCK", arity=-3, flags=OTHERS)
def client_unblock(client, id_, *reason):
    if len(reason) > 1:
        raise SubcommandSyntax
    if reason and reason[0].upper() not in (b"TIMEOUT", b"ERROR"):
        raise ReplyError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
    other = client.server.clients.get(integer(id_))
    if other is None or not other.blocked or isinstance(other.blocked, pausing.Postponed):
        return 0
    if reason and reason[0].upper() == b"ERROR":
        blocking.unblock(other, ReplyError("UNBLOCKED client unblocked via CLIENT UNBLOCK"))
    else:
        blocking.time_out(other)
    return 1


# What this connection wants


@command("CLIENT|REPLY", arity=3, flags=MINE)
def client_reply(client, mode):
    mode = mode.upper()
    if mode not in (b"ON", b"OFF", b"SKIP"):
        raise ReplyError(SYNTAX)
    if mode == b"SKIP":
        if not client.silent:
            client.skip_replies = 2  # this command and the next
    else:
        client.silent = mode == b"OFF"
        client.skip_replies = 0
    client.set_gate()
    return "OK" if mode == b"ON" else NO_REPLY


@command("CLIENT|NO-EVICT", arity=3, flags=OTHERS)
def client_no_evict(client, mode):
    client.no_evict = _on(mode)
    return "OK"


def _on(mode: bytes) -> bool:
    if mode.upper() not in (b"ON", b"OFF"):
        raise ReplyError(SYNTAX)
    return mode.upper() == b"ON"


# Client-side caching, which this server does not offer: the answers are those of a client that has not turned it on


@command("CLIENT|TRACKING", arity=-3, flags=MINE)
def client_tracking(client, mode, *options):
    if _on(mode):
        raise ReplyError("ERR Client tracking is not supported by this server")
    return "OK"


@command("CLIENT|CACHING", arity=3, flags=MINE)
def client_caching(client, mode):
    raise ReplyError(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
    )


@command("CLIENT|GETREDIR", arity=2, flags=MINE)
def client_getredir(client):
    return -1


@command("CLIENT|TRACKINGINFO", arity=2, flags=MINE)
def client_trackinginfo(client):
    return {b"flags": {b"off"}, b"redirect": -1, b"prefixes": []}


@command("CLIENT|HELP", arity=2, flags="loading stale")
def client_help(client):
    return subcommand_help(
        "CLIENT",
        "CACHING (YES|NO)",
        "    With tracking OPTIN or OPTOUT: whether to track the keys of the next command.",
        "GETREDIR",
        "    The id of the client that gets our invalidation messages.",
        "GETNAME",
        "    The name of this connection.",
        "ID",
        "    The id of this connection.",
        "INFO",
        "    This connection in one line.",
        "KILL <ip:port>",
        "    Close the connection from that address.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close the connections that all options mean:",
        "    * ADDR (<ip:port>|<unixsocket>:0), LADDR (<ip:port>|<unixsocket>:0)",
        "      by the peer's address, by ours",
        "    * ID <id>, TYPE (NORMAL|MASTER|REPLICA|PUBSUB), USER <username>",
        "      by number, by kind, by user",
        "    * SKIPME (YES|NO)",
        "      whether to spare this connection (default: yes)",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)|ID <id> [<id> ...]]",
        "    The connections, one a line.",
        "UNPAUSE",
        "    End the pause.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Let commands wait for so many milliseconds: all, or those that write.",
        "REPLY (ON|OFF|SKIP)",
        "    Whether this connection gets replies: yes, no, not to the next command.",
        "SETNAME <name>",
        "    Name this connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    End another client's waiting, as if its time were up or with an error.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
        "    Client-side caching with invalidation messages.",
        "TRACKINGINFO",
        "    How this connection uses it.",
        "NO-EVICT (ON|OFF)",
        "    Spare this connection when maxmemory-clients closes some.",
    )
