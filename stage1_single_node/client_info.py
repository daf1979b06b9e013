"""A client in one line, as CLIENT LIST, CLIENT INFO and the log print it, and the memory that a connection takes.

The fields and their order are those of Redis 7.0; the figures are ours, and what we have no such thing as is 0: Redis
reads into a query buffer with spare room (qbuf-free) and replies into a fixed one (rbs, rbp), Python's bytes have none.
Source: catClientInfoString and getClientMemoryUsage in Redis 7.0's networking.c.
"""

from stage1_single_node.client import Client

BASE_BYTES = 5_500  # a connection at rest: what each of 2,000 idle ones added to the resident memory, on uvloop


def describe(client: Client, now_ms: int) -> str:
    """The line about `client`, without the newline."""
    written = unsent_bytes(client)
    replies = sum(map(len, client.out))
    fields = {
        "id": client.id,
        "addr": client.address,
        "laddr": client.local_address,
        "fd": _descriptor(client),
        "name": client.name.decode("ascii"),
        "age": (now_ms - client.created_at) // 1000,
        "idle": max(now_ms - client.last_used_at, 0) // 1000,
        "flags": flags(client),
        "db": client.db.index,
        "sub": len(client.channels),
        "psub": len(client.patterns),
        "ssub": len(client.shard_channels),
        "multi": -1 if client.queue is None else len(client.queue),
        "qbuf": client.parser.pending_bytes,
        "qbuf-free": 0,
        "argv-mem": _size(client.pending),
        "multi-mem": _queue_bytes(client),
        "rbs": 0,
        "rbp": 0,
        "obl": replies,
        "oll": 1 if written else 0,
        "omem": written,
        "tot-mem": memory_bytes(client),
        "events": "" if client.closing else "rw" if written else "r",
        "cmd": client.last_command,
        "user": client.user.decode(errors="surrogateescape"),
        "redir": -1,
        "resp": client.protocol,
    }
    return " ".join(f"{name}={value}" for name, value in fields.items())


def flags(client: Client) -> str:
    """What the client is and does, in letters; N for nothing special."""
    facts = {
        "O": client in client.server.monitors,
        "S": client.kind == "replica",
        "P": client.subscriptions,
        "x": client.queue is not None,
        "b": client.blocked,
        "d": client.watch_broken,
        "A": client.closing,
        "U": client.over_unix_socket,
        "e": client.no_evict,
    }
    return "".join(letter for letter, true in facts.items() if true) or "N"


def memory_bytes(client: Client) -> int:
    """What the connection takes, as maxmemory-clients counts it."""
    read = client.parser.pending_bytes + _size(client.pending) + _queue_bytes(client)
    return BASE_BYTES + read + sum(map(len, client.out)) + unsent_bytes(client)


def _size(commands) -> int:
    return sum(len(argument) for argv in commands for argument in argv)


def _queue_bytes(client: Client) -> int:
    return _size(argv for _, argv in client.queue or ())


def unsent_bytes(client: Client) -> int:
    return client.transport.get_write_buffer_size() if client.transport else 0


def _descriptor(client: Client) -> int:
    connection = client.transport.get_extra_info("socket") if client.transport else None
    return connection.fileno() if connection else -1
