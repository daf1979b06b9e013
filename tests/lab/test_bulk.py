import time
from contextlib import asynccontextmanager

import pytest

from lab import bulk
from lab.engine import EngineFailure
from lab.processes import open_engine


@asynccontextmanager
async def open_server():
    async with open_engine("python", "stage1_single_node") as engine:
        yield await engine.start("server", 'save ""')


async def test_commands_are_executed_in_order_over_many_batches():
    async with open_server() as node:
        await bulk.send(node, ((b"RPUSH", b"list", b"%d" % number) for number in range(2500)), batch=1000)
        assert await node.client().lrange("list", 0, -1) == [b"%d" % number for number in range(2500)]


async def test_a_rate_is_not_exceeded():
    async with open_server() as node:
        began = time.monotonic()
        await bulk.send(node, ((b"PING",) for _ in range(20)), batch=5, per_second=100)
        assert time.monotonic() - began >= 0.2


async def test_a_refused_command_is_an_error():
    async with open_server() as node:
        with pytest.raises(EngineFailure, match="refused: ERR unknown command"):
            await bulk.send(node, [(b"SET", b"key", b"value"), (b"NONSENSE",)])
