"""What every stage's benchmark has in common: the head and rows of its tables, its options, its way out.

A table is Markdown, for the stage's README; a row puts a server of ours beside the real one, and what counts in it is
the ratio, since both were measured in one run on one machine.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from rich.console import Console

from lab.load import Sample

HEADER = (
    "| load | ours / Redis | CPU per request | ours, requests/s | p50, p99 | Redis, requests/s | p50, p99 |",
    "|---|---|---|---|---|---|---|",
)
Run = Callable[[Console, int, bool], Awaitable[list[str]]]  # console, turns, quick? → the lines for README.md


def machine() -> str:
    """What the figures depend on: the machine, and which build of Python it was."""
    return f"{os.cpu_count()} cores, Python {sys.version}; medians of the turns."


def row(load: str, ours: Sample, real: Sample) -> str:
    cpu = f"{ours.cpu_us / real.cpu_us:.2f}" if ours.cpu_us and real.cpu_us else "–"
    return (
        f"| {load} | **{ours.per_second / real.per_second:.2f}** | {cpu} "
        f"| {ours.per_second:,.0f} | {ours.p50_ms:.2f}, {ours.p99_ms:.2f} ms "
        f"| {real.per_second:,.0f} | {real.p50_ms:.2f}, {real.p99_ms:.2f} ms |"
    )


def main(stage: str, description: str, run: Run) -> None:
    """Read the options, run, and print the tables last; a server that fails ends it with one line and status 1."""
    parser = argparse.ArgumentParser(prog=f"python -m {stage}.benchmark", description=description.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5, help="how often each load runs on each server (default 5)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the requests: to see that it works")
    options = parser.parse_args()
    console = Console()
    try:
        lines = asyncio.run(_run(run, console, options))
    except (RuntimeError, OSError) as error:
        console.print(f"[red]The benchmark could not be run: {error}")
        sys.exit(1)
    console.rule("for README.md")
    console.print("\n".join([machine(), "", *lines]), highlight=False, soft_wrap=True)


async def _run(run: Run, console: Console, options: argparse.Namespace) -> list[str]:
    return await run(console, options.turns, options.quick)
