"""A histogram of latencies: how many calls took how long, kept small, read as percentiles or as a cumulative curve.

A mean hides the slow calls, so Redis keeps the whole distribution of every command, in buckets that are as wide as the
values are large: an error of less than one percent everywhere, from microseconds to a second, in a few hundred numbers.
Source: latency tracking in Redis 7.0 (updateCommandLatencyHistogram, fillCommandCDF) and the HDR histogram under it,
with two significant digits; https://redis.io/commands/latency-histogram/
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

ROUNDING = 1e-6  # counts that were scaled are no whole numbers any more
LONGEST_US = 1_000_000  # what took longer counts as a second
PRECISE_BITS = 10  # of a value that are kept when it is recorded
BUCKET_BITS = 8  # of a value in nanoseconds that are reported: HDR's resolution for two digits


class Histogram:
    """Counts of calls by their microseconds."""

    __slots__ = ("counts", "total")

    def __init__(self):
        self.counts: dict[int, float] = {}
        self.total: float = 0

    def record(self, usec: int, times: int = 1) -> None:
        """So many calls took `usec` each."""
        if usec >> PRECISE_BITS:
            usec = _lowest(min(usec, LONGEST_US), PRECISE_BITS)
        counts = self.counts
        counts[usec] = counts.get(usec, 0) + times
        self.total += times

    def plus(self, other: "Histogram", total: int) -> "Histogram":
        """This histogram and the shape of another one, scaled to `total` calls."""
        joined = Histogram()
        joined.counts = dict(self.counts)
        joined.total = self.total
        if other.total:
            for usec, count in other.counts.items():
                joined.counts[usec] = joined.counts.get(usec, 0) + count * total / other.total
            joined.total += total
        return joined

    def percentiles(self, percents: Iterable[float]) -> list[float]:
        """For each of the percents, the microseconds within which so many of the calls were done."""
        latencies = sorted(self.counts)
        reached = list(accumulate(self.counts[usec] for usec in latencies))
        found = []
        for percent in percents:
            wanted = max(int(percent / 100 * self.total + 0.5), 1)
            position = min(bisect_left(reached, wanted - ROUNDING), len(latencies) - 1)
            found.append(_highest_ns(max(latencies[position] * 1000, 1)) / 1000)
        return found

    def cumulative(self) -> dict[int, int]:
        """Calls that took at most so many microseconds, for bounds that double; those that add no call are left out."""
        latencies = sorted(self.counts)
        curve: dict[int, int] = {}
        bound_ns, so_far, position = 1024, 0.0, 0
        while position < len(latencies):
            before = round(so_far)
            while position < len(latencies) and latencies[position] * 1000 <= _highest_ns(bound_ns):
                so_far += self.counts[latencies[position]]
                position += 1
            if round(so_far) > before:
                curve[_highest_ns(bound_ns) // 1000] = round(so_far)
            bound_ns *= 2
        return curve


def _lowest(value: int, bits: int) -> int:
    """The smallest value that shares its `bits` leading bits."""
    dropped = max(value.bit_length() - bits, 0)
    return value >> dropped << dropped


def _highest_ns(value_ns: int) -> int:
    """The largest value in the same bucket."""
    dropped = max(value_ns.bit_length() - BUCKET_BITS, 0)
    return ((value_ns >> dropped) + 1 << dropped) - 1
