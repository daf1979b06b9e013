"""The shop in business: a cache, a database, and customers who come whether it is well or not.

What every scenario of this stage breaks. The figures are chosen so that the database alone could *not* carry
the customers (160 queries a second against 400 reads), which is why there is a cache in the first place.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from lab.dashboard import Gauge
from lab.engine import POOL_CONNECTIONS, Engine, Node
from lab.history import Event, History, Summary, summarize
from lab.latency import TimeSeries
from lab.result import milliseconds, percent
from lab.workload import Answer, Question, Refused, Workload, reads, zipf
from stage1_single_node.cache_aside import Catalogue, DatabaseBusy, ProductCache, Shop

CUSTOMERS = "customers"
MERCHANT = "merchant"

NO_PERSISTENCE = 'save ""'  # a cache in memory alone, also where the real server would save
FIRST_NEW_PRICE = 10_000_000  # above all prices that the catalogue begins with, so that each price is unique


WARM_SHARE = 0.9  # warm again: this much of the earlier hit rate is back
WARM_WINDOW_SECONDS = 0.5  # over which the hit rate is taken
WARM_DEADLINE_SECONDS = 15.0

Span = tuple[float, float]  # from one moment to another, on the engine's clock


@dataclass(frozen=True)
class Setting:
    """The size of the shop."""

    products: int = 400
    connections: int = 4
    query_seconds: float = 0.025
    ttl_seconds: float = 30.0
    jitter: float = 0.5
    single_flight: bool = False
    reads_per_second: float = 400.0
    updates_per_second: float = 5.0
    patience_seconds: float = 1.0  # then a customer gives up
    cache_timeout_seconds: float = 0.25  # then the shop gives up on the cache


class Storefront:
    """The running shop, with a look at what it does now and what it did between two moments."""

    def __init__(self, engine: Engine, seed: int, setting: Setting, cache: Node, catalogue: Catalogue) -> None:
        self.engine = engine
        self.setting = setting
        self.cache = cache
        self.catalogue = catalogue
        self.history = History()
        self.workload = Workload(engine, self.history, setting.patience_seconds)
        self.opened = engine.now()
        self.seed = seed
        timeout = setting.cache_timeout_seconds
        self._redis = cache.client(wait_seconds=timeout, socket_timeout=timeout, socket_connect_timeout=1.0)
        self.products = ProductCache(self._redis, self.random("cache"), setting.ttl_seconds, setting.jitter)
        self._shop = Shop(catalogue, self.products, self.random("shop"), setting.single_flight)

    def random(self, name: str) -> Random:
        """Dice of its own for everyone, so that one more throw here changes nothing there."""
        return Random(f"{self.seed} {name}")

    async def warm_up(self) -> None:
        """Fill the cache, and the shop's pool of connections, or handshakes would be the first customers' wait."""
        await self.products.put_all(await self.catalogue.products())
        pings = (self._redis.ping() for _ in range(POOL_CONNECTIONS))
        await asyncio.gather(*pings, return_exceptions=True)  # a connection that takes too long is made later

    def open_doors(self) -> None:
        """Customers come, and a merchant who changes prices."""
        self.opened = self.engine.now()  # what came before, to set up, is in no figure
        choice = self.random("choice")
        views = reads(zipf(choice, self.setting.products), "{}")
        self.workload.ask_at_rate(CUSTOMERS, self.setting.reads_per_second, views, self._ask, self.random(CUSTOMERS))
        if not self.setting.updates_per_second:
            return
        changes = _price_changes(zipf(choice, self.setting.products))
        self.workload.ask_at_rate(MERCHANT, self.setting.updates_per_second, changes, self._ask, self.random(MERCHANT))

    async def _ask(self, question: Question) -> Answer:
        try:
            if question.action == "write":
                await self._shop.update_price(int(question.key), int(question.value or 0))
                return Answer(question.value, "database")
            product, source = await self._shop.read(int(question.key))
            return Answer(str(product.price_cents) if product else None, source)
        except DatabaseBusy as busy:
            raise Refused from busy

    def gauges(self) -> list[Gauge]:
        """The last second's figures for the dashboard."""

        return [
            Gauge("pages served", "/s", lambda: self._lately(1.0).acknowledged),
            Gauge("from the cache", "%", lambda: 100 * self.hit_rate(1.0)),
            Gauge("database queries", "/s", lambda: self.queries(self.engine.now() - 1.0, self.engine.now())),
            Gauge("latency p99", "ms", lambda: 1000 * self._lately(1.0).latency.percentile(99)),
            Gauge("pages failed", "/s", lambda: self._lately(1.0).failed),
        ]

    def hit_rate(self, seconds: float) -> float:
        """The part, 0 to 1, of the pages asked for lately that the cache served."""
        return self._lately(seconds).share("cache")

    async def until_warm(self, hit_rate: float) -> float:
        """Wait until the cache serves this part of the pages again: the moment when it did, or when hope was lost."""
        deadline = self.engine.now() + WARM_DEADLINE_SECONDS
        while self.hit_rate(WARM_WINDOW_SECONDS) < WARM_SHARE * hit_rate and self.engine.now() < deadline:
            await self.engine.sleep(0.02)
        return self.engine.now()

    def _lately(self, seconds: float) -> Summary:
        recent = self.history.recent(self.engine.now() - seconds)
        return summarize(operation for operation in recent if operation.client == CUSTOMERS)

    def served(self, start: float, end: float) -> Summary:
        """What the customers saw who came between two moments."""
        return summarize(self.history.asked_between(start, end).by(CUSTOMERS).operations)

    def queries(self, start: float, end: float) -> float:
        """Queries that the database began, a second."""
        return sum(start <= when < end for when in self.query_times()) / (end - start)

    def query_times(self) -> list[float]:
        """When each query since the opening was begun."""
        return [when for when in self.catalogue.query_times if when >= self.opened]

    def rows(self, spans: Sequence[Span]) -> list[list[str]]:
        """A table of what the customers and the database saw, a column for each span of time."""
        served = [self.served(*span) for span in spans]
        return [
            ["pages asked for", *(f"{part.asked}" for part in served)],
            ["served from the cache", *(percent(part.share("cache")) for part in served)],
            ["database queries a second", *(f"{self.queries(*span):.0f}" for span in spans)],
            ["latency p50", *(milliseconds(part.latency.percentile(50)) for part in served)],
            ["latency p99", *(milliseconds(part.latency.percentile(99)) for part in served)],
            ["pages failed", *(f"{part.failed}" for part in served)],
        ]

    def events(self) -> list[Event]:
        return [Event(event.when - self.opened, event.what) for event in self.history.events]

    def series(self, bucket_seconds: float = 0.25) -> dict[str, list[tuple[float, float]]]:
        """The whole run as curves, in seconds since the shop opened."""
        views = [view for view in self.history.by(CUSTOMERS).operations if view.acknowledged]
        hits = [(view.asked - self.opened, 100.0 * (view.served_by == "cache")) for view in views]
        latencies = [(view.asked - self.opened, 1000 * view.seconds) for view in views]
        queries = [(when - self.opened, 1.0) for when in self.query_times()]
        span = (0.0, *(when for when, _ in hits[-1:]))  # the database's idle times too
        return {
            "hit rate (%)": TimeSeries(bucket_seconds, hits).mean(),
            "database queries per second": TimeSeries(bucket_seconds, queries, span).rate(),
            "latency p99 (ms)": TimeSeries(bucket_seconds, latencies).percentile(99),
        }


@asynccontextmanager
async def open_storefront(
    engine: Engine, seed: int, setting: Setting, name: str = "cache"
) -> AsyncIterator[Storefront]:
    """Start the cache, fill the database and warm the cache from it; nobody comes yet."""
    with TemporaryDirectory(prefix="catalogue-") as directory:
        catalogue = Catalogue(
            f"sqlite:///{Path(directory) / 'catalogue.db'}", setting.connections, setting.query_seconds
        )
        try:
            await catalogue.create(setting.products)
            cache = await engine.start(name, NO_PERSISTENCE)
            storefront = Storefront(engine, seed, setting, cache, catalogue)
            await storefront.warm_up()
            async with storefront.workload:
                yield storefront
        finally:
            await catalogue.close()


def _price_changes(numbers: Iterator[int]) -> Iterator[Question]:
    return (Question("write", str(n), str(price)) for n, price in zip(numbers, count(FIRST_NEW_PRICE)))
