"""The real redis-server as an oracle for the parts; where it is missing, the tests that ask for it are skipped."""

from collections.abc import Iterator

import pytest

from tests.target import Server, Target
from tests.wire import Connection


@pytest.fixture(scope="module")
def real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Target("redis", stage="").start(tmp_path_factory.mktemp("redis"))
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
def oracle(real_redis: Server) -> Connection:
    """A connection to a real server that holds no data."""
    connection = real_redis.connect()
    connection("FLUSHALL")
    return connection
