"""Most tests share a server, emptied between them: `client` one that only takes snapshots, `aof` one that keeps an
append-only file. Whoever kills, restarts or damages something takes a directory of its own from `node`."""

import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stage2_persistence.aof import Aof
from tests.stage2_persistence.node import DEFAULTS, Node
from tests.target import Directive, Server, Shared, Target
from tests.wire import Connection, Word


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    return Target(request.config.getoption("--target"), stage="stage2_persistence")


@pytest.fixture
def node(target: Target, tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """node("--appendonly", "yes") is a directory whose servers all get these directives; it starts none by itself."""
    nodes: list[Node] = []

    def make(*directives: Directive) -> Node:
        home = tmp_path / f"node-{len(nodes)}"
        home.mkdir()
        nodes.append(Node(target, home, *directives))
        return nodes[-1]

    yield make
    for each in nodes:
        each.end()


@pytest.fixture
def limit_files() -> Callable[[Node, int | None], None]:
    """limit_files(node, size): no file of its server may grow beyond that any more; None lifts the limit."""
    if sys.platform != "linux":
        pytest.skip("only Linux limits another process's files (prlimit)")

    def limit(node: Node, size: int | None) -> None:
        limits = (resource.RLIM_INFINITY if size is None else size, resource.RLIM_INFINITY)
        resource.prlimit(node.server.process.pid, resource.RLIMIT_FSIZE, limits)

    return limit


@pytest.fixture(scope="module")
def module_node(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One directory for all tests of a file, which only look at what its server did once."""
    node = Node(target, tmp_path_factory.mktemp("module"))
    yield node
    node.end()


@pytest.fixture(scope="session")
def shared(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    directory = tmp_path_factory.mktemp("snapshots")
    shared = Shared(target, directory, "--dir", directory, *DEFAULTS)
    yield shared
    shared.end()


@pytest.fixture
def server(shared: Shared) -> Iterator[Server]:
    """The shared server, empty, and without a snapshot."""
    server = shared.get()
    (server.directory / "dump.rdb").unlink(missing_ok=True)
    yield server
    server.close_connections()


@pytest.fixture
def client(server: Server) -> Connection:
    return server.connect()


@pytest.fixture
def rdb(server: Server) -> Path:
    """Where the shared server's snapshots go."""
    return server.directory / "dump.rdb"


@pytest.fixture
def configure(server: Server) -> Iterator[Callable[..., None]]:
    """CONFIG SET on the shared server whose effect ends with the test: configure("save", "1 1")."""
    connection = server.connect()
    before: dict[Word, Word] = {}

    def configure(name: str, value: Word) -> None:
        if name not in before:
            before[name] = connection("CONFIG", "GET", name)[1]
        assert connection("CONFIG", "SET", name, value) == "OK"

    yield configure
    if before:
        connection("CONFIG", "SET", *[word for pair in before.items() for word in pair])


@pytest.fixture(scope="session")
def shared_aof(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    directory = tmp_path_factory.mktemp("aof")
    # Looked at right after a reply, when every write(2) is done: an fsync would change nothing of what is seen.
    directives = ("--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", 0)
    shared = Shared(target, directory, "--dir", directory, *DEFAULTS, *directives)
    yield shared
    shared.end()


@pytest.fixture
def aof(shared_aof: Shared) -> Iterator[Aof]:
    """The shared server with an append-only file, emptied."""
    server = shared_aof.get()
    with server.connect() as connection:  # what a test may have left otherwise
        connection("DEBUG", "SET-ACTIVE-EXPIRE", 1)
        connection("CONFIG", "SET", "lazyfree-lazy-expire", "no", "maxmemory", 0, "maxmemory-policy", "noeviction")
    yield Aof(server)
    server.close_connections()
