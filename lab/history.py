"""What happened in a run: every question, its answer, and the faults between.

The clients' side alone, as an auditor would keep it: verdicts are judged from this, never from what a server
says about itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from lab.latency import Histogram


class Outcome(Enum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # the server said no, so it has not happened
    UNKNOWN = "unknown"  # no answer: it may have happened, or may happen yet


class Operation(NamedTuple):
    """One question by one client."""

    client: str
    action: str  # "read" or "write"
    key: str
    value: str | None  # what was to be written, or what the read returned
    asked: float
    answered: float  # for an unknown outcome: when the client gave up
    outcome: Outcome
    served_by: str = ""  # which node or tier answered, where the client can tell

    @property
    def acknowledged(self) -> bool:
        return self.outcome is Outcome.ACKNOWLEDGED

    @property
    def seconds(self) -> float:
        return self.answered - self.asked


class Event(NamedTuple):
    """A fault, or its end."""

    when: float
    what: str


@dataclass
class History:
    """Operations in the order in which they were answered."""

    operations: list[Operation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def record(self, operation: Operation) -> None:
        self.operations.append(operation)

    def mark(self, when: float, what: str) -> None:
        self.events.append(Event(when, what))

    def asked_between(self, start: float, end: float) -> "History":
        return History([operation for operation in self.operations if start <= operation.asked < end])

    def by(self, client: str) -> "History":
        """What one client, or one group of clients with the same name, saw."""
        return History([operation for operation in self.operations if operation.client == client], self.events)

    def recent(self, since: float) -> Iterator[Operation]:
        """The operations answered since then, latest first, without a walk through the whole history."""
        for operation in reversed(self.operations):
            if operation.answered < since:
                return
            yield operation


@dataclass(frozen=True)
class Summary:
    """A stretch of a history in a few figures."""

    asked: int
    acknowledged: int
    latency: Histogram  # of the acknowledged ones
    served_by: dict[str, int]

    @property
    def failed(self) -> int:
        return self.asked - self.acknowledged

    def share(self, server: str) -> float:
        """The part of all questions, 0 to 1, that this node or tier answered."""
        return self.served_by.get(server, 0) / self.asked if self.asked else 0.0


def summarize(operations: Iterable[Operation]) -> Summary:
    asked, latency, served_by = 0, Histogram(), dict[str, int]()
    for operation in operations:
        asked += 1
        if operation.acknowledged:
            latency.add(operation.seconds)
            served_by[operation.served_by] = served_by.get(operation.served_by, 0) + 1
    return Summary(asked, latency.count, latency, served_by)
