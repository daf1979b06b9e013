"""The product catalogue in SQL: SQLite by default, MySQL or MariaDB by URL.

A toy table answers in microseconds and would never be the bottleneck that it is in production. Two things
make its load real: every query takes `query_seconds` on top of its own time, as joins, cold pages and the
network would, and there are only so many `connections`; whoever comes later queues for one, and gives up
after `wait_seconds`, as connection pools do. So the database answers at most connections / query_seconds
queries a second; above that the queue grows until its end is as long as anybody waits, and the rest is errors.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)

T = TypeVar("T")

METADATA = MetaData()
PRODUCTS = Table(
    "products",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("price_cents", Integer, nullable=False),
)

# Built once: to put a statement together takes longer than SQLite takes to answer it.
FIND = select(PRODUCTS).where(PRODUCTS.c.id == bindparam("wanted"))
CHANGE_PRICE = update(PRODUCTS).where(PRODUCTS.c.id == bindparam("wanted")).values(price_cents=bindparam("price"))


class Product(NamedTuple):
    id: int
    name: str
    price_cents: int


class DatabaseBusy(Exception):
    """No connection became free in time; nothing was asked of the database."""


class Catalogue:
    """The database, as the application's connection pool sees it."""

    def __init__(self, url: str, connections: int = 4, query_seconds: float = 0.02, wait_seconds: float = 0.5) -> None:
        self.capacity = connections / query_seconds if query_seconds else float("inf")  # queries a second
        self.query_times: list[float] = []  # when each query was begun, on the event loop's clock
        self._query_seconds = query_seconds
        self._wait_seconds = wait_seconds
        self._sql = create_engine(url, pool_size=connections, max_overflow=0)
        self._connection_free = asyncio.Semaphore(connections)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="sql")  # the drivers block

    async def create(self, products: int) -> None:
        """A fresh table with products 1 to `products`."""

        def fill(connection: Connection) -> None:
            METADATA.drop_all(connection)
            METADATA.create_all(connection)
            rows = [{"id": n, "name": f"Product {n}", "price_cents": 100 * n} for n in range(1, products + 1)]
            connection.execute(insert(PRODUCTS), rows)

        await self._run(fill)

    async def product(self, product_id: int) -> Product | None:
        def find(connection: Connection) -> Product | None:
            row = connection.execute(FIND, {"wanted": product_id}).one_or_none()
            return Product(*row) if row else None

        return await self._query(find)

    async def products(self) -> list[Product]:
        """The whole catalogue in one query."""
        return await self._query(lambda connection: [Product(*row) for row in connection.execute(select(PRODUCTS))])

    async def change_price(self, product_id: int, price_cents: int) -> None:
        change = {"wanted": product_id, "price": price_cents}
        await self._query(lambda connection: connection.execute(CHANGE_PRICE, change))

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)  # a query may have outlived its cancelled caller
        self._sql.dispose()

    async def _query(self, work: Callable[[Connection], T]) -> T:
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._connection_free.acquire()
        except TimeoutError:
            raise DatabaseBusy(f"no connection became free in {self._wait_seconds:g} s") from None
        try:
            self.query_times.append(asyncio.get_running_loop().time())
            await asyncio.sleep(self._query_seconds)
            return await self._run(work)
        finally:
            self._connection_free.release()

    async def _run(self, work: Callable[[Connection], T]) -> T:
        """One transaction, on a thread of its own, so that the event loop goes on serving."""

        def transaction() -> T:
            with self._sql.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)
