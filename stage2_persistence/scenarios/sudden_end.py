"""Six servers take orders side by side, each with another way to keep them, and end at the same moment.

What a crash and a power cut have in common; crash.py and power_cut.py say what the end is, and what it should cost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from lab.dashboard import Watch
from lab.engine import Engine, Node
from lab.result import Result
from lab.verdicts import Durability
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, NEVER, NOTHING, OFTEN, SELDOM, Policy
from stage2_persistence.scenarios.shops import Shop, file_bytes, megabytes, open_shops

ORDERS_PER_SECOND = 120.0
POLICIES = (NOTHING, SELDOM, OFTEN, NEVER, EVERY_SECOND, ALWAYS)

Blow = Callable[[Node], Awaitable[None]]

COLUMNS = ["kept by", "confirmed", "lost", "that is the last", "files left", "back after"]


@dataclass
class Outcome:
    """What one policy has cost."""

    policy: Policy
    kept: Durability
    seconds_lost: float
    recovery_seconds: float  # from the start of the process to its first answer
    bytes_left: int

    @property
    def lost_all(self) -> bool:
        return len(self.kept.lost) == self.kept.acknowledged

    def row(self) -> list[str]:
        lost = f"{len(self.kept.lost)}"
        reach = f"{self.seconds_lost:.2f} s" if self.kept.lost else "–"
        return [self.policy.name, f"{self.kept.acknowledged}", lost, reach, megabytes(self.bytes_left),
                f"{self.recovery_seconds:.2f} s"]  # fmt: skip


async def end_all(engine: Engine, seed: int, watch: Watch, quick: bool, blow: Blow, what: str) -> list[Outcome]:
    """The outcomes in the order of POLICIES."""
    products, calm_seconds = (2_000, 2.2) if quick else (50_000, 8.2)
    watch.phase("open", f"{len(POLICIES)} servers, each filled with {products:,} products")
    async with open_shops(engine, seed, POLICIES, watch, products) as shops:
        for shop in shops:
            shop.take_orders(ORDERS_PER_SECOND)
        watch.phase("orders come", f"{ORDERS_PER_SECOND:.0f} a second at each; each confirmation goes into the ledger")
        await engine.sleep(calm_seconds + Random(f"{seed} end").random())  # at any point of a second or a snapshot
        watch.phase(what, "all servers at the same moment")
        fault = engine.now()
        await asyncio.gather(*(blow(shop.node) for shop in shops))
    watch.follow([])
    watch.phase("restart", "one after the other: each loads what it finds on its disk")
    return [await _recover(engine, shop, fault) for shop in shops]


async def _recover(engine: Engine, shop: Shop, fault: float) -> Outcome:
    bytes_left, began = file_bytes(shop.node), engine.now()
    await shop.node.restart()
    recovery_seconds = engine.now() - began
    kept = await shop.kept(fault)
    return Outcome(shop.policy, kept, kept.seconds_lost(fault), recovery_seconds, bytes_left)


def as_result(
    name: str, engine: Engine, seed: int, verdict: str, checks: dict[str, bool], outcomes: list[Outcome]
) -> Result:
    rows = [outcome.row() for outcome in outcomes]
    return Result(name, engine.name, seed, verdict, checks, COLUMNS, rows=rows, figures=figures(outcomes))


def figures(outcomes: list[Outcome]) -> dict[str, float]:
    return {
        f"{outcome.policy.name}: {name}": value
        for outcome in outcomes
        for name, value in {
            "confirmed": outcome.kept.acknowledged,
            "lost": len(outcome.kept.lost),
            "seconds lost": outcome.seconds_lost,
            "recovery seconds": outcome.recovery_seconds,
        }.items()
    }
