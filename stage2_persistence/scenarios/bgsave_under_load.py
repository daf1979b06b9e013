"""A snapshot of a server that goes on working: fork(2), and what it costs.

The child gets the parent's memory as it is at that moment without a copy: both share the pages, and the system copies
a page only when one of the two writes to it (copy-on-write). So the picture is consistent although the parent goes on,
and the price comes in two parts: fork itself, during which nobody is served (it copies the page table, so it grows with
the memory), and a second copy of every page that is written to while the child saves.

The writer changes two keys in each command; a snapshot in which they differ would not be a picture of one moment.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from redis.asyncio import Redis

from lab.dashboard import NOBODY, Gauge, Watch
from lab.engine import POOL_CONNECTIONS, Engine
from lab.history import History, summarize
from lab.latency import Histogram
from lab.result import Result, milliseconds
from lab.workload import Workload, reads, redis_client, zipf
from stage2_persistence.scenarios.policies import NOTHING
from stage2_persistence.scenarios.shops import PRODUCT_BYTES, fill, megabytes

READS_PER_SECOND = 300.0
CHANGES_PER_COMMAND = 200
REST_SECONDS = 0.5
POLL_SECONDS = 0.01
TWINS = ("twin:a", "twin:b")

COLUMNS = ["", "took", "fork", "reads p50", "slowest read", "memory copied"]

PYTHONS_SHARE = (
    " That memory is copied beside readers too is Python's way: to look at an object is to count a reference to it, "
    "and the count stands in the object's page."
)


@dataclass
class Save:
    name: str
    seconds: float
    fork_seconds: float
    cow_bytes: int
    latency: Histogram

    def row(self) -> list[str]:
        return [self.name, f"{self.seconds:.2f} s", milliseconds(self.fork_seconds),
                milliseconds(self.latency.percentile(50)), milliseconds(self.latency.maximum),
                megabytes(self.cow_bytes)]  # fmt: skip


async def bgsave_under_load(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """BGSAVE beside readers, then beside a writer: fork's latency, and the memory that copy-on-write copies"""
    products = 50_000 if quick else 400_000
    watch.phase("fill", f"{products:,} products")
    node = await engine.start("server", *NOTHING.directives)
    await fill(node, products)
    redis, history = node.client(), History()
    await redis.mset(dict.fromkeys(TWINS, 0))
    await asyncio.gather(*(redis.ping() for _ in range(POOL_CONNECTIONS)))  # so that no handshake is in the figures
    async with Workload(engine, history, patience_seconds=10.0) as workload:
        questions = reads(zipf(Random(f"{seed} choice"), products), "product:{}")
        workload.ask_at_rate("readers", READS_PER_SECOND, questions, redis_client(redis), Random(f"{seed} arrival"))
        watch.follow(_gauges(engine, history))
        watch.phase("in peace", "readers read single keys")
        began = engine.now()
        await engine.sleep(0.5 if quick else 2.0)
        peace = _latency(history, began, engine.now())

        watch.phase("BGSAVE beside readers", "nobody writes, so the pages can stay shared")
        unwritten = await _save(engine, redis, history, "beside readers")
        watch.phase("BGSAVE beside a writer", f"{CHANGES_PER_COMMAND} products change with each command")
        async with _writing(redis, products, Random(f"{seed} changes")):
            await engine.sleep(REST_SECONDS)
            written = await _save(engine, redis, history, "beside a writer")
    memory = (await redis.info("memory"))["used_memory_rss"]
    watch.follow([])
    watch.phase("restart", "does the snapshot show one moment?")
    await node.kill()
    await node.restart()
    twins = await node.client().mget(TWINS)
    return _judge(engine, seed, peace, unwritten, written, memory, twins)


async def _save(engine: Engine, redis: Redis, history: History, name: str) -> Save:
    began = engine.now()
    await redis.bgsave()
    while (info := await redis.info("persistence"))["rdb_bgsave_in_progress"]:
        await engine.sleep(POLL_SECONDS)
    ended = engine.now()
    await engine.sleep(REST_SECONDS)
    fork_seconds = (await redis.info("stats"))["latest_fork_usec"] / 1e6
    return Save(name, ended - began, fork_seconds, info["rdb_last_cow_size"], _latency(history, began, ended))


@asynccontextmanager
async def _writing(redis: Redis, products: int, dice: Random) -> AsyncIterator[None]:
    """A merchant who changes prices, one command after the other, for as long as the block lasts."""
    enough = asyncio.Event()
    writer = asyncio.create_task(_write(redis, products, dice, enough))
    try:
        yield
    finally:
        enough.set()
        await writer


async def _write(redis: Redis, products: int, dice: Random, enough: asyncio.Event) -> None:
    for number in count(1):
        changed = {f"product:{dice.randrange(products)}": b"y" * PRODUCT_BYTES for _ in range(CHANGES_PER_COMMAND)}
        await redis.mset({**changed, **dict.fromkeys(TWINS, number)})
        if enough.is_set():
            return


def _latency(history: History, start: float, end: float) -> Histogram:
    return summarize(history.asked_between(start, end).operations).latency


def _gauges(engine: Engine, history: History) -> list[Gauge]:
    def lately() -> Histogram:
        return summarize(history.recent(engine.now() - 1.0)).latency

    return [
        Gauge("reads answered", "/s", lambda: lately().count),
        Gauge("slowest in the last second", "ms", lambda: 1000 * lately().maximum),
    ]


def _judge(
    engine: Engine, seed: int, peace: Histogram, unwritten: Save, written: Save, memory: int, twins: list[Any]
) -> Result:
    checks = {
        "readers asked during both snapshots": min(unwritten.latency.count, written.latency.count) > 0,
        "fork took time": unwritten.fork_seconds > 0,
        "memory was copied beside the writer": written.cow_bytes > 0,
        "the snapshot shows one moment": None not in twins and twins[0] == twins[1],
    }
    verdict = (
        f"fork took {milliseconds(written.fork_seconds)}, in which nobody was served. Beside readers alone the "
        f"snapshot cost {megabytes(unwritten.cow_bytes)} of copied memory, beside a writer "
        f"{megabytes(written.cow_bytes)}, of {megabytes(memory)} that the server has: whoever writes a lot while a "
        f"snapshot is made needs up to twice the memory. The slowest read took "
        f"{milliseconds(unwritten.latency.maximum)} and {milliseconds(written.latency.maximum)}, in peace "
        f"{milliseconds(peace.maximum)}; beside the writer it also waited for the writer's own commands."
        f"{PYTHONS_SHARE if unwritten.cow_bytes > memory / 10 else ''}"
    )
    in_peace = ["in peace", "", "", milliseconds(peace.percentile(50)), milliseconds(peace.maximum), ""]
    figures = {
        "fork seconds": written.fork_seconds,
        "seconds beside readers": unwritten.seconds,
        "seconds beside a writer": written.seconds,
        "bytes copied beside readers": float(unwritten.cow_bytes),
        "bytes copied beside a writer": float(written.cow_bytes),
        "bytes of the server": float(memory),
        "slowest read in peace": peace.maximum,
        "slowest read beside a writer": written.latency.maximum,
    }
    rows = [in_peace, unwritten.row(), written.row()]
    return Result("bgsave-under-load", engine.name, seed, verdict, checks, COLUMNS, rows, figures)
