import asyncio

import pytest

from stage1_single_node.cache_aside import Catalogue, DatabaseBusy, Product


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'catalogue.db'}"


async def test_a_fresh_catalogue_has_its_products(url):
    catalogue = Catalogue(url, query_seconds=0.0)
    await catalogue.create(3)
    assert await catalogue.product(3) == Product(3, "Product 3", 300)
    assert await catalogue.product(4) is None
    assert [product.id for product in await catalogue.products()] == [1, 2, 3]
    await catalogue.close()


async def test_a_changed_price_stays_changed(url):
    catalogue = Catalogue(url, query_seconds=0.0)
    await catalogue.create(3)
    await catalogue.change_price(2, 999)
    await catalogue.close()
    again = Catalogue(url, query_seconds=0.0)
    found = await again.product(2)
    assert found and found.price_cents == 999
    await again.close()


async def test_more_queries_than_connections_queue(url):
    catalogue = Catalogue(url, connections=2, query_seconds=0.05)
    await catalogue.create(1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(catalogue.product(1) for _ in range(6)))
    assert loop.time() - began >= 3 * 0.05  # six queries, two at a time
    await catalogue.close()


async def test_who_waits_too_long_for_a_connection_is_turned_away(url):
    catalogue = Catalogue(url, connections=1, query_seconds=0.3, wait_seconds=0.02)
    await catalogue.create(1)
    served, turned_away = await asyncio.gather(catalogue.product(1), catalogue.product(1), return_exceptions=True)
    assert isinstance(served, Product)
    assert isinstance(turned_away, DatabaseBusy)
    await catalogue.close()


async def test_a_connection_is_given_back_by_who_was_cancelled(url):
    catalogue = Catalogue(url, connections=1, query_seconds=0.2, wait_seconds=5.0)
    await catalogue.create(1)
    query = asyncio.create_task(catalogue.product(1))
    while not catalogue.query_times:
        await asyncio.sleep(0.001)
    query.cancel()
    assert await catalogue.product(1)
    await catalogue.close()
