"""The command line of every stage's inject_failure: choose a scenario, an engine and a seed; see the verdict.

Exit status: 0 the scenario happened, 1 it did not, 2 it could not be run, 130 interrupted by Ctrl-C.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from redis.exceptions import RedisError
from rich.console import Console

from lab.dashboard import Dashboard, Watch
from lab.engine import Engine, EngineFailure
from lab.processes import ENGINES, open_engine
from lab.result import Result, show

INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


class Scenario(Protocol):
    """One async function; its docstring's first line is the help text."""

    __doc__: str | None

    def __call__(
        self, engine: Engine, seed: int, *, watch: Watch = ..., quick: bool = ...
    ) -> Coroutine[Any, Any, Result]: ...


def main(stage: str, scenarios: Mapping[str, Scenario]) -> int:
    """`stage` is the package whose server the python engine runs."""
    arguments = _parser(stage, scenarios).parse_args()
    console = Console()
    result = run_to_the_end(console, inject(console, stage, scenarios[arguments.scenario], arguments))
    if isinstance(result, int):
        return result
    show(console, result)
    return 0 if result.happened else 1


async def inject(console: Console, stage: str, scenario: Scenario, arguments: argparse.Namespace) -> Result:
    """Run one scenario on the engine that the arguments name, its progress on the console."""
    async with open_engine(arguments.engine, stage) as engine, Dashboard(console) as watch:
        return await scenario(engine, arguments.seed, watch=watch, quick=arguments.quick)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every program that runs scenarios takes."""
    parser.add_argument("--engine", choices=ENGINES, default="python", help="ours, or the real redis-server")
    parser.add_argument("--seed", type=int, default=1, help="of everything that the clients leave to chance")
    parser.add_argument("--quick", action="store_true", help="a short run, for tests; the figures are rougher")


def run_to_the_end(console: Console, work: Coroutine[Any, Any, Result]) -> Result | int:
    """Run a coroutine so that it also ends in order on Ctrl-C, SIGTERM and failure: its result, or an exit status."""
    try:
        return asyncio.run(_ended_by_sigterm(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("[yellow]Interrupted; every process has been ended.")
        return INTERRUPTED
    except (EngineFailure, RedisError) as failure:  # a server that does not start, or does not know a command
        console.print(f"The scenario could not be run: {failure}", style="bold red", markup=False)
        for note in getattr(failure, "__notes__", ()):
            console.print(note, markup=False, highlight=False)
        return 2


async def _ended_by_sigterm(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.ensure_future(work)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _parser(stage: str, scenarios: Mapping[str, Scenario]) -> argparse.ArgumentParser:
    width = max(map(len, scenarios))
    helps = [f"  {name:{width}}  {(scenarios[name].__doc__ or '').splitlines()[0]}" for name in scenarios]
    parser = argparse.ArgumentParser(
        prog=f"python -m {stage}.inject_failure",
        description="Break it, and see what breaks with it.",
        epilog="scenarios:\n" + "\n".join(helps),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=scenarios, metavar="SCENARIO", help="one of those listed below")
    add_options(parser)
    return parser
