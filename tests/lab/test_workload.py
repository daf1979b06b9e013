import asyncio
import time
from itertools import islice
from random import Random

import pytest
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ReadOnlyError

from lab.engine import Engine, Node
from lab.history import History, Operation, Outcome
from lab.workload import Answer, Question, Refused, Workload, reads, writes, zipf


class NoServers(Engine):
    """A clock is all that these tests need of an engine."""

    name = "none"

    async def start(self, name: str, *directives: str) -> Node:
        raise NotImplementedError

    async def close(self) -> None:
        pass


async def outcome_of(ask, patience_seconds: float = 1.0) -> Operation:
    """One question, and what the history says of it."""
    history = History()
    async with Workload(NoServers(), history, patience_seconds) as workload:
        workload.ask_at_rate("client", 1000.0, iter([Question("read", "key")]), ask, Random(1))
        while not history.operations:
            await asyncio.sleep(0.001)
    return history.operations[0]


async def test_an_answer_is_recorded_with_its_value_and_time():
    async def ask(question):
        return Answer("value", "cache")

    operation = await outcome_of(ask)
    assert operation.outcome is Outcome.ACKNOWLEDGED
    assert (operation.client, operation.key) == ("client", "key")
    assert (operation.value, operation.served_by) == ("value", "cache")
    assert operation.asked <= operation.answered


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ReadOnlyError("READONLY"), Outcome.REFUSED),
        (Refused(), Outcome.REFUSED),
        (ConnectionLost("reset"), Outcome.UNKNOWN),
        (ConnectionResetError(), Outcome.UNKNOWN),
    ],
)
async def test_an_error_reply_is_a_refusal_and_a_lost_connection_is_not(error, outcome):
    async def ask(question):
        raise error

    assert (await outcome_of(ask)).outcome is outcome


async def test_patience_ends_in_an_unknown_outcome():
    async def ask(question):
        await asyncio.sleep(60)

    operation = await outcome_of(ask, patience_seconds=0.02)
    assert operation.outcome is Outcome.UNKNOWN
    assert operation.seconds >= 0.02


async def test_a_silent_server_does_not_silence_those_who_ask():
    asked = []

    async def ask(question):
        asked.append(question)
        await asyncio.sleep(60)

    async with Workload(NoServers(), History(), patience_seconds=0.05) as workload:
        workload.ask_at_rate("client", 5000.0, reads(iter(range(10_000))), ask, Random(1))
        deadline = time.monotonic() + 10
        while len(asked) < 100 and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
    assert len(asked) >= 100


async def test_a_bug_in_a_client_ends_the_run_at_once():
    async def ask(question):
        raise KeyError("bug")

    with pytest.raises(KeyError, match="bug"):
        async with Workload(NoServers(), History()) as workload:
            workload.ask_at_rate("client", 1000.0, reads(iter([1])), ask, Random(1))
            await asyncio.sleep(60)


def test_one_seed_asks_the_same_questions():
    first, second = (list(islice(reads(zipf(Random("seed"), 100)), 500)) for _ in range(2))
    assert first == second
    assert first != list(islice(reads(zipf(Random("another"), 100)), 500))


def test_zipf_asks_for_the_first_in_proportion_to_the_law():
    drawn = list(islice(zipf(Random(1), 1000), 50_000))
    assert set(drawn) <= set(range(1, 1001))
    assert drawn.count(1) / drawn.count(10) == pytest.approx(10, rel=0.25)


def test_each_write_has_a_value_of_its_own():
    questions = list(islice(writes(iter([1, 1, 2, 1])), 4))
    assert len({question.value for question in questions}) == 4
