"""Expiry under load: everyone who misses a key asks the database for it at the same moment.

Two stampedes and the remedy of each, on the same shop:
- a *hot key* expires: its readers all send the same query, until the first one has filled the cache.
  Remedy: a lease (SET NX PX) lets one reader ask, the others wait for what it fetches.
- *many keys* that were filled together expire together. Remedy: jitter in the times to live.
"""

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine
from lab.latency import TimeSeries
from lab.result import Result, milliseconds
from stage1_single_node.scenarios.storefront import CUSTOMERS, Setting, Storefront, open_storefront

PEAK_SECONDS = 0.1  # together is what comes within a tenth of a second


async def stampede(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """A hot key, then many keys at once, expire under load; then with a lease, and with jittered times to live"""
    one_key = Setting(
        products=1, query_seconds=0.05, ttl_seconds=0.4 if quick else 0.8, jitter=0.0, updates_per_second=0.0
    )
    products, ttl_seconds = (40, 0.6) if quick else (100, 1.6)
    many_keys = replace(one_key, products=products, query_seconds=0.02, ttl_seconds=ttl_seconds)
    runs = [
        Run("a hot key", one_key, expiries=2),
        Run("a hot key, with a lease", replace(one_key, single_flight=True), expiries=2),
        Run("many keys at once", many_keys, expiries=1),
        Run("many keys, with jitter", replace(many_keys, jitter=0.5), expiries=1),
    ]
    shops = []
    for number, run in enumerate(runs, 1):
        watch.phase(run.name, f"filled together, to live {run.setting.ttl_seconds:g} s")
        async with open_storefront(engine, seed, run.setting, f"cache-{number}") as shop:
            shop.open_doors()
            watch.follow(shop.gauges())
            await engine.sleep((run.expiries + 0.5) * run.setting.ttl_seconds)
        shops.append(shop)
    return _judge(engine, seed, runs, shops)


class Run(NamedTuple):
    name: str
    setting: Setting
    expiries: int


def _judge(engine: Engine, seed: int, runs: list[Run], shops: list[Storefront]) -> Result:
    seen = [shop.served(shop.opened, engine.now()) for shop in shops]
    _, _, many, jittered = seen
    queries = [len(shop.query_times()) for shop in shops]
    p99 = [view.latency.percentile(99) for view in seen]
    peaks = [_misses_at_the_peak(shop) for shop in shops]
    figures = {
        "queries for a hot key": queries[0] / _expiries(shops[0]),
        "queries for a hot key with a lease": queries[1] / _expiries(shops[1]),
        "misses together, many keys": peaks[2],
        "misses together, many keys with jitter": peaks[3],
        "p99 many keys": p99[2],
        "p99 many keys with jitter": p99[3],
        "pages failed many keys": many.failed,
        "pages failed many keys with jitter": jittered.failed,
    }
    checks = {
        "the hot key's expiry sent the same query several times": figures["queries for a hot key"] >= 3,
        "the lease let fewer through": queries[1] < queries[0] / 2,
        "keys that expire together were missed together": peaks[2] >= 10,
        "and made pages slow": p99[2] > 2 * shops[2].setting.query_seconds,
    }
    verdict = (
        f"Each time the hot key expired, {figures['queries for a hot key']:.0f} readers asked the database the same; "
        f"with a lease {figures['queries for a hot key with a lease']:.0f}. When {runs[2].setting.products} keys "
        f"expired together, up to {peaks[2]} pages within a tenth of a second missed the cache, and the slowest "
        f"percent took {milliseconds(p99[2])}; with jittered times to live up to {peaks[3]} and {milliseconds(p99[3])}."
    )
    rows = [
        [run.name, f"{view.asked}", f"{count}", f"{peak}", milliseconds(slow), f"{view.failed}"]
        for run, view, count, peak, slow in zip(runs, seen, queries, peaks, p99)
    ]
    columns = ["", "pages", "queries", "misses together", "p99", "failed"]
    series = {
        f"{run.name}: {name}": curve
        for run, shop in zip(runs, shops)
        for name, curve in shop.series(PEAK_SECONDS).items()
    }
    return Result("stampede", engine.name, seed, verdict, checks, columns, rows, figures, series=series)


def _expiries(shop: Storefront) -> int:
    """How often the hot key expired. Its queries come in bursts, because each one's fill lets it live anew."""
    return 1 + sum(later - earlier > shop.setting.ttl_seconds / 2 for earlier, later in pairwise(shop.query_times()))


def _misses_at_the_peak(shop: Storefront) -> int:
    """How many pages, of those asked for within one PEAK_SECONDS, the cache did not serve, when that was worst."""
    views = shop.history.by(CUSTOMERS).operations
    missed = TimeSeries(PEAK_SECONDS, ((view.asked, 1.0) for view in views if view.served_by != "cache"))
    return round(max((rate for _, rate in missed.rate()), default=0.0) * PEAK_SECONDS)
