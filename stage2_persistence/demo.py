"""The guided demo of stage 2: what a crash leaves, and what a power cut leaves. `python -m stage2_persistence.demo`"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from lab import scoreboard
from lab.injection import add_options, inject, run_to_the_end
from lab.result import Result, show
from stage2_persistence.scenarios.crash import crash
from stage2_persistence.scenarios.policies import ALWAYS, EVERY_SECOND, OFTEN, Policy
from stage2_persistence.scenarios.power_cut import power_cut

STORY = """\
A shop takes orders in {server}, and confirms each. Six servers keep them in six ways: \
not at all, by snapshots (RDB) seldom and often, and in an append-only file (AOF) under the three fsync policies.

    order ─► memory ─┬─ write(2) ─► page cache ─┬─ fsync ─► disk
                     │                          │
                  a crash takes              a power cut takes
               what is here alone          what is only here, too

First all six processes are killed at the same moment, and started again. Then the same with the power cut: what was \
not fsynced is gone, to the byte.

[bold]Predict:[/] which of the six lose confirmed orders in the crash? Which in the power cut, and how many seconds \
of them?"""

SERVERS = {"python": "our own Redis", "redis": "the real redis-server"}

ON_THE_BOARD = ((OFTEN, True), (EVERY_SECOND, True), (EVERY_SECOND, False), (ALWAYS, False))  # policy; by a crash?


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stage2_persistence.demo", description=__doc__)
    add_options(parser)
    parser.add_argument("--scoreboard", type=Path, metavar="FILE", help="save the rows for the scoreboard there")
    arguments = parser.parse_args()
    console = Console()
    story = STORY.format(server=SERVERS[arguments.engine])
    console.print(Panel(story, title="What is written down, and what is on the disk", expand=False))
    results = []
    for scenario in (crash, power_cut):
        result = run_to_the_end(console, inject(console, "stage2_persistence", scenario, arguments))
        if isinstance(result, int):
            return result
        show(console, result)
        results.append(result)
    rows = [scoreboard_row(results[0] if by_crash else results[1], policy) for policy, by_crash in ON_THE_BOARD]
    if arguments.scoreboard:
        scoreboard.save(rows, arguments.scoreboard)
    else:
        console.print(scoreboard.table(rows))
    return 0 if all(result.happened for result in results) else 1


def scoreboard_row(result: Result, policy: Policy) -> scoreboard.Row:
    return scoreboard.Row(
        stage="2 persistence",
        fault=f"a {result.scenario.replace('-', ' ')}, kept by {policy.name}",
        engine=result.engine,
        acknowledged_writes=round(result.figures[f"{policy.name}: confirmed"]),
        lost_writes=round(result.figures[f"{policy.name}: lost"]),
        recovery_seconds=result.figures[f"{policy.name}: recovery seconds"],
    )


if __name__ == "__main__":
    sys.exit(main())
