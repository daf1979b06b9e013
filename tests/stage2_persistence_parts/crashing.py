"""Crash points: a story is told again and again, and each time the machine stops at a later operation of its disk.

Every write of a story is a number pushed to the list `log` of some database, in the order of its execution. So what a
server has after a crash is right if it is the story up to some moment: no number missing, none twice, no transaction
halved; and if that moment is not before the last reply that reached a client.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from itertools import count
from random import Random

from stage1_single_node.errors import CannotStart
from tests.stage2_persistence_parts.machine import CountingDisk, HeldClock, Stopped
from tests.stage2_persistence_parts.node import Connection, Node

DATABASES = 4


class Unit:
    """What was written together: (database, number) pairs; and whose reply will tell."""

    def __init__(self, writes: list[tuple[int, bytes]], connection: Connection | None = None, replies: int = 0):
        """It will be the last of the next so many `replies`."""
        self.writes = writes
        self._connection = connection
        self._due = len(connection.replies) + replies if connection else 0

    @property
    def reply(self):
        """None while there is none, and where nobody asked."""
        return self._connection.replies[self._due - 1] if self.answered else None

    @property
    def answered(self) -> bool:
        return self._connection is not None and len(self._connection.replies) >= self._due

    @property
    def refused(self) -> bool:
        return isinstance(self.reply, Exception)


class Ledger:
    """What was written in which order, and how far that was acknowledged."""

    def __init__(self):
        self.units: list[Unit] = []
        self.promised = 0  # so many units must be there, whoever was told what
        self._last = 0

    def next(self, database: int) -> tuple[int, bytes]:
        self._last += 1
        return database, b"%d" % self._last

    @property
    def acknowledged(self) -> int:
        """So many units have been, the last of them and so all before it."""
        told = [number for number, unit in enumerate(self.units, 1) if unit.answered and not unit.refused]
        return max([self.promised, *told])

    def copy(self) -> "Ledger":
        """Without those who are waiting."""
        copy = Ledger()
        copy.units = [Unit(unit.writes) for unit in self.units]
        copy.promised, copy._last = self.promised, self._last
        return copy

    def forget_unknown(self, held: int) -> None:
        """After a crash: what is not there has not happened."""
        self.promised = held
        del self.units[held:]

    def verify(self, node: Node, at_least: int) -> int:
        """How many units the server has; AssertionError if that is not right."""
        found = [held(node, database) for database in range(DATABASES)]
        wanted: list[list[bytes]] = [[] for _ in range(DATABASES)]
        units = 0
        while wanted != found:
            assert units < len(self.units), f"{found} is no moment of {[unit.writes for unit in self.units]}"
            for database, number in self.units[units].writes:
                wanted[database].append(number)
            units += 1
        assert units >= at_least, f"{units} writes are there, {at_least} were acknowledged"
        return units


def held(node: Node, database: int) -> list[bytes]:
    return list(node.server.keyspace.databases[database].data.get(b"log", ()))


class Story:
    """The machine, and shorthands for what happens on it."""

    def __init__(self, disk: CountingDisk | None = None, ledger: Ledger | None = None):
        self.disk = disk or CountingDisk()
        self.ledger = ledger or Ledger()
        self.clock = HeldClock()
        self.node: Node | None = None
        self.connections: dict[int, Connection] = {}

    def boot(self, **directives: str) -> Node:
        self.leave()
        self.node = Node(self.disk, self.clock, **{"save": '""', "appendonly": "yes", **directives})
        self.node.start()
        self.connections = {}
        return self.node

    def leave(self) -> None:
        if self.node:
            self.node.leave()
        self.node = None

    def connection(self, database: int) -> Connection:
        """One that stays in its database."""
        if database not in self.connections:
            self.connections[database] = self.node.connect()
            self.connections[database](f"SELECT {database}")
        return self.connections[database]

    def write(self, *databases: int, behind: tuple[str, ...] = ()) -> None:
        """One write to each, all of one turn; the first client sends some more commands behind it."""
        sendings: list[tuple] = []
        units = []
        for database in databases:
            connection = self.connection(database)
            _, number = write = self.ledger.next(database)
            units.append(Unit([write], connection, 1))
            sendings.append((connection, [b"RPUSH", b"log", number], *(() if sendings else behind)))
        self._turn(units, *sendings)

    def transaction(self, *databases: int) -> None:
        connection = self.connection(0)
        writes = [self.ledger.next(database) for database in databases]
        words: list = ["MULTI"]
        for database, number in writes:
            words += [f"SELECT {database}", [b"RPUSH", b"log", number]]
        words += ["SELECT 0", "EXEC"]
        self._turn([Unit(writes, connection, len(words))], (connection, *words))

    def _turn(self, units: list[Unit], *sendings: tuple) -> None:
        if self.node.server.stopping.is_set():
            raise Stopped
        self.ledger.units += units
        self.node.turn(*sendings)
        if not self.node.server.stopping.is_set():  # then who was refused wrote nothing
            self.ledger.units = [unit for unit in self.ledger.units if not unit.refused]


Tale = Callable[[Story], None]
nothing: Tale = lambda story: None  # noqa: E731


def crashes(tell: Tale, prepare: Tale = nothing, failing: bool = False) -> Iterator[tuple[Story, CountingDisk, str]]:
    """Stories that were stopped before their first operation, before their second …, and what is left on the disk.

    `prepare` is the part of the story in which nothing goes wrong. `failing`: the operation fails, and the story goes
    on as it may until it is stopped at its end.
    """
    for number in count():
        story = Story()
        prepare(story)
        begin = story.disk.done
        setattr(story.disk, "fail_at" if failing else "stop_at", begin + number)
        with suppress(Stopped, CannotStart):
            tell(story)
        over = story.disk.done <= begin + number and not story.disk.stopped
        at = f"{'failed' if failing else 'stopped'} at operation {number} of {story.disk.trace[begin:]}"
        story.disk.restart()
        for how in ("process", "power", Random(number)):
            disk = deepcopy(story.disk)
            if how != "process":
                disk.cut_power(how if isinstance(how, Random) else None)
            yield story, disk, f"{how}: {at}"
        story.leave()
        if over:
            return


def go_on(disk: CountingDisk, ledger: Ledger, at_least: int, at: str, keep: str = "", **directives: str) -> None:
    """After a crash: start, look, write, end (after a power cut in good order, else by one), start, look.

    `keep` is the command that makes writes last, where they do not last by themselves.
    """
    after = Story(disk, ledger.copy())
    try:
        for ending in ("shutdown" if at.startswith("power") else "power", ""):
            node = after.boot(**directives)
            units = after.ledger.verify(node, at_least)
            after.ledger.forget_unknown(units)
            if not ending:
                break
            after.write(1, 0)
            after.transaction(0, 2)
            if keep:
                after.connection(0)(keep)
            if ending == "power":
                disk.cut_power()
            else:
                node.server.shut_down()
                node.shut_down()
            at_least = after.ledger.acknowledged
            assert at_least == len(after.ledger.units), "in good order everything is acknowledged"
    except (AssertionError, CannotStart) as error:
        raise AssertionError(f"{error}\n{at}\n{after.node.log if after.node else ''}") from error
    finally:
        after.leave()
