"""The guided demo of stage 1: a shop with a cache, and the day the cache died. `python -m stage1_single_node.demo`"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from lab import scoreboard
from lab.injection import add_options, inject, run_to_the_end
from lab.result import Result, milliseconds, show
from stage1_single_node.scenarios.crash import crash
from stage1_single_node.scenarios.storefront import Setting

STORY = """\
A shop keeps its catalogue in SQL. A query takes {query}, there are {connections} connections, so the \
database can answer {capacity:.0f} queries a second. {customers:.0f} customers come every second. It works \
because of the cache:

    customers ─► shop ─┬─ 1. look here ─────────► cache: {cache}
                       └─ 2. only on a miss ────► database: SQLite

Popular products are asked for most (Zipf's law). Carts are saved in the cache, and nowhere else. \
In a moment the cache will be killed (SIGKILL).

[bold]Predict:[/] what will customers notice? How long after its return is all well again?"""

SERVERS = {"python": "our own Redis", "redis": "the real redis-server"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stage1_single_node.demo", description=__doc__)
    add_options(parser)
    parser.add_argument("--scoreboard", type=Path, metavar="FILE", help="save this stage's row of the scoreboard there")
    arguments = parser.parse_args()
    console = Console()
    console.print(Panel(story(Setting(), arguments.engine), title="A cache in front of a database", expand=False))
    result = run_to_the_end(console, inject(console, "stage1_single_node", crash, arguments))
    if isinstance(result, int):
        return result
    show(console, result)
    row = scoreboard_row(result)
    if arguments.scoreboard:
        scoreboard.save([row], arguments.scoreboard)
    else:
        console.print(scoreboard.table([row]))
    return 0 if result.happened else 1


def story(setting: Setting, engine: str) -> str:
    return STORY.format(
        query=milliseconds(setting.query_seconds),
        connections=setting.connections,
        capacity=setting.connections / setting.query_seconds,
        customers=setting.reads_per_second,
        cache=SERVERS[engine],
    )


def scoreboard_row(result: Result) -> scoreboard.Row:
    return scoreboard.Row(
        stage="1 single node",
        fault="the cache is killed under load",
        engine=result.engine,
        acknowledged_writes=round(result.figures["carts acknowledged"]),
        lost_writes=round(result.figures["carts lost"]),
        downtime_seconds=result.figures["seconds without the cache"],
        recovery_seconds=result.figures["seconds until warm"],
        latency_seconds=result.figures["p50 before"],
    )


if __name__ == "__main__":
    sys.exit(main())
