"""Clients that ask at a steady rate and log what came of each question.

The load is *open*: users don't wait for one another, so a question is asked when its time has come, whether
the ones before have been answered or not. A closed loop (ask, wait, ask) would fall silent just when the
server is slow, and leave out of the figures the very users who suffered (Gil Tene's "coordinated omission").

All chance comes from the seed: who asks what and when. What the servers make of it is theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import accumulate, count
from random import Random
from typing import Any, NamedTuple, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from lab.engine import Engine
from lab.history import History, Operation, Outcome

ZIPF_EXPONENT = 1.0  # the law in its first form; measured web and shop traffic lies between 0.6 and 1.2


class Question(NamedTuple):
    action: str  # "read" or "write"
    key: str
    value: str | None = None


class Answer(NamedTuple):
    value: str | None
    served_by: str = ""


class Refused(Exception):
    """What an `Ask` raises when the answer was a clear no: nothing has happened."""


Ask = Callable[[Question], Awaitable[Answer]]


class Workload:
    """The clients of a run: `async with Workload(...) as workload: workload.ask_at_rate(...)`.

    Leaving the block stops the asking and waits for the answers still to come. A client's error that is
    neither the server's refusal nor the loss of a connection is a bug: it ends the block at once.
    """

    def __init__(self, engine: Engine, history: History, patience_seconds: float = 1.0) -> None:
        self._engine = engine
        self._history = history
        self._patience_seconds = patience_seconds
        self._tasks = asyncio.TaskGroup()
        self._askers: list[asyncio.Task[None]] = []

    def ask_at_rate(self, client: str, rate: float, questions: Iterator[Question], ask: Ask, random: Random) -> None:
        """Start to ask `rate` questions a second, at random (exponential) distances as independent users do."""
        self._askers.append(self._tasks.create_task(self._ask_at_rate(client, rate, questions, ask, random)))

    async def _ask_at_rate(
        self, client: str, rate: float, questions: Iterator[Question], ask: Ask, random: Random
    ) -> None:
        due = self._engine.now()
        for question in questions:
            due += random.expovariate(rate)
            if due > self._engine.now():  # else this process itself is late and catches up
                await self._engine.sleep(due - self._engine.now())
            self._tasks.create_task(self._ask(client, question, ask))

    async def _ask(self, client: str, question: Question, ask: Ask) -> None:
        asked = self._engine.now()
        answer = Answer(question.value)
        try:
            async with asyncio.timeout(self._patience_seconds):
                answer = await ask(question)
            outcome = Outcome.ACKNOWLEDGED
        except (ResponseError, Refused):
            outcome = Outcome.REFUSED
        except (RedisError, OSError, TimeoutError):
            outcome = Outcome.UNKNOWN
        self._history.record(
            Operation(client, question.action, question.key, answer.value, asked, self._engine.now(), outcome,
                      answer.served_by)
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        for asker in self._askers:
            asker.cancel()
        try:
            await self._tasks.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:  # the group's wrapping would hide from callers what they wait for
            raise group.exceptions[0] from None


def redis_client(client: Redis) -> Ask:
    """Questions as GET and SET."""

    async def ask(question: Question) -> Answer:
        if question.action == "write":
            await client.set(question.key, question.value or "")
            return Answer(question.value)
        value: Any = await client.get(question.key)  # bytes, or None; the client's own annotation allows str too
        return Answer(value if value is None else value.decode())

    return ask


def zipf(random: Random, items: int, exponent: float = ZIPF_EXPONENT) -> Iterator[int]:
    """Numbers 1 to `items`, number n in proportion to 1/n**exponent: few are asked for often, many rarely."""
    weights = list(accumulate(1 / number**exponent for number in range(1, items + 1)))
    numbers = range(1, items + 1)
    while True:
        yield from random.choices(numbers, cum_weights=weights, k=1000)


def reads(numbers: Iterator[int], key: str = "key:{}") -> Iterator[Question]:
    return (Question("read", key.format(number)) for number in numbers)


def writes(numbers: Iterator[int], key: str = "key:{}") -> Iterator[Question]:
    """Each with a value of its own, so that the verdicts can tell whose value it was that a read returned."""
    return (Question("write", key.format(number), str(value)) for number, value in zip(numbers, count(1)))
