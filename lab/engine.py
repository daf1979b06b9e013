"""What a failure scenario may ask for, whatever runs the servers.

A scenario is one async function that takes an `Engine`; it reaches the servers through it alone, and never
reads another clock or starts a process itself. So the same function runs on real processes of ours, on the
real redis-server, and on whatever else can do what stands here.
"""

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Self

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from lab.disk import Disk

# Without a limit, everyone who comes while the server stalls would open one more, and their handshakes would be the
# next stall. A pool of this size asks thousands of questions a second.
POOL_CONNECTIONS = 50


class EngineFailure(Exception):
    """The laboratory could not do what the scenario asked for."""


class NotHere(EngineFailure):
    """This system, or this engine, cannot do it; nothing is wrong with the servers."""


class Node(ABC):
    """A server that the engine started. It keeps its name, address and directory over crash and restart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.host = ""
        self.port = 0
        self._clients: list[Redis] = []

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @abstractmethod
    async def kill(self) -> None:
        """The server is gone from one moment to the next, with what was in its memory."""

    @abstractmethod
    async def cut_power(self) -> None:
        """The server is gone, and all that was not on its disk (fsynced) with it; other nodes have power.

        The worst case: a real disk keeps more, by luck. Wants a node that was started with `faulty_disk`.
        """

    @abstractmethod
    async def restart(self) -> None:
        """Start it again as it was, with its configuration file and directory, and wait until it answers.

        Raises EngineFailure where it ends instead, or is not ready in time; its log says why.
        """

    @abstractmethod
    async def pause(self) -> None:
        """Freeze it. Its connections stay open, and new ones are still accepted on its behalf."""

    @abstractmethod
    async def resume(self) -> None:
        """Let it go on where it was. For the server no time has passed, but its clock has jumped."""

    @abstractmethod
    async def stop(self) -> None:
        """A clean end, with the time to write down what the server wants to keep."""

    @property
    @abstractmethod
    def running(self) -> bool:
        """False before its start, and after its end, however it came about."""

    @property
    @abstractmethod
    def disk(self) -> Disk: ...

    @property
    @abstractmethod
    def log(self) -> list[str]:
        """All lines of its log, those from before a crash too."""

    def client(
        self, *, connections: int = POOL_CONNECTIONS, wait_seconds: float | None = None, **options: Any
    ) -> Redis:
        """A redis-py client, closed together with the engine.

        It never retries: a scenario wants to see each failure, and a write sent twice would spoil its ledger. When all
        its connections are taken, a question waits for one, `wait_seconds` at most; without that limit the asker's
        patience is the only one.
        """
        pool = BlockingConnectionPool(
            host=self.host,
            port=self.port,
            max_connections=connections,
            timeout=wait_seconds,
            **{"retry": Retry(NoBackoff(), 0), **options},
        )
        client = Redis.from_pool(pool)
        self._clients.append(client)
        return client

    async def close_clients(self) -> None:
        for client in self._clients:
            await client.aclose()


class Engine(ABC):
    """Starts nodes and breaks what is between them; an async context manager that leaves nothing behind."""

    name: str

    @abstractmethod
    async def start(self, name: str, *directives: str, faulty_disk: bool = False) -> Node:
        """Start a server and wait until it answers. Directives are lines as in redis.conf: "maxmemory 4mb".

        A `faulty_disk` can be slowed down and stopped, and knows what is on it when the power is cut. It costs each
        fsync about 0.1 ms more than the disk takes.
        """

    @abstractmethod
    async def close(self) -> None:
        """End every node that still runs."""

    def now(self) -> float:
        """Seconds, on the clock that all of the laboratory's measurements share."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _type: object, exception: BaseException | None, _traceback: object) -> None:
        await self.close()
