"""A rewrite replaces the append-only file while the server writes to it. What if it ends in the midst of that?

A rewrite changes several files: from its beginning on new commands go to a new INCR, a child writes the new BASE, the
manifest says which files count, and the old ones go last. Whatever has happened when the server ends, by a crash or by
a power cut, the files together must hold every confirmed order, and the server must start again.

First the laboratory watches one rewrite, to know its steps: each fsync, rename and removal. Then it ends a server
before each of them, and others at random moments. The policy is always: what is confirmed has been fsynced.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from random import Random
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lab.dashboard import NOBODY, Gauge, Watch
from lab.disk import DiskCall
from lab.engine import Engine, EngineFailure, Node, NotHere
from lab.result import Result
from lab.verdicts import Durability
from stage2_persistence.scenarios.policies import ALWAYS, Policy
from stage2_persistence.scenarios.shops import Shop, open_shops

ORDERS_PER_SECOND = 200.0
PRODUCTS = 2_000
HEAD_START = 30  # orders, before the rewrite begins
STEP_SECONDS = 10.0  # at most, for what takes a tenth of a second
QUIET_SECONDS = 0.3  # without a step: the rewrite is over, and so is the removal of the old files
POLL_SECONDS = 0.005
FOLDER_OR_ID = re.compile(r"appendonlydir/|(?<=[a-z]-)\d+")  # in the name of a file; temporary ones carry a process id

AT_RANDOM = "or at random moments"

COLUMNS = ["the server ended before it could", "crash: lost", "power cut: lost"]
WHY_NONE = (
    "The order of the steps is what does it: every file is whole and fsynced before a name points at it, the manifest "
    "is replaced in one rename, and what is old is removed when nothing names it any more."
)
WHY_SOME = "So its steps come in a wrong order, or one is missing: the first line of the table with a loss says where."

Blow = Callable[[Node], Awaitable[None]]


async def _crash(node: Node) -> None:
    await node.kill()


async def _cut_power(node: Node) -> None:
    await node.cut_power()


BLOWS: dict[str, Blow] = {"crash": _crash, "power cut": _cut_power}


class Rewrite(NamedTuple):
    """One that nobody disturbed."""

    steps: list[DiskCall]
    seconds: float


class Moment(NamedTuple):
    """In a rewrite: before one of its steps, or so many seconds after its beginning."""

    name: str  # for the table: it may be that of several moments
    step: int | None
    seconds: float = 0.0


class End(NamedTuple):
    """The end of one server, and what it had when it ran again."""

    moment: str
    by: str
    kept: Durability | None  # None: it did not start


async def rewrite_crash(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """A crash and a power cut at each step of an AOF rewrite: every confirmed order must still be there"""
    every, random_moments = (4, 2) if quick else (1, 10)
    watch.phase("watch a rewrite", "which are its steps?")
    rewrite = await _watch_one(engine, seed)
    steps = [Moment(f"{number + 1}. {_short(step)}", number) for number, step in enumerate(rewrite.steps)]
    dice = Random(f"{seed} moments")
    waits = [dice.uniform(0.0, rewrite.seconds) for _ in range(random_moments)]
    moments = [*steps[::every], *(Moment(AT_RANDOM, None, seconds) for seconds in waits)]
    watch.phase("end servers in a rewrite", f"{len(moments)} by a crash, {len(moments)} by a power cut")
    ends: list[End] = []
    watch.follow([Gauge("servers ended", f"of {2 * len(moments)}", lambda: len(ends))])
    for number, moment in enumerate(moments):
        ends += await _end_two(engine, seed, moment, number)
    return _judge(engine, seed, rewrite, ends)


async def _watch_one(engine: Engine, seed: int) -> Rewrite:
    async with open_shops(engine, seed, [_server("watched")], NOBODY, PRODUCTS) as [shop]:
        shop.take_orders(ORDERS_PER_SECOND)
        await _head_start(engine, shop)
        before, redis, began = len(_calls(shop.node)), shop.node.client(), engine.now()
        await redis.bgrewriteaof()
        while (await redis.info("persistence"))["aof_rewrite_in_progress"]:
            await engine.sleep(POLL_SECONDS)
        seconds = engine.now() - began
        await engine.sleep(QUIET_SECONDS)
        steps = [call for call in _calls(shop.node)[before:] if _is_a_step(call)]
    await shop.node.kill()
    return Rewrite(steps, seconds)


async def _end_two(engine: Engine, seed: int, moment: Moment, number: int) -> list[End]:
    """Two servers and a rewrite on each: at this moment of it the one crashes, and the other loses power."""
    servers = [_server(f"{number} {by}") for by in BLOWS]
    async with open_shops(engine, seed, servers, NOBODY, PRODUCTS) as shops:
        for shop in shops:
            shop.take_orders(ORDERS_PER_SECOND)
            await _head_start(engine, shop)
        pairs = zip(shops, BLOWS.values())
        faults = await asyncio.gather(*(_rewrite_until(engine, shop, moment, blow) for shop, blow in pairs))
    kept = await asyncio.gather(*(_recover(shop, fault) for shop, fault in zip(shops, faults)))
    return [End(moment.name, by, what) for by, what in zip(BLOWS, kept)]


async def _head_start(engine: Engine, shop: Shop) -> None:
    deadline = engine.now() + STEP_SECONDS
    while shop.confirmed < HEAD_START and engine.now() < deadline:
        await engine.sleep(POLL_SECONDS)


async def _rewrite_until(engine: Engine, shop: Shop, moment: Moment, blow: Blow) -> float:
    """When the blow fell."""
    node = shop.node
    if moment.step is not None:
        node.disk.hold_before(moment.step, _is_a_step)
    rewriting = asyncio.create_task(_rewrite(node.client(socket_timeout=None)))
    if moment.step is None:
        await engine.sleep(moment.seconds)
    else:
        deadline = engine.now() + STEP_SECONDS
        while node.disk.held is None:
            if engine.now() > deadline:
                raise EngineFailure(f"this time the rewrite did not come to: {moment.name}")
            await engine.sleep(POLL_SECONDS)
    fault = engine.now()
    await blow(node)
    await rewriting
    return fault


async def _rewrite(redis: Redis) -> None:
    with suppress(RedisError):  # it takes its first steps before it replies, so there may be no reply
        await redis.bgrewriteaof()


async def _recover(shop: Shop, fault: float) -> Durability | None:
    try:
        await shop.node.restart()
    except EngineFailure:
        return None
    kept = await shop.kept(fault)
    await shop.node.kill()  # the machine has other servers to run
    return kept


def _server(name: str) -> Policy:
    return Policy(name, ALWAYS.directives)


def _calls(node: Node) -> list[DiskCall]:
    """Empty where the disk cannot be watched: then random moments must do."""
    try:
        return node.disk.calls
    except NotHere:
        return []


def _is_a_step(call: DiskCall) -> bool:
    """The fsyncs of an INCR belong to the orders, not to the rewrite."""
    return call.action != "sync" or not call.path.endswith(".incr.aof")


def _short(call: DiskCall) -> str:
    """Without folders and process ids: as it is in every run."""
    return FOLDER_OR_ID.sub("", str(call))


def _judge(engine: Engine, seed: int, rewrite: Rewrite, ends: list[End]) -> Result:
    lost = sum(len(end.kept.lost) for end in ends if end.kept)
    confirmed = sum(end.kept.acknowledged for end in ends if end.kept)
    checks = {
        "orders were confirmed before each end": all(end.kept is None or end.kept.acknowledged for end in ends),
        "every server started again": all(end.kept is not None for end in ends),
        "no confirmed order was lost": lost == 0,
        "none that was there had others missing before it": all(end.kept is None or end.kept.sound for end in ends),
    }
    started = sum(end.kept is not None for end in ends)
    watched = f"before one of its {len(rewrite.steps)} steps or " if rewrite.steps else ""
    verdict = (
        f"{len(ends)} servers ended in the midst of a rewrite, {watched}at a random moment, half of them by a crash "
        f"and half by a power cut. {started} of them started again, and {lost} of {confirmed} confirmed orders were "
        f"lost. {WHY_SOME if lost or started < len(ends) else WHY_NONE}"
    )
    names = dict.fromkeys(end.moment for end in ends)
    rows = [
        [name, *(_lost(end for end in ends if (end.moment, end.by) == (name, by)) for by in BLOWS)] for name in names
    ]
    figures: dict[str, float] = {
        "ends": len(ends),
        "steps": len(rewrite.steps),
        "confirmed": confirmed,
        "lost": lost,
        "not started": len(ends) - started,
    }
    return Result("rewrite-crash", engine.name, seed, verdict, checks, COLUMNS, rows, figures)


def _lost(ends: Iterable[End]) -> str:
    kept = [end.kept for end in ends]
    if None in kept:
        return "does not start"
    return f"{sum(len(one.lost) for one in kept if one)} of {sum(one.acknowledged for one in kept if one)}"
