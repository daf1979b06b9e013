"""The disk is full: may a server that cannot write go on confirming?

Under `always` it may not: what it has executed and cannot write, it does not confirm; it says why and ends, for it
could not take those writes back. Under `everysec` it has confirmed some already, so it goes on with them in memory,
refuses every further write (MISCONF) while reads go on, and tries again each second until there is space. With
snapshots it notices at the next one, and refuses writes from then on (stop-writes-on-bgsave-error).
"""

import asyncio
from dataclasses import dataclass

from redis.exceptions import RedisError, ResponseError

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine
from lab.history import Outcome
from lab.result import Result
from lab.verdicts import Durability
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, OFTEN
from stage2_persistence.scenarios.shops import Shop, first_sentence, log_text, open_shops

ORDERS_PER_SECOND = 100.0
ROOM_BYTES = 3_000  # a second's orders, about
NOTICED_SECONDS, HEALED_SECONDS = 15.0, 20.0  # at most; Redis tries a failed snapshot again after 5 s
ENDING_SECONDS = 1.0  # for a server that has said why it ends
POLL_SECONDS = 0.05
COMPLAINT = "AOF write error"  # in the log

COLUMNS = ["kept by", "when the disk was full", "confirmed", "refused", "accepts again after", "lost"]


@dataclass
class Course:
    """What became of one server."""

    shop: Shop
    said: str = ""  # when the disk was full: to its clients, or to its log when it ended
    ended: bool = False
    healed_seconds: float = 0.0  # from the moment when there was space again
    kept: Durability | None = None

    @property
    def lost(self) -> int:
        return len(self.kept.lost) if self.kept else 0

    def row(self) -> list[str]:
        refused = sum(order.outcome is Outcome.REFUSED for order in self.shop.history.operations)
        return [self.shop.policy.name, ("ended: " if self.ended else "") + self.said, f"{self.shop.confirmed}",
                f"{refused}", f"{self.healed_seconds:.1f} s", f"{self.lost}"]  # fmt: skip


async def full_disk(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """No space left: what each policy does with orders that it cannot write, and when there is space again"""
    calm_seconds = 1.5 if quick else 3.0
    watch.phase("open", "a server for each policy")
    async with open_shops(engine, seed, (ALWAYS, EVERY_SECOND, OFTEN), watch) as shops:
        courses = [Course(shop) for shop in shops]
        for shop in shops:
            shop.take_orders(ORDERS_PER_SECOND)
        await engine.sleep(calm_seconds)

        watch.phase("the disk is full", f"no file can grow by more than {ROOM_BYTES:,} bytes")
        for shop in shops:
            shop.node.disk.limit_file_size(max(shop.node.disk.files().values(), default=0) + ROOM_BYTES)
        await asyncio.gather(*(_until_noticed(engine, course) for course in courses))
        await engine.sleep(calm_seconds)

        watch.phase("there is space again", "whoever ended is started again")
        await asyncio.gather(*(_heal(engine, course) for course in courses))
        await engine.sleep(calm_seconds)
        watch.phase("every server crashes", "SIGKILL: is what was kept in memory meanwhile in the file by now?")
        fault = engine.now()
        await asyncio.gather(*(shop.node.kill() for shop in shops))
    for course in courses:
        await course.shop.node.restart()
        course.kept = await course.shop.kept(fault)
    return _judge(engine, seed, courses)


async def _until_noticed(engine: Engine, course: Course) -> None:
    """Until the server has ended, or refuses a write."""
    node, deadline = course.shop.node, engine.now() + NOTICED_SECONDS
    redis = node.client()
    while engine.now() < deadline:
        try:
            await redis.set("probe", "is there space?")
        except ResponseError as error:
            course.said = first_sentence(str(error))
            await engine.sleep(ENDING_SECONDS)
        except RedisError:
            await engine.sleep(ENDING_SECONDS)
        if not node.running:
            complaints = [line for line in node.log if COMPLAINT in line]
            course.ended, course.said = True, log_text(complaints[-1]) if complaints else ""
        if course.said:
            return
        await engine.sleep(POLL_SECONDS)


async def _heal(engine: Engine, course: Course) -> None:
    """Give it space, a new start if it has ended, and wait until it takes a write."""
    node, began = course.shop.node, engine.now()
    if course.ended:
        await node.restart()
    else:
        node.disk.limit_file_size(None)
    redis = node.client()
    while engine.now() < began + HEALED_SECONDS:
        try:
            await redis.set("probe", "there is space")
            break
        except ResponseError:
            await engine.sleep(POLL_SECONDS)
    course.healed_seconds = engine.now() - began


def _judge(engine: Engine, seed: int, courses: list[Course]) -> Result:
    always, every_second, snapshots = courses
    checks = {
        "orders were confirmed everywhere": all(course.shop.confirmed for course in courses),
        "always ended, and said why": always.ended and always.said != "",
        "always lost nothing": always.lost == 0,
        "everysec refused, and went on": "MISCONF" in every_second.said and not every_second.ended,
        "everysec lost nothing, for there was space in time": every_second.lost == 0,
        "with snapshots, writes were refused too": "MISCONF" in snapshots.said,
        "all took orders again": all(course.healed_seconds < HEALED_SECONDS for course in courses),
        "no refused order was there": not any(course.kept and course.kept.undead for course in courses),
    }
    verdict = (
        f"Under always the server ended rather than confirm what it could not write, and lost {always.lost} of "
        f"{always.shop.confirmed} confirmed orders. Under everysec it refused further writes, kept in memory what it "
        f"had confirmed, wrote it as soon as there was space, and took orders again after "
        f"{every_second.healed_seconds:.1f} s; {every_second.lost} lost in the crash that followed. With snapshots it "
        f"noticed at the next one, and took orders again after the next good one, {snapshots.healed_seconds:.1f} s "
        f"later; the crash cost {snapshots.lost}, as any crash does that comes between two snapshots."
    )
    figures = {
        f"{course.shop.policy.name}: {name}": value
        for course in courses
        for name, value in {
            "confirmed": course.shop.confirmed,
            "lost": course.lost,
            "seconds until it took orders again": course.healed_seconds,
        }.items()
    }
    rows = [course.row() for course in courses]
    return Result("full-disk", engine.name, seed, verdict, checks, COLUMNS, rows, figures)
