"""What a history says: acknowledged writes lost, durability, stale reads, downtime.

Pure functions. They judge what clients can know: the time when a question was asked and the time when it
was answered. Between the two it took effect, at a moment nobody saw; so one write is *later* than another
only if it was asked after the other was answered, and what overlaps may have happened in either order.
Every write of a history is expected to write a value of its own.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from lab.history import Operation, Outcome


def lost_acknowledged_writes(operations: Iterable[Operation], survivors: Mapping[str, str | None]) -> list[Operation]:
    """The writes that were acknowledged and are gone, given each key's value after the run.

    A write is safe if its key holds its value, or that of a write that may have come after it: one that
    was not answered before this one was asked. A write of unknown outcome may take effect at any later
    time, so finding its value excuses all others. A key that is missing, or holds what nobody wrote, has
    lost all its writes.
    """
    lost = []
    for key, writes in _writes_by_key(operations).items():
        survivor = survivors.get(key)
        answered = next((_answered(write) for write in writes if write.value == survivor), -math.inf)
        lost += [write for write in writes if write.acknowledged and write.value != survivor and answered < write.asked]
    return lost


class Durability(NamedTuple):
    """What a fault has left of the writes before it."""

    acknowledged: int
    lost: list[Operation]  # acknowledged, and neither there nor overwritten by a later write
    holes: list[Operation]  # of the lost ones, those from before a write that is there: a log's lost tail has none
    undead: list[Operation]  # refused, and there all the same

    @property
    def sound(self) -> bool:
        """What is left is the beginning of what happened: all writes up to some moment, and nothing else."""
        return not self.holes and not self.undead

    def seconds_lost(self, end: float) -> float:
        """How far back from the fault the loss reaches: since then, nothing that was acknowledged is safe."""
        return end - min((write.answered for write in self.lost), default=end)


def durability(operations: Iterable[Operation], survivors: Mapping[str, str | None], fault: float) -> Durability:
    """Judge the writes that were asked for before a fault, given each key's value after the recovery.

    Acknowledged is what was answered before the fault; an answer that came later may be of the server's last moment.
    """
    asked = [operation for operation in operations if operation.action == "write" and operation.asked < fault]
    writes = [
        write._replace(outcome=Outcome.UNKNOWN) if write.acknowledged and write.answered >= fault else write
        for write in asked
    ]
    lost = lost_acknowledged_writes(writes, survivors)
    there = [write for write in writes if survivors.get(write.key) == write.value]
    refused = [write for write in there if write.outcome is Outcome.REFUSED]
    newest = max((write.asked for write in there if write not in refused), default=-math.inf)
    return Durability(
        acknowledged=sum(write.acknowledged for write in writes),
        lost=lost,
        holes=[write for write in lost if write.answered < newest],
        undead=refused,
    )


def stale_reads(operations: Iterable[Operation]) -> list[Operation]:
    """The reads that returned an older value than one that had been acknowledged before they were asked.

    Numbered conditions, all of which make a read of a value stale:
    1. write A of that value was answered before another write B of the key was asked;
    2. B was acknowledged before the read was asked.
    A missing key, or a value from before the history, is older than every write.
    """
    operations = list(operations)
    writes = _writes_by_key(operations)
    written_at = {key: {write.value: _answered(write) for write in of_key} for key, of_key in writes.items()}
    newest = {key: _NewestAcknowledged(of_key) for key, of_key in writes.items()}
    stale = []
    for read in operations:
        if read.action == "read" and read.acknowledged and read.key in writes:
            written = written_at[read.key].get(read.value, -math.inf)
            if written < newest[read.key].asked(before=read.asked):
                stale.append(read)
    return stale


class Outage(NamedTuple):
    """From the first question that failed until the answer to the first later one that didn't."""

    start: float
    end: float  # infinity: it never ended

    @property
    def seconds(self) -> float:
        return self.end - self.start


def outages(operations: Iterable[Operation], shortest_seconds: float = 0.0) -> list[Outage]:
    """The stretches of time in which nothing that was asked was acknowledged before they ended."""
    ordered = sorted(operations, key=lambda operation: operation.asked)
    # For each operation: the first answer to any question from it on; computed from the end backwards.
    answers = [operation.answered if operation.acknowledged else math.inf for operation in reversed(ordered)]
    next_answer = list(accumulate(answers, min))[::-1]
    found: list[Outage] = []
    for operation, end in zip(ordered, next_answer):
        if not operation.acknowledged and (not found or operation.asked >= found[-1].end):
            found.append(Outage(operation.asked, end))
    return [outage for outage in found if outage.seconds >= shortest_seconds]


class _NewestAcknowledged:
    """For one key: of the writes acknowledged before a moment, when was the last-asked one asked?"""

    def __init__(self, writes: list[Operation]) -> None:
        acknowledged = sorted((write for write in writes if write.acknowledged), key=lambda write: write.answered)
        self._answered = [write.answered for write in acknowledged]
        self._asked = list(accumulate((write.asked for write in acknowledged), max))

    def asked(self, before: float) -> float:
        count = bisect_left(self._answered, before)
        return self._asked[count - 1] if count else -math.inf


def _writes_by_key(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Without the refused ones, which have not happened."""
    writes = defaultdict(list)
    for operation in operations:
        if operation.action == "write" and operation.outcome is not Outcome.REFUSED:
            writes[operation.key].append(operation)
    return writes


def _answered(write: Operation) -> float:
    """When a write had taken effect at the latest."""
    return write.answered if write.acknowledged else math.inf
