"""The power fails: the page cache is gone too, and only what was fsynced is left.

This is the worst case, to the byte: what the server has fsynced is there, and nothing else. A real machine mostly
loses less, for Linux writes dirty pages back by itself after some 5 to 30 seconds. One fsync more is worth one
guarantee more, and no luck counts.
"""

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine, Node
from lab.result import Result
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, NEVER, OFTEN, SELDOM
from stage2_persistence.scenarios.sudden_end import as_result, end_all

# Redis's documentation promises "one second of data"; its code lets an fsync that is late be 2 s late before writes
# wait for it, so with a healthy disk a little over one second is what may be seen.
EVERY_SECOND_AT_MOST = 2.0


async def power_cut(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """The power fails under every policy: only what was fsynced is left"""
    outcomes = await end_all(engine, seed, watch, quick, _cut_power, "the power fails")
    of = {outcome.policy: outcome for outcome in outcomes}
    always, every_second, never, often, seldom = (of[key] for key in (ALWAYS, EVERY_SECOND, NEVER, OFTEN, SELDOM))
    checks = {
        "orders were confirmed everywhere": all(outcome.kept.acknowledged for outcome in outcomes),
        "always lost nothing": not always.kept.lost,
        f"everysec lost none older than {EVERY_SECOND_AT_MOST:g} s": every_second.seconds_lost <= EVERY_SECOND_AT_MOST,
        "without any fsync all are lost": never.lost_all,
        "snapshots lost what came after them": bool(seldom.kept.lost) and not often.lost_all,
        "each kept the beginning of what happened, without a hole": all(outcome.kept.sound for outcome in outcomes),
    }
    verdict = (
        f"fsync before every confirmation (always): {len(always.kept.lost)} of {always.kept.acknowledged} confirmed "
        f"orders lost. fsync once a second (everysec): {len(every_second.kept.lost)} lost, the last "
        f"{every_second.seconds_lost:.2f} s. fsync left to the system (no): {len(never.kept.lost)} of "
        f"{never.kept.acknowledged} lost, which is the worst case; mostly the system has written some of it back. "
        f"Snapshots by `save 1 1` lost {len(often.kept.lost)}: snapshots are fsynced when they are whole, so a power "
        f"cut costs them no more than a crash."
    )
    return as_result("power-cut", engine, seed, verdict, checks, outcomes)


async def _cut_power(node: Node) -> None:
    await node.cut_power()
