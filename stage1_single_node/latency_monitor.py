"""The latency monitor: when something took long, what was it, and how long did it take?

The slow log remembers commands. This remembers every kind of pause, by the name of its event: `command`, `fast-command`
(a command that ought to be constant time), `expire-cycle`, `eviction-cycle` … Pauses below latency-monitor-threshold
milliseconds are not worth remembering, and 0 switches the monitor off. Within one second only the longest one counts.
Contract: knows no clock; `note` is told when it is now. Source: Redis 7.0's latency.c and sparkline.c;
https://redis.io/docs/management/optimization/latency-monitor/
"""

from collections import deque
from dataclasses import dataclass, field

REMEMBERED = 160  # LATENCY_TS_LEN: two lines of the graph
GRAPH_COLUMNS = 80
GRAPH_ROWS = 4
GRAPH_STEPS = "_o#"  # a character shows three heights, so four rows show twelve


@dataclass
class Series:
    """The pauses of one event, oldest first."""

    samples: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  # unix seconds, ms
    worst: int = 0  # ms, since the last reset, even where its sample was dropped


class LatencyMonitor:
    """The pauses of one server, by event."""

    def __init__(self, config):
        self._config = config
        self.events: dict[str, Series] = {}

    def note(self, event: str, elapsed_us: float, now_seconds: int) -> None:
        """Something took so long; remember it if that was long enough."""
        threshold = self._config.latency_monitor_threshold
        latency = int(elapsed_us // 1000)
        if not threshold or latency < threshold:
            return
        series = self.events.setdefault(event, Series())
        series.worst = max(series.worst, latency)
        samples = series.samples
        if samples and samples[-1][0] == now_seconds:
            latency = max(latency, samples.pop()[1])
        samples.append((now_seconds, latency))

    def reset(self, events: list[str]) -> int:
        """Forget these events, or all of them; how many there were."""
        return sum(self.events.pop(event, None) is not None for event in events or list(self.events))

    def graph(self, event: str, now_seconds: int) -> str:
        """The pauses of an event as columns of characters, each labelled with its age, read downwards."""
        series = self.events[event]
        latencies = [latency for _, latency in series.samples]
        low, high = min(latencies), max(latencies)
        lines = [f"{event} - high {high} ms, low {low} ms (all time high {series.worst} ms)", "-" * GRAPH_COLUMNS]
        columns = [_column(latency - low, high - low) for latency in latencies]
        labels = [_age(now_seconds - when) for when, _ in series.samples]
        for start in range(0, len(columns), GRAPH_COLUMNS):
            block = slice(start, start + GRAPH_COLUMNS)
            lines += [""] if start else []
            lines += _rows(columns[block]) + [" " * len(columns[block])] + _rows(labels[block])
        return "\n".join(lines) + "\n"


def _column(height: int, highest: int) -> str:
    """A bar from top to bottom: blank, its tip, and full rows below."""
    steps = GRAPH_ROWS * len(GRAPH_STEPS)
    step = min(int(height * steps / (highest or 1)), steps - 1)
    full, tip = divmod(step, len(GRAPH_STEPS))
    return (GRAPH_STEPS[tip] + "|" * full).rjust(GRAPH_ROWS)


def _rows(columns: list[str]) -> list[str]:
    """The columns, written side by side, line by line."""
    depth = max(map(len, columns))
    return ["".join(row) for row in zip(*(column.ljust(depth) for column in columns))]


def _age(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
