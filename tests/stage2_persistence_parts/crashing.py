"""Crash points: a story is told again and again, and each time the machine stops at a later operation of its disk.

Every write of a story is a number pushed to the list `log` of some database, in the order of its execution. So what a
server has after a crash is right if it is the story up to some moment: no number missing, none twice, no transaction
halved; and if that moment is not before the last reply that reached a client.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from random import Random

from stage1_single_node.errors import CannotStart
from tests.stage2_persistence_parts.node import Connection, CountingDisk, HeldClock, Node, Stopped

DATABASES = 4
SEEDS = range(3)  # of torn power cuts, beside the worst one


class Ledger:
    """What was asked in which order, and how far that was acknowledged."""

    def __init__(self):
        self.units: list[list[tuple[int, bytes]]] = []  # (database, number) written together
        self.promised = 0  # so many units must be there, whoever was told what
        self._waiting: list[tuple[Connection, int, int]] = []  # who is to get a reply, which of his, for so many units
        self._last = 0

    def numbers(self, *databases: int) -> list[tuple[int, bytes]]:
        """New ones, to be written together."""
        unit = []
        for database in databases:
            self._last += 1
            unit.append((database, b"%d" % self._last))
        self.units.append(unit)
        return unit

    def asked(self, connection: Connection, replies: int = 1) -> None:
        """The last unit is to be sent; its acknowledgement is the last of the next so many replies."""
        self._waiting.append((connection, len(connection.replies) + replies, len(self.units)))

    @property
    def acknowledged(self) -> int:
        """So many units have been, the last of them and so all before it."""
        told = [units for connection, due, units in self._waiting if len(connection.replies) >= due]
        return max([self.promised, *told])

    def forget_unknown(self, held: int) -> None:
        """After a crash: what has not been written has not happened."""
        self.promised = held
        del self.units[held:]
        self._waiting.clear()

    def verify(self, node: Node, at_least: int) -> int:
        """How many units the server has; AssertionError if that is not right."""
        found = [held(node, database) for database in range(DATABASES)]
        wanted: list[list[bytes]] = [[] for _ in range(DATABASES)]
        units = 0
        while wanted != found:
            assert units < len(self.units), f"no moment of the story looks like {found}: {self.units}"
            for database, number in self.units[units]:
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
        sendings = []
        for database in databases:
            connection = self.connection(database)
            ((_, number),) = self.ledger.numbers(database)
            self.ledger.asked(connection)
            sendings.append((connection, [b"RPUSH", b"log", number], *(() if sendings else behind)))
        self.node.turn(*sendings)

    def transaction(self, *databases: int) -> None:
        connection = self.connection(0)
        words: list = ["MULTI"]
        for database, number in self.ledger.numbers(*databases):
            words += [f"SELECT {database}", [b"RPUSH", b"log", number]]
        words += ["SELECT 0", "EXEC"]
        self.ledger.asked(connection, len(words))
        self.node.turn((connection, *words))


Tale = Callable[[Story], None]
nothing: Tale = lambda story: None  # noqa: E731


def crashes(tell: Tale, prepare: Tale = nothing) -> Iterator[tuple[Story, CountingDisk, str]]:
    """Stories that were stopped before their first operation, before their second …, and what is left on the disk.

    `prepare` is the part of the story in which nothing goes wrong.
    """
    for number in count():
        story = Story()
        prepare(story)
        begin = story.disk.done
        story.disk.stop_at = begin + number
        try:
            tell(story)
            over = True
        except Stopped:
            over = False
        at = f"stopped before operation {number} of {story.disk.trace[begin:]}"
        story.disk.restart()
        for how in ("process", "power", *SEEDS):
            disk = deepcopy(story.disk)
            if how != "process":
                disk.cut_power(Random(how) if how in SEEDS else None)
            yield story, disk, f"{how}: {at}"
        story.leave()
        if over:
            return


def go_on(disk: CountingDisk, ledger: Ledger, at_least: int, at: str, keep: str = "", **directives: str) -> None:
    """After a crash: start, look, write, lose power, start, look, write, end in good order, start and look.

    `keep` is the command that makes writes last, where they do not last by themselves.
    """
    after = Story(disk, deepcopy_of(ledger))
    try:
        for ending in ("power", "shutdown", ""):
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


def deepcopy_of(ledger: Ledger) -> Ledger:
    """Without those who are waiting."""
    copy = Ledger()
    copy.units = [list(unit) for unit in ledger.units]
    copy.promised, copy._last = ledger.promised, ledger._last
    return copy
