"""The failure scripts run on the engine that --target names, so the real Redis is their control."""

import pytest

from lab.engine import Engine
from lab.processes import open_engine
from lab.programs import require_program
from tests.asynchronous import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]


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
    return open_engine(engine_name, "stage2_persistence")
