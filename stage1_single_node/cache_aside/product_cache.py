"""Products in Redis.

    product:17        the product as JSON, with a time to live
    product:17:lease  the right to fill it, held by one reader for as long as a query may take

**Why keys expire.** What no invalidation reaches (it was lost, or overtaken by a slow reader's fill) is
wrong for one time to live at most. **Why with jitter.** Keys that were filled together would expire
together, and their readers would fall on the database together.

**Why a lease.** When a hot key expires, every reader misses at once, and each would send the same query. One
of them takes the lease (SET NX, so that only one can; PX, so that a crashed holder frees it), the others
wait for what it fetches. A holder must not delete a lease that has passed to another one meanwhile, so it
deletes on condition that the token is still its own, and fills in the same transaction: WATCH makes both
one step. As an update deletes the lease too, a reader that fetched the product *before* the update
finds its lease gone and cannot fill the cache with the old price *after* it. (Nishtala et al., "Scaling
Memcache at Facebook", 2013, section 3.2.1, has leases against the same two ills.)
"""

import json
from random import Random
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from stage1_single_node.cache_aside.catalogue import Product


class ProductCache:
    """`jitter` is the part of the time to live, 0 to 1, that chance may take away."""

    def __init__(
        self, redis: Redis, random: Random, ttl_seconds: float = 60.0, jitter: float = 0.1, lease_seconds: float = 1.0
    ) -> None:
        self._redis = redis
        self._random = random
        self._ttl_seconds = ttl_seconds
        self._jitter = jitter
        self.lease_seconds = lease_seconds

    async def get(self, product_id: int) -> Product | None:
        data: Any = await self._redis.get(_key(product_id))
        return Product(**json.loads(data)) if data else None

    async def put(self, product: Product) -> None:
        await self._redis.set(_key(product.id), json.dumps(product._asdict()), px=self._ttl_ms())

    async def put_all(self, products: list[Product]) -> None:
        """One pipeline, one round trip: how a cache is warmed before the load comes."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for product in products:
                pipe.set(_key(product.id), json.dumps(product._asdict()), px=self._ttl_ms())
            await pipe.execute()

    async def invalidate(self, product_id: int) -> None:
        await self._redis.delete(_key(product_id), _lease(product_id))

    async def take_lease(self, product_id: int) -> bytes | None:
        """A token, or None when somebody else holds the lease."""
        token = b"%032x" % self._random.getrandbits(128)
        taken = await self._redis.set(_lease(product_id), token, nx=True, px=round(self.lease_seconds * 1000))
        return token if taken else None

    async def end_lease(self, product_id: int, token: bytes, product: Product | None) -> bool:
        """Give the lease back, and fill the cache with the product, if there is one; False: the lease was lost."""
        async with self._redis.pipeline() as pipe:
            await pipe.watch(_lease(product_id))
            if await pipe.get(_lease(product_id)) != token:
                return False
            pipe.multi()
            if product:
                pipe.set(_key(product_id), json.dumps(product._asdict()), px=self._ttl_ms())
            pipe.delete(_lease(product_id))
            try:
                await pipe.execute()
            except WatchError:
                return False
            return True

    def _ttl_ms(self) -> int:
        return max(1, round(1000 * self._ttl_seconds * (1 - self._jitter * self._random.random())))


def _key(product_id: int) -> str:
    return f"product:{product_id}"


def _lease(product_id: int) -> str:
    return f"product:{product_id}:lease"
