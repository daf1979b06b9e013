"""The table that a full demo ends with: what each stage's faults cost, a row or a few for each stage.

A stage's demo measures its own rows and saves them as a small JSON file; whoever runs several demos reads the
files and draws the table. Nothing in it is written by hand.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

CAPTION = (
    "All measured in this run. Writes lost: of those that had been acknowledged. Outage: no write was answered. "
    "Recovery: from then until all was as before. Reads, writes: times what one node does. "
    "Latency: the median of a read in peace."
)


@dataclass(frozen=True)
class Row:
    """None: not a question at this stage."""

    stage: str
    fault: str
    engine: str
    acknowledged_writes: int | None = None
    lost_writes: int | None = None  # of the acknowledged ones
    downtime_seconds: float | None = None  # no write was answered
    recovery_seconds: float | None = None  # after that, until all was as before
    read_scale: float | None = None  # times what one node does
    write_scale: float | None = None
    latency_seconds: float | None = None  # the median, in peace: what the stage costs when nothing breaks


def save(rows: Iterable[Row], path: Path) -> None:
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


def load(paths: Iterable[Path]) -> list[Row]:
    return [Row(**row) for path in sorted(paths) for row in json.loads(path.read_text())]


def table(rows: Iterable[Row]) -> Table:
    drawn = Table(title="Scoreboard", title_justify="left", caption=CAPTION, caption_justify="left")
    drawn.add_column("stage, and what strikes it")
    for title in ("writes lost", "outage", "recovery", "reads", "writes", "latency"):
        drawn.add_column(title, justify="right")
    for row in rows:
        drawn.add_row(
            f"[bold]{row.stage}[/]\n{row.fault}",
            "–" if row.lost_writes is None else f"{row.lost_writes} of {row.acknowledged_writes}",
            _unit(row.downtime_seconds, " s"),
            _unit(row.recovery_seconds, " s"),
            _unit(row.read_scale, " ×"),
            _unit(row.write_scale, " ×"),
            _unit(row.latency_seconds and row.latency_seconds * 1000, " ms"),
        )
    return drawn


def _unit(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f}{unit}"
