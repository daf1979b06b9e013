"""One server serves the whole suite and is emptied between tests; a test that needs other settings from the start,
or that ends its server, takes one of its own from `fresh_server`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as redis_py

from tests.target import Directive, Server, Shared, Target
from tests.wire import Connection, Word


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    return Target(request.config.getoption("--target"), stage="stage1_single_node")


@pytest.fixture(scope="session")
def shared(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    shared = Shared(target, tmp_path_factory.mktemp("shared"))
    yield shared
    shared.end()


@pytest.fixture
def server(shared: Shared) -> Iterator[Server]:
    """The shared server, empty."""
    server = shared.get()
    yield server
    server.close_connections()


@pytest.fixture
def connect(server: Server) -> Callable[[], Connection]:
    """Opens a connection to the shared server."""
    return server.connect


@pytest.fixture
def client(server: Server) -> Connection:
    """A connection to the shared server."""
    return server.connect()


@pytest.fixture
def redis(server: Server) -> Iterator[redis_py.Redis]:
    """redis-py, connected to the shared server."""
    with server.redis() as redis:
        yield redis


@pytest.fixture
def configure(server: Server) -> Iterator[Callable[..., None]]:
    """CONFIG SET whose effect ends with the test: configure("hz", 100)."""
    connection = server.connect()
    before: dict[Word, Word] = {}

    def configure(name: str, value: Word) -> None:
        if name not in before:
            before[name] = connection("CONFIG", "GET", name)[1]
        assert connection("CONFIG", "SET", name, value) == "OK"

    yield configure
    if before:
        with server.connect() as restorer:  # a test may have had the first connection closed
            restorer("CONFIG", "SET", *[word for pair in before.items() for word in pair])


@pytest.fixture
def fresh_server(target: Target, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own: fresh_server("--maxclients", 3), fresh_server(config="maxclients 3")."""
    servers: list[Server] = []

    def start(*directives: Directive, config: str | None = None) -> Server:
        path = None
        if config is not None:
            path = tmp_path / "redis.conf"
            path.write_text(config)
        servers.append(target.start(tmp_path, *directives, config=path))
        return servers[-1]

    yield start
    for server in servers:
        server.end()
