"""The server under test (--target, ours by default) and the real one beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.target import Server, Shared, Target

SETTINGS = (
    # Timers that are looked at often, so that waits of a millisecond take about one; and nothing that runs by itself.
    *("--hz", 500, "--save", "", "--enable-debug-command", "yes"),
    # Thresholds so low that small random values cross them.
    *("--hash-max-listpack-entries", 4, "--set-max-intset-entries", 4, "--zset-max-listpack-entries", 4),
    *("--list-max-listpack-size", 4),
    # Every change is told.
    *("--notify-keyspace-events", "KEAmn"),
)


def shared(target: Target, directory: Path) -> Iterator[Shared]:
    shared = Shared(target, directory, *SETTINGS)
    yield shared
    shared.end()


@pytest.fixture(scope="session")
def shared_real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    yield from shared(Target("redis", stage=""), tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="session")
def shared_stage1(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    target = Target(request.config.getoption("--target"), stage="stage1_single_node")
    yield from shared(target, tmp_path_factory.mktemp("stage1"))


@pytest.fixture
def real(shared_real: Shared) -> Server:
    return shared_real.get()


@pytest.fixture
def stage1(shared_stage1: Shared) -> Server:
    return shared_stage1.get()
