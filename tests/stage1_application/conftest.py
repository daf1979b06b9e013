"""The application and the failure scripts run on the engine that --target names, so the real Redis is their control."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from lab.engine import Engine, Node
from lab.processes import open_engine
from lab.programs import require_program
from stage1_single_node.cache_aside import Catalogue, ProductCache, Shop
from tests.asynchronous import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]

PRODUCTS = 20


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    target = request.config.getoption("--target")
    if target == "redis":
        require_program("redis-server", "apt-get install redis-server")
        return "redis"
    if target != "ours":
        pytest.skip("the failure scripts know two engines: --target ours and --target redis")
    return "python"


@pytest.fixture
def engine(engine_name: str) -> Engine:
    return open_engine(engine_name, "stage1_single_node")


class Business(NamedTuple):
    node: Node
    catalogue: Catalogue
    cache: ProductCache
    shop: Shop


OpenShop = Callable[..., AbstractAsyncContextManager[Business]]


@pytest.fixture
def open_shop(engine: Engine, tmp_path: Path) -> OpenShop:
    """A shop with 20 products on an empty cache; keywords set the catalogue, the cache and the shop up."""

    @asynccontextmanager
    async def open_one(
        catalogue: dict[str, Any] | None = None, cache: dict[str, Any] | None = None, single_flight: bool = False
    ) -> AsyncIterator[Business]:
        database = Catalogue(f"sqlite:///{tmp_path / 'shop.db'}", **{"query_seconds": 0.0, **(catalogue or {})})
        await database.create(PRODUCTS)
        async with engine:
            node = await engine.start("cache", 'save ""')
            products = ProductCache(node.client(socket_timeout=1.0), Random(1), **(cache or {}))
            yield Business(node, database, products, Shop(database, products, Random(2), single_flight))
        await database.close()

    return open_one
