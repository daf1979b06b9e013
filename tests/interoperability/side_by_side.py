"""Runs a script on two servers; finds the first reply or event that differs, and the shortest script that shows it."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

from tests.interoperability.comparison import HASH_TABLES, same
from tests.interoperability.scripts import Command, Script
from tests.target import Server
from tests.wire import Connection, Reader

CONNECTIONS = 2


@dataclass
class Difference:
    script: Script  # up to and with the command that was answered differently
    ours: bytes
    real: bytes

    def __str__(self) -> str:
        steps = "\n".join(f"  {'AB'[number]}> {shown(command)}" for number, command in self.script)
        return f"{steps}\n  ours: {self.ours!r}\n  real: {self.real!r}"


def shown(command: Command) -> str:
    return " ".join(shlex.quote(word.decode("latin-1").encode("unicode_escape").decode()) for word in command)


def first_difference(ours: Server, real: Server, protocol: int, script: Script) -> Difference | None:
    with Side(ours, protocol) as left, Side(real, protocol) as right:
        for position, (number, command) in enumerate(script):
            from_hash_table = right.is_hash_table(number, command)
            one, other = left.answer(number, command), right.answer(number, command)
            if not answered_alike(command, one, other, right.executed, from_hash_table):
                return Difference(script[: position + 1], one, other)
        for one, other in zip_longest(left.events(), right.events()):
            if one != other:
                return Difference(script, repr(one).encode(), repr(other).encode())
    return None


def shortest(script: Script, differs: Callable[[Script], Any]) -> Script:
    """Leaves out whatever can be left out, in ever smaller pieces."""
    size = len(script) // 2
    while size:
        position = 0
        while position < len(script):
            shorter = script[:position] + script[position + size :]
            if differs(shorter):
                script = shorter
            else:
                position += size
        size //= 2
    return script


class Side:
    """One server, emptied, with its connections; it knows what is queued, to judge the results of EXEC one by one."""

    def __init__(self, server: Server, protocol: int) -> None:
        self._connections: list[Connection] = [server.connect() for _ in range(CONNECTIONS)]
        self._queues: list[list[Command] | None] = [None] * CONNECTIONS
        self.executed: list[Command] = []
        self._connections[0]("FLUSHALL")
        self._connections[0]("DEBUG", "SET-ACTIVE-EXPIRE", 0)  # keys expire when they are used, not at random moments
        for connection in self._connections:
            connection("HELLO", protocol)
        self._listener = server.connect()
        self._listener("PSUBSCRIBE", "*")

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in [*self._connections, self._listener]:
            connection.close()

    def answer(self, number: int, command: Command) -> bytes:
        self._connections[number].send(*command)
        reply = self._connections[number].raw_reply()
        name, queue = command[0].upper(), self._queues[number]
        self.executed = (queue or []) if name == b"EXEC" else []
        if name == b"MULTI" and reply == b"+OK\r\n":
            self._queues[number] = []
        elif name in (b"EXEC", b"DISCARD"):
            self._queues[number] = None
        elif reply == b"+QUEUED\r\n" and queue is not None:
            queue.append(command)
        return reply

    def events(self) -> list[list[bytes]]:
        """What was published, keyspace notifications above all, as [channel, message]."""
        self._connections[1]("RESET")
        self._connections[1]("PUBLISH", "the end", "")
        published = [event[2:] for event in iter(self._listener.reply, [b"pmessage", b"*", b"the end", b""])]
        # SORT of a set looks other keys up in the set's order, which is none, so misses in a row have none either.
        rows = groupby(published, key=lambda event: b"keymiss" in event[0] + event[1])
        return [event for missed, row in rows for event in (sorted(row) if missed else row)]

    def is_hash_table(self, number: int, command: Command) -> bool:
        """Is the command's first key kept in a hash table? Perhaps, where that cannot be asked: in a transaction."""
        if self._queues[number] is not None or len(command) < 2:
            return True
        return self._connections[number].pipeline((b"OBJECT", b"ENCODING", command[1]))[0] in HASH_TABLES


def answered_alike(command: Command, one: bytes, other: bytes, executed: list[Command], from_hash_table: bool) -> bool:
    if not executed:
        return same(command, one, other, from_hash_table=from_hash_table)
    ours, real = results(one), results(other)
    return len(ours) == len(real) and all(
        same(inner, *pair, from_hash_table=True) for inner, *pair in zip(executed, ours, real)
    )


def results(reply: bytes) -> list[bytes]:
    """The replies inside the reply of EXEC, which may also be null or an error."""
    head, _, rest = reply.partition(b"\r\n")
    if not head.startswith(b"*") or head == b"*-1":
        return [reply]
    reader = Reader(rest)
    return [reader.raw_reply() for _ in range(int(head[1:]))]
