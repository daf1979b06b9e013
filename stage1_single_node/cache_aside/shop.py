"""The cache-aside pattern: the application, not the cache, knows where the data comes from.

    read    look into the cache; on a miss ask the database and fill the cache
    update  write to the database, then delete the cached copy (deleting can be repeated and reordered
            without harm; writing the new value could put an older one over a newer one)

A cache that is down is a cache that always misses: the shop stays open, and the database pays.
"""

import asyncio
from collections.abc import Awaitable
from random import Random
from typing import NamedTuple

from redis.exceptions import RedisError

from stage1_single_node.cache_aside.catalogue import Catalogue, Product
from stage1_single_node.cache_aside.product_cache import ProductCache

CACHE_IS_DOWN = (RedisError, OSError)

LEASE_POLL_SECONDS = 0.03  # about a query's time: who waits for another's query must not make load by looking for it


class Found(NamedTuple):
    product: Product | None
    source: str  # "cache" or "database"


class Shop:
    """`single_flight`: of all readers that miss the same product at once, one asks the database."""

    def __init__(self, catalogue: Catalogue, cache: ProductCache, random: Random, single_flight: bool = False) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._random = random
        self._single_flight = single_flight

    async def read(self, product_id: int) -> Found:
        try:
            cached = await self._cache.get(product_id)
            if cached:
                return Found(cached, "cache")
            if self._single_flight:
                return await self._read_one_at_a_time(product_id)
        except CACHE_IS_DOWN:
            return Found(await self._catalogue.product(product_id), "database")
        product = await self._catalogue.product(product_id)
        if product:
            await self._unless_down(self._cache.put(product))
        return Found(product, "database")

    async def update_price(self, product_id: int, price_cents: int) -> None:
        await self._catalogue.change_price(product_id, price_cents)
        await self._unless_down(self._cache.invalidate(product_id))

    async def _read_one_at_a_time(self, product_id: int) -> Found:
        """Fetch it with the lease, or wait for who has it, though not for longer than a lease may last."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._cache.lease_seconds
        while loop.time() < deadline:
            token = await self._cache.take_lease(product_id)
            if token:
                return await self._read_with_lease(product_id, token)
            await asyncio.sleep(LEASE_POLL_SECONDS * self._random.uniform(0.5, 1.5))
            cached = await self._cache.get(product_id)
            if cached:
                return Found(cached, "cache")
        return Found(await self._catalogue.product(product_id), "database")

    async def _read_with_lease(self, product_id: int, token: bytes) -> Found:
        fetched = None
        try:
            # Look again: since this reader missed, the lease's last holder may have filled the cache.
            cached = await self._cache.get(product_id)
            if cached:
                return Found(cached, "cache")
            fetched = await self._catalogue.product(product_id)
            return Found(fetched, "database")
        finally:  # also when the query failed, or the user went away: the lease must not outlive its holder
            await self._unless_down(self._cache.end_lease(product_id, token, fetched))

    async def _unless_down(self, work: Awaitable[object]) -> None:
        """Filling and invalidating are attempts: the time to live bounds what a failed one leaves wrong."""
        try:
            await work
        except CACHE_IS_DOWN:
            pass
