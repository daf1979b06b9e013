"""The process dies (kill -9, the kernel's out-of-memory killer, a bug), the machine does not.

What the server has handed to the system with write(2) outlives it in the page cache, fsynced or not. All three
fsync policies write before they reply, so none of them loses anything here; what is only in memory is gone.
"""

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine, Node
from lab.result import Result
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, NEVER, NOTHING, OFTEN, SELDOM
from stage2_persistence.scenarios.sudden_end import as_result, end_all


async def crash(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """SIGKILL under every policy: a snapshot loses what came after it, an append-only file nothing"""
    outcomes = await end_all(engine, seed, watch, quick, _kill, "the process crashes")
    of = {outcome.policy: outcome for outcome in outcomes}
    logs = [of[policy] for policy in (NEVER, EVERY_SECOND, ALWAYS)]
    often, seldom, nothing = of[OFTEN], of[SELDOM], of[NOTHING]
    checks = {
        "orders were confirmed everywhere": all(outcome.kept.acknowledged for outcome in outcomes),
        "without persistence all are lost": nothing.lost_all,
        "snapshots lost what came after them": bool(seldom.kept.lost) and not often.lost_all,
        "no append-only file lost any": not any(log.kept.lost for log in logs),
        "each kept the beginning of what happened, without a hole": all(outcome.kept.sound for outcome in outcomes),
    }
    verdict = (
        f"Memory alone lost all {nothing.kept.acknowledged} confirmed orders. Snapshots lost what came after the last "
        f"one: {len(often.kept.lost)} orders ({often.seconds_lost:.1f} s) with `save 1 1`, "
        f"{len(seldom.kept.lost)} ({seldom.seconds_lost:.1f} s) with `save 5 1`. The append-only files lost "
        f"{sum(len(log.kept.lost) for log in logs)} under every policy, even without any fsync: they were written "
        f"before the confirmation, and the page cache belongs to the system, which lives. To see what fsync is for, "
        f"cut the power."
    )
    return as_result("crash", engine, seed, verdict, checks, outcomes)


async def _kill(node: Node) -> None:
    await node.kill()
