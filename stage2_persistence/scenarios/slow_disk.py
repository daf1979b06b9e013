"""A disk whose fsync takes its time: who waits for it?

Under `always` every confirmation does. Under `everysec` a thread syncs and nobody waits; but while it is at it,
Redis does not write to the file (write(2) might block behind the fsync), for 2 seconds at most, and then writes all
the same and counts it (aof_delayed_fsync). So nobody sees the trouble, and more and more confirmed orders are not on
the disk: the power cut at the end says how many.

Only fsync is slow here. A real disk in this state blocks write(2) too, sooner or later, and with it the server.
"""

import asyncio
from dataclasses import dataclass

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine
from lab.history import summarize
from lab.latency import Histogram
from lab.result import Result, milliseconds
from lab.verdicts import Durability
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, NEVER
from stage2_persistence.scenarios.shops import Shop, open_shops

ORDERS_PER_SECOND = 40.0
BUSY_SECONDS = 0.05  # an fsync on a hard disk with much to do
SICK_SECONDS = 2.5  # on one that is about to fail, or a cloud volume that has used up its credit
QUEUE_SECONDS = 2 * SICK_SECONDS  # who comes during one fsync waits for its end and for the next one

COLUMNS = ["policy", "healthy p50", "busy p50", "sick p50", "sick p99", "late writes", "lost"]

Span = tuple[float, float]


@dataclass
class Outcome:
    shop: Shop
    latencies: list[Histogram]  # on the healthy, the busy and the sick disk
    late_writes: int | None  # that waited 2 s for an fsync, and were made all the same; only everysec has such
    kept: Durability
    seconds_lost: float

    def row(self) -> list[str]:
        medians = [milliseconds(latency.percentile(50)) for latency in self.latencies]
        slowest = milliseconds(self.latencies[-1].percentile(99))
        late = "–" if self.late_writes is None else f"{self.late_writes}"
        return [self.shop.policy.name, *medians, slowest, late, f"{len(self.kept.lost)}"]


async def slow_disk(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """fsync takes 50 ms, then 2.5 s: who waits for it, and what a power cut then takes"""
    seconds = 1.0 if quick else 4.0
    watch.phase("open", "a server for each fsync policy")
    queue = round(ORDERS_PER_SECOND * (QUEUE_SECONDS + 1))
    async with open_shops(engine, seed, (NEVER, EVERY_SECOND, ALWAYS), watch, connections=queue) as shops:
        for shop in shops:
            shop.take_orders(ORDERS_PER_SECOND)
        watch.phase("a healthy disk", "an fsync takes what it takes here")
        healthy = await _span(engine, seconds)
        watch.phase("a busy disk", f"an fsync takes {milliseconds(BUSY_SECONDS)} more")
        _slow_down(shops, BUSY_SECONDS)
        busy = await _span(engine, seconds)
        watch.phase("a sick disk", f"an fsync takes {SICK_SECONDS:g} s more")
        _slow_down(shops, SICK_SECONDS)
        sick = await _span(engine, seconds)
        await engine.sleep(QUEUE_SECONDS)
        late_writes = [await _late_writes(shop) for shop in shops]
        watch.phase("the power fails", "what was confirmed, and is not on the disk yet?")
        fault = engine.now()
        await asyncio.gather(*(shop.node.cut_power() for shop in shops))
    _slow_down(shops, 0.0)
    spans = (healthy, busy, sick)
    return _judge(engine, seed, [await _recover(shop, spans, late, fault) for shop, late in zip(shops, late_writes)])


async def _span(engine: Engine, seconds: float) -> Span:
    began = engine.now()
    await engine.sleep(seconds)
    return began, engine.now()


def _slow_down(shops: list[Shop], seconds: float) -> None:
    for shop in shops:
        shop.node.disk.slow_down(seconds)


async def _late_writes(shop: Shop) -> int | None:
    if shop.policy != EVERY_SECOND:
        return None
    return int((await shop.node.client().info("persistence"))["aof_delayed_fsync"])


async def _recover(shop: Shop, spans: tuple[Span, ...], late_writes: int | None, fault: float) -> Outcome:
    await shop.node.restart()
    kept = await shop.kept(fault)
    latencies = [summarize(shop.history.asked_between(*span).operations).latency for span in spans]
    return Outcome(shop, latencies, late_writes, kept, kept.seconds_lost(fault))


def _judge(engine: Engine, seed: int, outcomes: list[Outcome]) -> Result:
    never, every_second, always = outcomes
    waited = [latency.percentile(50) for latency in always.latencies]
    unmoved = [latency.percentile(50) for latency in every_second.latencies]
    checks = {
        "orders were confirmed on every disk": all(
            latency.count for outcome in outcomes for latency in outcome.latencies
        ),
        "under always an order takes as long as an fsync": waited[1] >= BUSY_SECONDS and waited[2] >= SICK_SECONDS / 2,
        "under everysec it does not": unmoved[2] < BUSY_SECONDS,
        "but writes were late, and counted": bool(every_second.late_writes),
        "always lost nothing": not always.kept.lost,
        "everysec lost more than its second": every_second.seconds_lost > 2.0,
        "each kept the beginning of what happened, without a hole": all(outcome.kept.sound for outcome in outcomes),
    }
    verdict = (
        f"Under always half of the orders took more than {milliseconds(waited[0])} on the healthy disk, "
        f"{milliseconds(waited[1])} when an fsync took {milliseconds(BUSY_SECONDS)}, and {waited[2]:.1f} s when it "
        f"took {SICK_SECONDS:g} s; and lost {len(always.kept.lost)}. Under everysec nobody waited "
        f"({milliseconds(unmoved[2])} on the sick disk); the server counted {every_second.late_writes} writes that had "
        f"waited 2 s for an fsync, and the power cut took the last {every_second.seconds_lost:.1f} s of confirmed "
        f"orders: a second is what everysec loses on a healthy disk. Watch aof_delayed_fsync."
    )
    figures = {
        "p50 always, healthy": waited[0],
        "p50 always, busy": waited[1],
        "p50 always, sick": waited[2],
        "p50 everysec, sick": unmoved[2],
        "late writes everysec": every_second.late_writes or 0,
        "seconds lost everysec": every_second.seconds_lost,
        "lost always": len(always.kept.lost),
    }
    return Result("slow-disk", engine.name, seed, verdict, checks, COLUMNS, [one.row() for one in outcomes], figures)
