"""Latencies: a histogram that answers percentiles, and values over time in buckets.

The histogram is of HdrHistogram's kind: buckets grow geometrically, so that a percentile is right to a fixed
*fraction* of its value, from microseconds to hours, in a few hundred counters however many values go in.
"""

import math
from collections import Counter
from collections.abc import Iterable

PRECISION = 0.01  # a percentile is at most one percent off
SMALLEST_SECONDS = 1e-6  # below a microsecond there is only noise

_GROWTH = math.log(1 + PRECISION)


class Histogram:
    """Durations in seconds."""

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.total = 0.0
        self.maximum = 0.0
        for value in values:
            self.add(value)

    def add(self, seconds: float) -> None:
        self._buckets[math.ceil(math.log(max(seconds, SMALLEST_SECONDS) / SMALLEST_SECONDS) / _GROWTH)] += 1
        self.count += 1
        self.total += seconds
        self.maximum = max(self.maximum, seconds)

    def percentile(self, percent: float) -> float:
        """The smallest duration that at least `percent` of the values don't exceed; NaN when there are none."""
        if not self.count:
            return math.nan
        wanted = max(1, math.ceil(self.count * percent / 100))
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                break
        return min(SMALLEST_SECONDS * math.exp(bucket * _GROWTH), self.maximum)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else math.nan


class TimeSeries:
    """Values by the time they were seen, in buckets of equal width.

    It reaches from the first value to the last, or further: over all of `span`, where nothing seen is a finding too.
    """

    def __init__(
        self, width_seconds: float, values: Iterable[tuple[float, float]] = (), span: tuple[float, ...] = ()
    ) -> None:
        self.width_seconds = width_seconds
        self._buckets: dict[int, list[float]] = {self._number(when): [] for when in span}
        for when, value in values:
            self.add(when, value)

    def add(self, when: float, value: float = 1.0) -> None:
        self._buckets.setdefault(self._number(when), []).append(value)

    def _number(self, when: float) -> int:
        return math.floor(when / self.width_seconds)

    def rate(self) -> list[tuple[float, float]]:
        """(middle of the bucket, values a second), empty buckets between full ones included."""
        return [(when, len(values) / self.width_seconds) for when, values in self._all()]

    def mean(self) -> list[tuple[float, float]]:
        """(middle of the bucket, mean of its values); NaN where there are none, which charts leave blank."""
        return [(when, sum(values) / len(values) if values else math.nan) for when, values in self._all()]

    def percentile(self, percent: float) -> list[tuple[float, float]]:
        return [(when, Histogram(values).percentile(percent)) for when, values in self._all()]

    def _all(self) -> list[tuple[float, list[float]]]:
        if not self._buckets:
            return []
        numbers = range(min(self._buckets), max(self._buckets) + 1)
        return [((number + 0.5) * self.width_seconds, self._buckets.get(number, [])) for number in numbers]
