"""The catalogue on a MariaDB of our own: a fresh data directory, loopback, a free port."""

import asyncio
import getpass
import subprocess
from pathlib import Path
from random import Random

import pymysql
import pytest

from lab.child import Child
from lab.ports import Reservation
from lab.programs import require_program
from stage1_single_node.cache_aside import Catalogue, Product, Shop
from tests.waiting import eventually

GET_MARIADB = "apt-get install mariadb-server"
READY_SECONDS = 60.0


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    server = require_program("mariadbd", GET_MARIADB)
    install = require_program("mariadb-install-db", GET_MARIADB)
    directory: Path = tmp_path_factory.mktemp("mariadb")
    # mariadbd refuses to run as root unless it is told so by name. No defaults: /etc must not matter here.
    common = ["--no-defaults", f"--datadir={directory}/data", f"--user={getpass.getuser()}"]
    subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    reservation = Reservation()
    network = [f"--port={reservation.port}", "--bind-address=127.0.0.1", f"--socket={directory}/socket"]
    child = Child([server, *common, *network], directory / "log", directory)
    try:
        eventually(lambda: not child.running or answers(reservation.port), READY_SECONDS)
        assert child.running, child.log_tail()
        with pymysql.connect(host="127.0.0.1", port=reservation.port, user="root") as connection:
            connection.cursor().execute("CREATE DATABASE shop")
        yield f"mysql+pymysql://root@127.0.0.1:{reservation.port}/shop"
    finally:
        child.end()
        reservation.release()


def answers(port: int) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="root").close()
    except pymysql.err.OperationalError:
        return False
    return True


async def test_products_are_created_found_and_changed(url):
    catalogue = Catalogue(url, query_seconds=0.0)
    await catalogue.create(50)
    assert await catalogue.product(50) == Product(50, "Product 50", 5000)
    assert await catalogue.product(51) is None
    await catalogue.change_price(50, 1)
    assert await catalogue.product(50) == Product(50, "Product 50", 1)
    assert len(await catalogue.products()) == 50
    await catalogue.close()


async def test_a_catalogue_can_be_created_again(url):
    catalogue = Catalogue(url, query_seconds=0.0)
    await catalogue.create(5)
    await catalogue.create(3)
    assert len(await catalogue.products()) == 3
    await catalogue.close()


async def test_queries_run_side_by_side_on_their_connections(url):
    catalogue = Catalogue(url, connections=4, query_seconds=0.0)
    await catalogue.create(20)
    found = await asyncio.gather(*(catalogue.product(number) for number in range(1, 21)))
    assert [product.id for product in found if product] == list(range(1, 21))
    await catalogue.close()


async def test_the_shop_runs_on_mariadb(url, open_shop):
    async with open_shop(single_flight=True) as business:
        catalogue = Catalogue(url)
        await catalogue.create(20)
        shop = Shop(catalogue, business.cache, Random(1), single_flight=True)
        first, second = await shop.read(7), await shop.read(7)
        await shop.update_price(7, 999)
        third = await shop.read(7)
        await catalogue.close()
    assert [found.source for found in (first, second, third)] == ["database", "cache", "database"]
    assert third.product and third.product.price_cents == 999
