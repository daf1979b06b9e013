"""A paused cache (SIGSTOP; in production: a stalled machine) is worse for its clients than a dead one.

A dead process's port refuses at once. A frozen one's connections stay open, and its kernel even accepts new
ones, so every read first waits for its timeout and only then asks the database. Whoever set no timeout waits
for as long as the pause lasts.
"""

import asyncio
from typing import NamedTuple

from redis.asyncio import Redis

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine
from lab.result import Result, milliseconds
from lab.verdicts import stale_reads
from stage1_single_node.scenarios.storefront import Setting, Storefront, open_storefront


class Moments(NamedTuple):
    opened: float
    paused: float
    resumed: float
    warm: float
    closed: float


async def pause(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """SIGSTOP the cache under load, then let it go on: silence costs more than a refusal"""
    watch.phase("open the shop", "start the cache, fill the database, warm the cache from it")
    async with open_storefront(engine, seed, Setting(products=80) if quick else Setting()) as shop:
        without_timeout = shop.cache.client(socket_timeout=None)
        await without_timeout.ping()
        shop.open_doors()
        watch.follow(shop.gauges())
        calm_seconds, pause_seconds = (0.6, 0.8) if quick else (2.0, 3.0)

        watch.phase("business as usual", "the cache answers nearly all reads")
        opened = engine.now()
        await engine.sleep(calm_seconds)

        watch.phase("the cache is paused", "SIGSTOP: it takes connections and questions, and answers nothing")
        await shop.cache.pause()
        paused = engine.now()
        shop.history.mark(paused, "pause")
        waiting = asyncio.create_task(_seconds_to_answer(engine, without_timeout))
        await engine.sleep(pause_seconds)

        watch.phase("the cache goes on", "with everything that it knew, and with the questions of long ago")
        await shop.cache.resume()
        resumed = engine.now()
        shop.history.mark(resumed, "resume")
        waited = await waiting
        warm = await shop.until_warm(shop.served(opened, paused).share("cache"))
        await engine.sleep(calm_seconds)
        moments = Moments(opened, paused, resumed, warm, engine.now())
    return _judge(shop, moments, waited)


async def _seconds_to_answer(engine: Engine, client: Redis) -> float:
    asked = engine.now()
    await client.ping()
    return engine.now() - asked


def _figures(shop: Storefront, moments: Moments, waited: float) -> dict[str, float]:
    opened, paused, resumed, warm, closed = moments
    before, during = shop.served(opened, paused), shop.served(paused, resumed)
    return {
        "hit rate before": before.share("cache"),
        "hit rate during": during.share("cache"),
        "p50 before": before.latency.percentile(50),
        "p50 during": during.latency.percentile(50),
        "seconds paused": resumed - paused,
        "seconds until warm": warm - resumed,
        "seconds waited without a timeout": waited,
        "pages failed": shop.served(paused, closed).failed,
        "stale reads": len(stale_reads(shop.history.operations)),
    }


def _judge(shop: Storefront, moments: Moments, waited: float) -> Result:
    opened, paused, resumed, warm, closed = moments
    seen = _figures(shop, moments, waited)
    timeout = shop.setting.cache_timeout_seconds
    checks = {
        "a warm cache before the pause": seen["hit rate before"] > 0.5,
        "no answers from the cache during the pause": seen["hit rate during"] < 0.5 * seen["hit rate before"],
        "reads waited for their timeout": seen["p50 during"] >= timeout,
        "a client without a timeout waited for the whole pause": waited >= 0.9 * seen["seconds paused"],
    }
    verdict = (
        f"For {seen['seconds paused']:.1f} s the cache was silent. A read first waited {milliseconds(timeout)} or "
        f"more for it: half of the pages took more than {milliseconds(seen['p50 during'])} instead of "
        f"{milliseconds(seen['p50 before'])}, and {seen['pages failed']} failed. A client without a timeout waited "
        f"{waited:.1f} s for one PING. Little was forgotten: {seen['seconds until warm']:.1f} s after its return the "
        f"cache was warm. But it missed something: {seen['stale reads']} reads returned an old price, because the "
        f"invalidation had been lost in the silence."
    )
    return Result(
        "pause",
        shop.engine.name,
        shop.seed,
        verdict,
        checks,
        columns=["", "before", "paused", "resumed", "warm again"],
        rows=shop.rows([(opened, paused), (paused, resumed), (resumed, warm), (warm, closed)]),
        figures=seen,
        history=shop.history,
        series=shop.series(),
        events=shop.events(),
    )
