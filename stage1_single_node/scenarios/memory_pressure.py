"""A cache smaller than what is asked of it: which keys does each eviction policy give up?

Eight caches side by side, one for each policy, are asked the same questions, with memory for a quarter of
the products. They get some seconds for it, because Redis measures idleness in whole seconds: to LRU, all that
happens within one second is equally recent. Every key has a time to live, as cache-aside keys have, so
`volatile-x` may evict the same keys as `allkeys-x`; without times to live it could evict none, and would
refuse writes as noeviction does.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from random import Random

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from lab.dashboard import NOBODY, Gauge, Watch
from lab.engine import Engine
from lab.result import Result, percent
from lab.workload import zipf

POLICIES = (
    "noeviction",
    "allkeys-random",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "volatile-lru",
    "allkeys-lfu",
    "volatile-lfu",
)

VALUE_BYTES = 1000
MEMORY_SHARE = 0.25  # of what all products would need
TTL_SECONDS = (600, 1200)  # long enough that nothing expires during a run
BATCH = 20  # questions in one pipeline
BATCHES_PER_SECOND = 30.0


@dataclass
class Run:
    """One policy's cache, and what has come of its questions so far."""

    policy: str
    redis: Redis
    hits: int = 0
    asked: int = 0
    refused: int = 0
    keys: int = 0
    evicted: int = 0

    @property
    def hit_rate(self) -> float:
        return self.hits / self.asked if self.asked else 0.0


async def memory_pressure(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """The hit rate of each eviction policy on the same workload, with too little memory"""
    products, batches = (500, 50) if quick else (2000, 220)
    watch.phase("start", "a cache for each of the eight policies")
    dice = Random(f"{seed} ttl")
    caches = await asyncio.gather(
        *(engine.start(policy, 'save ""', f"maxmemory-policy {policy}") for policy in POLICIES)
    )
    runs = [Run(policy, cache.client()) for policy, cache in zip(POLICIES, caches)]
    await _limit_memory(runs, products, dice)

    watch.follow([Gauge(run.policy, "% hits", partial(_hit_percent, run)) for run in runs])
    watch.phase("read", f"{products} products by Zipf's law, memory for {percent(MEMORY_SHARE)} of them")
    choice = zipf(Random(f"{seed} choice"), products)
    began = engine.now()
    for number in range(batches):
        batch = list(islice(choice, BATCH))
        if number == batches // 2:  # until now the caches were filling
            for run in runs:
                run.hits = run.asked = 0
        await asyncio.gather(*(_read(run, batch, dice) for run in runs))
        await engine.sleep(began + (number + 1) / BATCHES_PER_SECOND - engine.now())
    for run in runs:
        run.keys = await run.redis.dbsize()
        run.evicted = (await run.redis.info("stats"))["evicted_keys"]
    return _judge(engine, seed, runs)


def _hit_percent(run: Run) -> float:
    return 100 * run.hit_rate


async def _limit_memory(runs: list[Run], products: int, dice: Random) -> None:
    """Measured with all products in the first cache: what an entry takes is the server's own business."""
    first = runs[0].redis
    empty = await _used_memory(first)
    await _fill(first, range(products), dice)
    share = MEMORY_SHARE * (await _used_memory(first) - empty)
    await first.flushall()
    for run in runs:
        await run.redis.config_set("maxmemory", round(await _used_memory(run.redis) + share))


async def _read(run: Run, products: list[int], dice: Random) -> None:
    """Cache-aside without the database: what is not there is put there."""
    async with run.redis.pipeline(transaction=False) as pipe:
        for product in products:
            pipe.get(f"product:{product}")
        found = await pipe.execute()
    missed = [product for product, value in zip(products, found) if value is None]
    run.hits += len(products) - len(missed)
    run.asked += len(products)
    run.refused += await _fill(run.redis, missed, dice)


async def _fill(redis: Redis, products: Iterable[int], dice: Random) -> int:
    """How many writes were refused."""
    async with redis.pipeline(transaction=False) as pipe:
        for product in products:
            pipe.set(f"product:{product}", b"x" * VALUE_BYTES, ex=dice.randint(*TTL_SECONDS))
        replies = await pipe.execute(raise_on_error=False)
    return sum(isinstance(reply, OutOfMemoryError) for reply in replies)


async def _used_memory(redis: Redis) -> int:
    return (await redis.info("memory"))["used_memory"]


def _judge(engine: Engine, seed: int, runs: list[Run]) -> Result:
    rates = {run.policy: run.hit_rate for run in runs}
    checks = {
        "noeviction refused writes": runs[0].refused > 0,
        **{f"{run.policy} evicted keys": run.evicted > 0 for run in runs[1:]},
    }
    best = max(runs[1:], key=lambda run: run.hit_rate)
    verdict = (
        f"Memory for {percent(MEMORY_SHARE)} of the products served {percent(rates['allkeys-random'])} of the reads "
        f"with random eviction, {percent(rates['allkeys-lru'])} with LRU and {percent(rates['allkeys-lfu'])} with LFU; "
        f"best was {best.policy}. noeviction keeps what came first, here the products that are popular for ever, "
        f"and served {percent(rates['noeviction'])}, but refused {runs[0].refused} writes."
    )
    rows = [[run.policy, f"{run.hit_rate:.1%}", f"{run.keys}", f"{run.evicted}", f"{run.refused}"] for run in runs]
    columns = ["policy", "hit rate", "keys at the end", "evicted", "writes refused"]
    return Result("memory-pressure", engine.name, seed, verdict, checks, columns, rows, figures=rates)
