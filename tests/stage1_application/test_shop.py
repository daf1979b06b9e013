import asyncio

import pytest


async def test_a_miss_is_answered_by_the_database_and_the_next_read_by_the_cache(open_shop):
    async with open_shop() as business:
        first, second = await business.shop.read(7), await business.shop.read(7)
    assert (first.source, second.source) == ("database", "cache")
    assert first.product == second.product and first.product.id == 7


async def test_what_does_not_exist_is_not_cached(open_shop):
    async with open_shop() as business:
        assert await business.shop.read(999) == (None, "database")
        assert await business.shop.read(999) == (None, "database")


async def test_an_update_invalidates_what_was_cached(open_shop):
    async with open_shop() as business:
        await business.shop.read(7)
        await business.shop.update_price(7, 12345)
        found = await business.shop.read(7)
    assert (found.source, found.product.price_cents) == ("database", 12345)


async def test_a_cached_product_expires(open_shop):
    async with open_shop(cache={"ttl_seconds": 0.02, "jitter": 0.0}) as business:
        await business.shop.read(7)
        while (await business.shop.read(7)).source == "cache":
            await asyncio.sleep(0.005)


async def test_jitter_spreads_the_times_to_live(open_shop):
    async with open_shop(cache={"ttl_seconds": 100.0, "jitter": 0.5}) as business:
        await business.cache.put_all(await business.catalogue.products())
        redis = business.node.client()
        times = [await redis.pttl(f"product:{number}") for number in range(1, 21)]
    assert all(45_000 < time <= 100_000 for time in times)
    assert max(times) - min(times) > 10_000


@pytest.mark.parametrize("single_flight", [False, True])
async def test_with_the_cache_down_the_shop_stays_open(open_shop, single_flight):
    async with open_shop(single_flight=single_flight) as business:
        await business.shop.read(7)
        await business.node.kill()
        found = await business.shop.read(7)
        assert (found.source, found.product.id) == ("database", 7)
        await business.shop.update_price(7, 12345)
        assert (await business.shop.read(7)).product.price_cents == 12345


async def test_without_a_lease_everyone_who_misses_asks_the_database(open_shop):
    async with open_shop(catalogue={"query_seconds": 0.1, "connections": 10}) as business:
        await asyncio.gather(*(business.shop.read(7) for _ in range(10)))
        assert len(business.catalogue.query_times) == 10


async def test_with_a_lease_one_asks_and_all_are_answered(open_shop):
    async with open_shop(catalogue={"query_seconds": 0.1}, single_flight=True) as business:
        answers = await asyncio.gather(*(business.shop.read(7) for _ in range(30)))
        assert len(business.catalogue.query_times) == 1
    assert all(answer.product.id == 7 for answer in answers)
    assert [answer.source for answer in answers].count("database") == 1


async def test_the_lease_of_a_dead_reader_holds_nobody_up_for_longer_than_it_lasts(open_shop):
    async with open_shop(cache={"lease_seconds": 0.1}, single_flight=True) as business:
        assert await business.cache.take_lease(7)  # and never heard of again
        found = await business.shop.read(7)
    assert (found.source, found.product.id) == ("database", 7)


async def test_a_lease_is_given_to_one_and_given_back(open_shop):
    async with open_shop() as business:
        token = await business.cache.take_lease(7)
        assert await business.cache.take_lease(7) is None
        assert await business.cache.end_lease(7, token, None)
        assert await business.cache.take_lease(7)


async def test_who_lost_the_lease_neither_ends_it_nor_fills(open_shop):
    async with open_shop() as business:
        product = await business.catalogue.product(7)
        late = await business.cache.take_lease(7)
        await business.cache.invalidate(7)  # an update comes in between,
        current = await business.cache.take_lease(7)  # and another reader
        assert not await business.cache.end_lease(7, late, product)
        assert await business.cache.get(7) is None
        assert await business.cache.end_lease(7, current, product)
        assert await business.cache.get(7) == product


async def test_a_reader_overtaken_by_an_update_does_not_cache_the_old_price(open_shop):
    async with open_shop(catalogue={"query_seconds": 0.1, "connections": 2}, single_flight=True) as business:
        reader = asyncio.create_task(business.shop.read(7))
        while not business.catalogue.query_times:
            await asyncio.sleep(0.001)
        await business.cache.invalidate(7)  # what an update does after its write
        await reader
        assert await business.cache.get(7) is None
