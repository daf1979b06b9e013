"""What a test asks a server about its files, and how it waits for what happens in the background."""

from collections.abc import Iterable
from typing import Any

from tests.waiting import eventually
from tests.wire import Connection


def persistence(client: Connection) -> dict[str, str]:
    """INFO's section of that name."""
    lines = client("INFO", "persistence").decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


def field(client: Connection, name: str) -> int:
    return int(persistence(client)[name])


def now_ms(client: Connection) -> int:
    seconds, microseconds = client("TIME")
    return int(seconds) * 1000 + int(microseconds) // 1000


def wait_for_save(client: Connection) -> str:
    """Until no snapshot is being taken; "ok" or "err", as the last one ended."""
    eventually(lambda: persistence(client)["rdb_bgsave_in_progress"] == "0")
    return persistence(client)["rdb_last_bgsave_status"]


def wait_for_rewrite(client: Connection) -> str:
    """Until no log is being rewritten, nor will be soon; "ok" or "err", as the last time ended."""
    busy = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
    eventually(lambda: all(persistence(client)[name] == "0" for name in busy))
    return persistence(client)["aof_last_bgrewrite_status"]


def value(client: Connection, key: str) -> Any:
    """All that a key holds; what has no order is sorted."""
    match client("TYPE", key):
        case "string":
            return client("GET", key)
        case "list":
            return client("LRANGE", key, 0, -1)
        case "set":
            return sorted(client("SMEMBERS", key))
        case "hash":
            flat = client("HGETALL", key)
            return dict(zip(flat[::2], flat[1::2]))
        case "zset":
            return client("ZRANGE", key, 0, -1, "WITHSCORES")
        case kind:
            return kind


def everything(client: Connection, databases: Iterable[int] = (0,)) -> dict[tuple[int, str], tuple[Any, int]]:
    """Of each key, by database and name: its value, and when it expires."""
    found = {}
    for database in databases:
        client("SELECT", database)
        for name in client("KEYS", "*"):
            key = name.decode()
            found[database, key] = value(client, key), client("PEXPIRETIME", key)
    client("SELECT", 0)
    return found
