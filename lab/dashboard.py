"""The run as it goes: its phases, and gauges with their last seconds as a small curve.

In a terminal the picture is drawn in place; in a log (CI) each phase and each second is a line of its own.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

SAMPLE_SECONDS = 0.25
LOG_EVERY_SAMPLES = 4  # a log needs no more than a line a second
CURVE_SAMPLES = 40  # ten seconds
CURVE_LEVELS = "▁▂▃▄▅▆▇█"

RUNNING, DONE, BROKEN_OFF = ("▶", "bold yellow"), ("✓", "green"), ("✗", "red")  # a phase's mark and its colour


class Gauge(NamedTuple):
    name: str
    unit: str
    read: Callable[[], float]


class Watch:
    """Is told by a scenario what it does. This one looks away, for tests and notebooks."""

    def phase(self, title: str, why: str = "") -> None:
        """A new phase begins; titles are short, `why` is a sentence for a newcomer."""

    def follow(self, gauges: Sequence[Gauge]) -> None:
        """What to show from now on."""


NOBODY = Watch()


class Phase(NamedTuple):
    began: float
    title: str
    why: str


class Dashboard(Watch):
    """Shows it: `async with Dashboard(console) as watch: await scenario(engine, seed, watch=watch)`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phases: list[Phase] = []
        self._gauges: list[tuple[Gauge, deque[float]]] = []
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def phase(self, title: str, why: str = "") -> None:
        self._phases.append(Phase(self._now(), title, why))
        if not self._live:
            self._console.print(f"{self._elapsed():5.1f} s  ▶ [bold]{title}[/]  {why}", soft_wrap=True)

    def follow(self, gauges: Sequence[Gauge]) -> None:
        self._gauges = [(gauge, deque(maxlen=CURVE_SAMPLES)) for gauge in gauges]

    async def __aenter__(self) -> Self:
        self._began = self._now()
        if self._live:
            self._live.start()
        self._sampling = asyncio.create_task(self._sample_for_ever())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._sampling.cancel()
        if self._live:
            self._live.update(self._picture(BROKEN_OFF if kind else DONE), refresh=True)
            self._live.stop()

    async def _sample_for_ever(self) -> None:
        samples = 0
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            for gauge, values in self._gauges:
                values.append(gauge.read())
            samples += 1
            if self._live:
                self._live.update(self._picture(), refresh=True)
            elif self._gauges and samples % LOG_EVERY_SAMPLES == 0:
                line = f"{self._elapsed():5.1f} s    " + "  ·  ".join(self._gauge_texts())
                self._console.print(line, style="dim", soft_wrap=True)

    def _picture(self, last: tuple[str, str] = RUNNING) -> RenderableType:
        lines = []
        ends = [phase.began for phase in self._phases[1:]] + [self._now()]
        for number, (phase, end) in enumerate(zip(self._phases, ends), 1):
            mark, style = last if number == len(self._phases) else DONE
            lines.append(Text.assemble((f"{mark} {end - phase.began:4.1f} s  {phase.title}", style), f"  {phase.why}"))
        table = Table.grid(padding=(0, 2))
        for (gauge, values), text in zip(self._gauges, self._gauge_texts()):
            table.add_row(gauge.name, Text(text.removeprefix(gauge.name).strip(), justify="right"), curve(values))
        return Group(*lines, "", table)

    def _gauge_texts(self) -> list[str]:
        return [
            f"{gauge.name} {_number(values[-1]) if values else '–'} {gauge.unit}".strip()
            for gauge, values in self._gauges
        ]

    def _elapsed(self) -> float:
        return self._now() - self._began

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def curve(values: Sequence[float]) -> str:
    """Values as a line of blocks, from zero to the greatest of them; a gap where there was none."""
    known = [value for value in values if not math.isnan(value)]
    top = max(known, default=0.0) or 1.0
    return "".join(
        " " if math.isnan(value) else CURVE_LEVELS[min(len(CURVE_LEVELS) - 1, int(value / top * len(CURVE_LEVELS)))]
        for value in values
    )


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.1f}" if abs(value) < 10 and value % 1 else f"{value:,.0f}"
