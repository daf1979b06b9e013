import io
import math

import pytest

from lab import charts
from lab.history import Event
from lab.latency import Histogram

FIGURES = {
    "over_time": lambda: charts.over_time(
        {"hit rate (%)": [(0, 99.0), (1, math.nan), (2, 50.0)], "rate": {"ours": [(0, 1.0)], "redis": [(0, 2.0)]}},
        [Event(1.0, "crash")],
    ),
    "bars": lambda: charts.bars("policies", "%", {"allkeys-lru": 70.0, "allkeys-lfu": 74.0}),
    "grouped_bars": lambda: charts.grouped_bars("speed", "k/s", {"GET": {"ours": 1, "redis": 2}}, ".0f"),
    "latencies": lambda: charts.latencies("latency", {"cache": Histogram([0.001]), "database": Histogram([0.02])}),
    "latencies_side_by_side": lambda: charts.latencies_side_by_side(
        {"ours": {"SET": Histogram([0.001])}, "redis": {"SET": Histogram([0.0005])}}
    ),
    "by_size": lambda: charts.by_size(
        "keys", {"seconds": {"RDB": [(0, 0.1), (10, 1)], "AOF": [(0, 0.1), (10, 3)]}, "MB": {"RDB": [(0, 0), (10, 2)]}}
    ),
    "doubling": lambda: charts.doubling("speed", "depth", "k/s", {"ours": [(1, 70), (2, 130)], "redis": [(1, 80)]}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_drawn(name):
    picture = io.BytesIO()
    FIGURES[name]().savefig(picture)
    assert picture.tell() > 1000


def test_curves_of_one_panel_are_told_apart_without_colour():
    curves = {name: [(0.0, 1.0), (1.0, 2.0)] for name in "abc"}
    figure = charts.over_time({"panel": curves})
    styles = [line.get_linestyle() for line in figure.axes[0].get_lines()]
    assert len(set(styles)) == 3
