import asyncio
import io
import math

from rich.console import Console

from lab.dashboard import Dashboard, Gauge, curve


async def watched(console: Console) -> None:
    async with Dashboard(console) as watch:
        watch.phase("first phase", "because")
        samples = []
        watch.follow([Gauge("queries", "/s", lambda: samples.append(None) or 17.0)])
        while len(samples) < 5:
            await asyncio.sleep(0.01)
        watch.phase("second phase")


async def test_a_log_gets_a_line_for_each_phase_and_lines_with_the_gauges():
    output = io.StringIO()
    await watched(Console(file=output))
    lines = output.getvalue().splitlines()
    assert "first phase" in lines[0] and "because" in lines[0]
    assert any("queries 17 /s" in line for line in lines)
    assert "second phase" in lines[-1]


async def test_a_terminal_shows_the_same():
    output = io.StringIO()
    await watched(Console(file=output, force_terminal=True, width=80))
    for text in ("first phase", "second phase", "queries", "17 /s", "█"):
        assert text in output.getvalue()


def test_a_curve_is_drawn_from_zero_to_its_greatest_value():
    assert curve([0, 4, 8]) == "▁▅█"
    assert curve([0, 0]) == "▁▁"
    assert curve([1, math.nan, 1]) == "█ █"
    assert curve([]) == ""
