"""The course's charts: one look, told apart without colour too.

The colours are Okabe and Ito's, chosen to be distinct for every kind of colour vision; each comes with a line
style and a hatch of its own, so that a black-and-white print says the same. Every function returns a figure
that is already closed: a notebook shows it once, by naming it last.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, groupby
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from lab.history import Event
from lab.latency import Histogram

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "//", "..", "\\\\", "xx", "++", "oo")
WIDTH_INCHES = 8.0  # a notebook's column, or a page of A4 between its margins
PERCENTS = (0, 25, 50, 75, 90, 95, 99, 99.5, 99.9)
TITLE_POINTS = 4.0  # between a panel and its title
NAMES_POINTS = 18.0  # the same with the events' names in between
LEGEND_POINTS = 8.5  # its font, in which matplotlib counts a legend's distances

LOOK: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 200,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}

Curve = Sequence[tuple[float, float]]  # (seconds, value)


def over_time(panels: Mapping[str, Curve | Mapping[str, Curve]], events: Iterable[Event] = ()) -> Figure:
    """A panel for each quantity, one below the other, over the same time; faults as vertical lines.

    A panel's name is its unit ("hit rate (%)"); what it shows is one curve, or several by name.
    """
    events = list(events)
    with plt.rc_context(LOOK):
        figure, axes = plt.subplots(
            len(panels), sharex=True, squeeze=False, figsize=(WIDTH_INCHES, 1.9 * len(panels) + 0.6)
        )
        for (title, curves), axis in zip(panels.items(), axes[:, 0]):
            named = curves if isinstance(curves, Mapping) else {"": curves}
            for (name, curve), colour, style in zip(named.items(), cycle(COLOURS), cycle(LINE_STYLES)):
                axis.plot(*_columns(curve), color=colour, linestyle=style, label=name)
            above = NAMES_POINTS if events and axis is axes[0, 0] else TITLE_POINTS
            axis.set_title(title, pad=above)
            if any(named):  # beside the title, where no curve is
                place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": above / LEGEND_POINTS}
                axis.legend(ncols=3, fontsize=LEGEND_POINTS, borderpad=0, **place)
            axis.set_ylim(bottom=0)
            for event in events:
                axis.axvline(event.when, color="#555555", linewidth=1.0, linestyle=(0, (1, 2)))
        _name(axes[0, 0], events)
        axes[-1, 0].set_xlabel("seconds")
        return _finished(figure)


def bars(title: str, unit: str, values: Mapping[str, float]) -> Figure:
    """One horizontal bar for each name, its value written beside it."""
    with plt.rc_context(LOOK):
        figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 0.42 * len(values) + 1.0))
        drawn = axis.barh(list(values), list(values.values()), color=COLOURS[0], edgecolor="white")
        axis.bar_label(drawn, fmt=lambda value: f"{value:.3g} {unit}", padding=4)
        axis.invert_yaxis()  # the first on top
        axis.margins(x=0.15)
        axis.grid(visible=False, axis="y")
        axis.set_title(title)
        axis.set_xlabel(unit)
        return _finished(figure)


def grouped_bars(title: str, unit: str, groups: Mapping[str, Mapping[str, float]], digits: str = "") -> Figure:
    """Groups of bars side by side: {"GET": {"python": 1.0, "redis": 1.2}, …}; all groups with the same names.

    With `digits`, such as ".0f", each value stands on its bar: where a bar of no height is a finding.
    """
    names = list(next(iter(groups.values())))
    with plt.rc_context(LOOK):
        figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
        width = 0.8 / len(names)
        for number, (name, colour, hatch) in enumerate(zip(names, cycle(COLOURS), cycle(HATCHES))):
            places = [place + (number - (len(names) - 1) / 2) * width for place in range(len(groups))]
            values = [group[name] for group in groups.values()]
            drawn = axis.bar(places, values, width, color=colour, hatch=hatch, edgecolor="white", label=name)
            if digits:
                axis.bar_label(drawn, fmt=f"{{:{digits}}}", padding=2, fontsize="small")
                axis.margins(y=0.12)  # room for the figure on the highest one
        axis.set_xticks(range(len(groups)), list(groups))
        axis.grid(visible=False, axis="x")
        axis.set_title(title)
        axis.set_ylabel(unit)
        axis.legend(ncols=4, fontsize="small", loc="lower right", bbox_to_anchor=(1.0, 1.0))
        return _finished(figure)


def latencies(title: str, histograms: Mapping[str, Histogram]) -> Figure:
    """How long the slowest part of the answers took: latency by percentile, the rare ones spread out.

    The distance of a percentile from 100 is drawn on a logarithmic scale, so that 90, 99 and 99.9 lie equally
    far apart: there is as much to see in the last percent as in the first ninety. A curve ends where fewer than
    one of its values lies beyond the percentile.
    """
    return latencies_side_by_side({title: histograms})


def latencies_side_by_side(panels: Mapping[str, Mapping[str, Histogram]]) -> Figure:
    """The same for several servers or situations, on one scale: {panel's title: {name: histogram}}."""
    with plt.rc_context(LOOK):
        figure, axes = plt.subplots(1, len(panels), sharey=True, squeeze=False, figsize=(WIDTH_INCHES, 3.4))
        for (title, histograms), axis in zip(panels.items(), axes[0]):
            _draw_latencies(axis, title, histograms)
        axes[0, 0].set_ylabel("ms")
        if len(panels) == 1:
            axes[0, 0].legend(fontsize="small")
            return _finished(figure)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="lower center", ncols=4, fontsize="small")
        return _finished(figure, below=0.07)


def _draw_latencies(axis: Axes, title: str, histograms: Mapping[str, Histogram]) -> None:
    for (name, histogram), colour, style in zip(histograms.items(), cycle(COLOURS), cycle(LINE_STYLES)):
        percents = [percent for percent in PERCENTS if histogram.count * (100 - percent) >= 100]
        values = [1000 * histogram.percentile(percent) for percent in percents]
        axis.plot([100 / (100 - percent) for percent in percents], values, style, color=colour, label=name)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([100 / (100 - percent) for percent in (50, 90, 99, 99.9)], ["50", "90", "99", "99.9"])
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # powers of ten alone may leave a single label
    axis.minorticks_off()
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_title(title)
    axis.set_xlabel("percentile")


def by_size(size: str, panels: Mapping[str, Mapping[str, Curve]]) -> Figure:
    """How quantities grow with a size, a panel for each, side by side; a straight line is growth in proportion.

    A panel's name is its unit; the same name is drawn alike in all panels. Markers are hollow and of different forms,
    so that curves which lie on each other can be seen.
    """
    names = dict.fromkeys(name for curves in panels.values() for name in curves)  # a set that keeps the order
    looks = dict(zip(names, zip(cycle(COLOURS), cycle(LINE_STYLES), cycle(MARKERS))))
    with plt.rc_context(LOOK):
        figure, axes = plt.subplots(1, len(panels), squeeze=False, figsize=(WIDTH_INCHES, 3.2))
        for (title, curves), axis in zip(panels.items(), axes[0]):
            for name, curve in curves.items():
                colour, style, marker = looks[name]
                line = {"color": colour, "linestyle": style, "marker": marker, "markersize": 7, "fillstyle": "none"}
                axis.plot(*_columns(curve), label=name, clip_on=False, **line)
            axis.set_xlim(left=0)
            axis.set_ylim(bottom=0)
            axis.set_title(title)
            axis.set_xlabel(size)
        axes[0, 0].legend(fontsize="small")
        return _finished(figure)


def doubling(title: str, steps: str, unit: str, curves: Mapping[str, Curve]) -> Figure:
    """A quantity by something that doubles from step to step, such as the depth of a pipeline: {name: curve}."""
    with plt.rc_context(LOOK):
        figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
        places = sorted({place for curve in curves.values() for place, _ in curve})
        for (name, curve), colour, style in zip(curves.items(), cycle(COLOURS), cycle(LINE_STYLES)):
            axis.plot(*_columns(curve), color=colour, linestyle=style, marker="o", label=name)
        axis.set_xscale("log", base=2)
        axis.set_xticks(places, [f"{place:g}" for place in places])
        axis.set_ylim(bottom=0)
        axis.set_title(title)
        axis.set_xlabel(steps)
        axis.set_ylabel(unit)
        axis.legend(fontsize="small")
        return _finished(figure)


def _columns(curve: Curve) -> tuple[list[float], list[float]]:
    return [when for when, _ in curve], [value for _, value in curve]


def _name(axis: Axes, events: Iterable[Event]) -> None:
    """Above the panel, where no curve is; an event that strikes several times is named the first time."""
    for what, strikes in groupby(events, key=lambda event: event.what):
        place = (next(strikes).when, 1.02)
        axis.annotate(what, place, xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize="small")


def _finished(figure: Figure, below: float = 0.0) -> Figure:
    """`below`: the part of its height that is left for a legend of the whole figure."""
    figure.tight_layout(rect=(0, below, 1, 1))
    plt.close(figure)
    return figure
