"""What the notebooks need more than once: run a scenario to its end, and say what came of it.

`run` starts its servers and ends them within one call, whether the scenario succeeds, fails or is interrupted,
so no cell leaves a process to the next one. Tables and sentences are made from results, so that every figure
that a notebook shows is from the run it shows.
"""

from collections.abc import Sequence

from IPython.display import Markdown, display

from lab.injection import Scenario
from lab.processes import open_engine
from lab.result import Result

ATTEMPTS = 2  # a stalled machine can hide a fault that strikes for a tenth of a second


class DidNotHappen(Exception):
    """What the scenario is about was not seen, so its figures mean nothing."""


async def run(scenario: Scenario, stage: str, engine: str = "python", seed: int = 1) -> Result:
    """A result in which the scenario happened, or DidNotHappen; `stage` is whose server the python engine runs."""
    for attempt in range(1, ATTEMPTS + 1):
        async with open_engine(engine, stage) as servers:
            result = await scenario(servers, seed)
        if result.happened:
            return result
        unseen = ", ".join(claim for claim, seen in result.checks.items() if not seen)
        say(f"Attempt {attempt} is void; it was not seen that: {unseen}. The machine may be busy with something else.")
    raise DidNotHappen(f"{result.scenario}: not seen: {unseen}")


def say(text: str) -> None:
    """Show Markdown below the cell."""
    display(Markdown(text))


def report(result: Result) -> None:
    """A scenario's table and its verdict."""
    say(table(result.columns, result.rows))
    say(f"**Verdict.** {_plain(result.verdict)}")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown, the first column to the left and figures to the right."""
    lines = [columns, [":--", *["--:"] * (len(columns) - 1)], *[[_plain(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _plain(text: str) -> str:
    """KEYS * is a command, not the beginning of something in italics."""
    return text.replace("*", r"\*").replace("|", r"\|")
