"""A shop that takes its orders in Redis, and a ledger of those that it has confirmed.

What every scenario of this stage breaks. Each order is a key of its own; the ledger is the clients' history, so it
knows which orders were confirmed, whatever the server says later.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import count
from random import Random
from typing import Any

from lab.dashboard import Gauge, Watch
from lab.engine import Engine, Node
from lab.history import History
from lab.verdicts import Durability, durability
from lab.workload import Workload, redis_client, writes
from stage2_persistence.scenarios.policies import Policy

KEYS_PER_COMMAND = 1000
SENTENCE_END = re.compile(r"[.:!] ")
PRODUCT_BYTES = 100
CONNECTIONS = 20  # of those who order at one server: more than wait at a time as long as the disk is well
PATIENCE_SECONDS = 30.0  # longer than any disk of ours is slow: who gives up would not learn that he was confirmed


class Shop:
    """One server, and those who order there: `async with shop.workload:` they come, at `take_orders`'s rate."""

    def __init__(self, engine: Engine, node: Node, policy: Policy, seed: int) -> None:
        self.node = node
        self.policy = policy
        self.history = History()
        self.workload = Workload(engine, self.history, PATIENCE_SECONDS)
        self._engine = engine
        self._dice = Random(f"{seed} {node.name}")
        self._numbers = count(1)

    async def connect(self, connections: int) -> None:
        """Before any order comes: a handshake takes a while too."""
        self._redis = self.node.client(connections=connections, socket_timeout=None)
        await asyncio.gather(*(self._redis.ping() for _ in range(connections)))

    def take_orders(self, rate: float) -> None:
        """So many a second from now on."""
        orders = writes(self._numbers, "order:{}")
        self.workload.ask_at_rate(self.node.name, rate, orders, redis_client(self._redis), self._dice)

    @property
    def confirmed(self) -> int:
        return sum(order.acknowledged for order in self.history.operations)

    async def kept(self, fault: float) -> Durability:
        """What the server, which runs again, has of the orders from before a fault."""
        return durability(self.history.operations, await self._survivors(), fault)

    async def _survivors(self) -> dict[str, str]:
        keys = [order.key for order in self.history.operations]
        redis, found = self.node.client(), {}
        for first in range(0, len(keys), KEYS_PER_COMMAND):
            batch = keys[first : first + KEYS_PER_COMMAND]
            values: list[Any] = await redis.mget(batch)
            found.update({key: value.decode() for key, value in zip(batch, values) if value is not None})
        return found


@asynccontextmanager
async def open_shops(
    engine: Engine,
    seed: int,
    policies: Iterable[Policy],
    watch: Watch,
    products: int = 0,
    connections: int = CONNECTIONS,
) -> AsyncIterator[list[Shop]]:
    """A server for each policy, a catalogue in it. Leaving the block ends the taking of orders, not the servers."""
    policies = list(policies)
    starting = (engine.start(policy.node, *policy.directives, faulty_disk=True) for policy in policies)
    shops = [Shop(engine, node, policy, seed) for node, policy in zip(await asyncio.gather(*starting), policies)]
    for shop in shops:
        await fill(shop.node, products)
        await shop.connect(connections)
    watch.follow([Gauge(shop.policy.name, "confirmed", partial(_confirmed, shop)) for shop in shops])
    async with AsyncExitStack() as stack:
        for shop in shops:
            await stack.enter_async_context(shop.workload)
        yield shops


def _confirmed(shop: Shop) -> float:
    return shop.confirmed


async def fill(node: Node, products: int) -> None:
    """A catalogue beside the orders, so that there is something to save and to load."""
    redis, value = node.client(), b"x" * PRODUCT_BYTES
    for first in range(0, products, KEYS_PER_COMMAND):
        numbers = range(first, min(first + KEYS_PER_COMMAND, products))
        await redis.mset({f"product:{number}": value for number in numbers})


def file_bytes(node: Node) -> int:
    """What the server keeps on its disk."""
    return sum(node.disk.files().values())


def megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def aof_tail(node: Node) -> str:
    """The path of the file to which the append-only file grows: the last INCR."""
    return max((path for path in node.disk.files() if path.endswith(".incr.aof")), key=_sequence)


def _sequence(path: str) -> int:
    """…/appendonly.aof.7.incr.aof: 7"""
    return int(path.split(".")[-3])


def log_text(line: str) -> str:
    """The first sentence of a line of the log, without process id, date, level and folders."""
    text = next((line.partition(mark)[2] for mark in (" # ", " * ") if mark in line), line)
    return first_sentence(text.replace("appendonlydir/", ""))


def first_sentence(text: str) -> str:
    return SENTENCE_END.split(text, maxsplit=1)[0]
