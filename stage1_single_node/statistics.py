"""Counters of one server since its start, or since CONFIG RESETSTAT: what INFO's section Stats shows.

Time is measured in two ways, because reading a clock costs a sixth of what a fast command takes. Commands on the
careful way are timed one by one. Commands on the fast way are timed by the batch and share that time evenly, all of
them: their mean is right, the differences between them are lost. Their histogram is shared in the same way, and knows
some of the batches (`Server.end_batch`).
"""

from collections import Counter, deque

from stage1_single_node.command import Command
from stage1_single_node.histogram import Histogram

LONGEST_CODE = 32
RATE_SAMPLES = 16  # STATS_METRIC_SAMPLES: a rate is the mean over so many samples …
RATE_PERIOD_MS = 100  # … taken so far apart


class Rate:
    """How fast a counter grows just now, per second."""

    def __init__(self):
        self._samples: deque[float] = deque([0.0] * RATE_SAMPLES, maxlen=RATE_SAMPLES)
        self._last = 0

    def sample(self, reading: int, elapsed_ms: int) -> None:
        """The counter stands at `reading` now, so many milliseconds after the last sample."""
        self._samples.append((reading - self._last) * 1000 / elapsed_ms if elapsed_ms > 0 else 0.0)
        self._last = reading

    @property
    def per_second(self) -> float:
        return sum(self._samples) / RATE_SAMPLES


class Statistics:
    """Counters; whoever does something counts it here."""

    def __init__(self, now_ms: int):
        self.started_ms = now_ms
        self.sampled_ms = now_ms
        self.careful_calls = self.careful_ns = 0  # of the batch that runs now: who took the careful way, and how long
        self.reset()

    def reset(self) -> None:
        """Count from zero."""
        self.connections = self.rejected_connections = self.evicted_clients = 0
        self.reads = self.writes = self.input_bytes = self.output_bytes = 0
        self.next_sample = 0  # from which read on the fast way is looked at again
        self.errors: Counter[str] = Counter()  # error replies by their first word
        self.shared_calls = self.shared_ns = 0  # of commands that shared the time of their batch
        self.shared_latency = Histogram()
        self.expire_cycle_us = 0
        self.command_rate, self.input_rate, self.output_rate = Rate(), Rate(), Rate()

    def share(self, calls: int, elapsed_ns: int) -> None:
        """So many commands of a batch took so long together."""
        self.shared_calls += calls
        self.shared_ns += elapsed_ns
        self.shared_latency.record(elapsed_ns // (1000 * calls), calls)

    def count_error(self, text: str) -> None:
        """An error reply, to whomever; its code is the first word, if that is followed by another one."""
        code, _, rest = text.partition(" ")
        self.errors[code if rest and len(code) < LONGEST_CODE else "ERR"] += 1

    def sample(self, commands: int, now_ms: int) -> None:
        """Called by cron: the rates."""
        elapsed_ms = now_ms - self.sampled_ms
        if elapsed_ms >= RATE_PERIOD_MS:
            self.sampled_ms = now_ms
            self.command_rate.sample(commands, elapsed_ms)
            self.input_rate.sample(self.input_bytes, elapsed_ms)
            self.output_rate.sample(self.output_bytes, elapsed_ms)

    def usec(self, command: Command) -> float:
        """The time that all calls of a command took: measured, and its share of the fast way's batches."""
        mean_ns = self.shared_ns / self.shared_calls if self.shared_calls else 0
        return command.usec + (command.calls - command.timed) * mean_ns / 1000

    def latency(self, command: Command) -> Histogram:
        """The latencies of all calls of a command, in the same way."""
        return command.latency.plus(self.shared_latency, command.calls - command.timed)
