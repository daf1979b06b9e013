"""What a scenario hands back: its verdict, the figures behind it, and whether it happened at all.

The same result is printed by a failure script, summed up by a demo, plotted by a notebook and judged by a
test. `checks` say what must have been seen for the scenario to mean anything ("the hit rate fell"): a fault
that didn't strike must not pass for one that was survived.
"""

import math
from dataclasses import dataclass, field

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from lab.history import Event, History

FIGURE_CHARACTERS = 20  # what is longer is prose, and not set to the right as figures are


@dataclass
class Result:
    scenario: str
    engine: str
    seed: int
    verdict: str  # a few sentences, with the figures of this run
    checks: dict[str, bool]
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    history: History = field(default_factory=History)
    # Curves by name, and the faults, both in seconds since the run's beginning; the history keeps the engine's clock.
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def happened(self) -> bool:
        return all(self.checks.values())


def show(console: Console, result: Result) -> None:
    """The table, the verdict, and what did not happen as it should have."""
    table = Table(title=f"{result.scenario} (engine {result.engine}, seed {result.seed})", title_justify="left")
    for number, column in enumerate(result.columns):
        prose = any(len(row[number]) > FIGURE_CHARACTERS for row in result.rows)
        table.add_column(column, justify="right" if number and not prose else "left")
    for row in result.rows:
        table.add_row(*row)
    console.print()
    console.print(table)
    console.print(Panel(result.verdict, title="verdict", title_align="left", border_style="cyan"))
    for claim, seen in result.checks.items():
        if not seen:
            console.print(f"[bold red]The scenario did not happen:[/] not seen: {claim}")


def milliseconds(seconds: float) -> str:
    """Two digits, or all whole milliseconds: as many as a run of seconds can vouch for."""
    if math.isnan(seconds):
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.0%}"
