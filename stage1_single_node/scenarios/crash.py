"""The pain of stage 1: the cache dies under load, and comes back empty.

Customers read products through the cache. Beside that, carts are saved in the cache and nowhere else, as a
careless application would: they are the ledger of acknowledged writes that the crash is held against.
"""

from itertools import count
from typing import Any, NamedTuple

from lab.dashboard import NOBODY, Gauge, Watch
from lab.engine import Engine
from lab.history import History, Operation
from lab.result import Result, milliseconds
from lab.verdicts import lost_acknowledged_writes, outages
from lab.workload import redis_client, writes
from stage1_single_node.scenarios.storefront import WARM_DEADLINE_SECONDS, Setting, Storefront, open_storefront

CARTS = "carts"
CARTS_PER_SECOND = 40.0


class Moments(NamedTuple):
    opened: float
    crashed: float
    restarted: float
    warm: float
    closed: float


async def crash(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """SIGKILL the cache under load, restart it cold: what the database and the customers go through"""
    watch.phase("open the shop", "start the cache, fill the database, warm the cache from it")
    async with open_storefront(engine, seed, Setting(products=80) if quick else Setting()) as shop:
        cart_client = redis_client(shop.cache.client(socket_timeout=1.0))
        carts = writes(count(1), "cart:{}")
        shop.workload.ask_at_rate(CARTS, CARTS_PER_SECOND, carts, cart_client, shop.random(CARTS))
        shop.open_doors()
        watch.follow([*shop.gauges(), Gauge("carts acknowledged", "in all", lambda: _acknowledged(shop.history))])
        moments = await _strike(shop, watch, calm_seconds=0.6 if quick else 2.0, down_seconds=0.6 if quick else 2.5)
        lost = await _lost_carts(shop, moments)
    return _judge(shop, moments, lost)


async def _strike(shop: Storefront, watch: Watch, calm_seconds: float, down_seconds: float) -> Moments:
    engine, history = shop.engine, shop.history
    watch.phase("business as usual", f"the cache at {shop.cache.address} answers nearly all reads")
    opened = engine.now()
    await engine.sleep(calm_seconds)

    watch.phase("the cache crashes", "SIGKILL: every read falls through to the database")
    await shop.cache.kill()
    crashed = engine.now()
    history.mark(crashed, "crash")
    await engine.sleep(down_seconds)

    watch.phase("the cache restarts, empty", "every product must be fetched once more")
    await shop.cache.restart()
    restarted = engine.now()
    history.mark(restarted, "restart")
    warm = await shop.until_warm(shop.served(opened, crashed).share("cache"))
    history.mark(warm, "warm")

    watch.phase("warm again", "nearly all reads come from the cache, as before")
    await engine.sleep(calm_seconds / 2)
    return Moments(opened, crashed, restarted, warm, engine.now())


def _acknowledged(history: History) -> float:
    return sum(cart.acknowledged for cart in history.by(CARTS).operations)


async def _lost_carts(shop: Storefront, moments: Moments) -> list[Operation]:
    """Of the carts that were acknowledged before the crash, those that the restarted cache doesn't have."""
    carts = [cart for cart in shop.history.by(CARTS).operations if cart.answered < moments.crashed]
    found: list[Any] = await shop.cache.client().mget([cart.key for cart in carts])
    survivors = {cart.key: value.decode() for cart, value in zip(carts, found) if value is not None}
    return lost_acknowledged_writes(carts, survivors)


def _figures(shop: Storefront, moments: Moments, lost: list[Operation]) -> dict[str, float]:
    opened, crashed, restarted, warm, closed = moments
    before, during = shop.served(opened, crashed), shop.served(crashed, restarted)
    carts = shop.history.by(CARTS).operations
    return {
        "hit rate before": before.share("cache"),
        "hit rate during": during.share("cache"),
        "queries before": shop.queries(opened, crashed),
        "queries during": shop.queries(crashed, restarted),
        "p50 before": before.latency.percentile(50),
        "p99 before": before.latency.percentile(99),
        "p99 during": during.latency.percentile(99),
        "pages failed": shop.served(crashed, closed).failed,
        "seconds without the cache": max(outage.seconds for outage in outages(carts)),
        "seconds until warm": warm - restarted,
        "carts acknowledged": sum(cart.acknowledged and cart.answered < crashed for cart in carts),
        "carts lost": len(lost),
    }


def _judge(shop: Storefront, moments: Moments, lost: list[Operation]) -> Result:
    opened, crashed, restarted, warm, closed = moments
    seen = _figures(shop, moments, lost)
    checks = {
        "a warm cache before the crash": seen["hit rate before"] > 0.5,
        "the hit rate fell while the cache was down": seen["hit rate during"] < 0.5 * seen["hit rate before"],
        "the load of the database rose": seen["queries during"] > 2 * seen["queries before"],
        "the cache became warm again": seen["seconds until warm"] < WARM_DEADLINE_SECONDS,
    }
    verdict = (
        f"While the cache was down, the database had {seen['queries during']:.0f} queries a second instead of "
        f"{seen['queries before']:.0f} (it can do {shop.catalogue.capacity:.0f}), the slowest percent of pages took "
        f"{milliseconds(seen['p99 during'])} instead of {milliseconds(seen['p99 before'])}, and "
        f"{seen['pages failed']} pages failed. The cache came back empty: it took {seen['seconds until warm']:.1f} s "
        f"to be warm again. {seen['carts lost']} of {seen['carts acknowledged']} acknowledged carts are lost: what is "
        f"only in memory dies with the process."
    )
    return Result(
        "crash",
        shop.engine.name,
        shop.seed,
        verdict,
        checks,
        columns=["", "before", "cache down", "warming up", "warm again"],
        rows=shop.rows([(opened, crashed), (crashed, restarted), (restarted, warm), (warm, closed)]),
        figures=seen,
        history=shop.history,
        series=shop.series(),
        events=shop.events(),
    )
