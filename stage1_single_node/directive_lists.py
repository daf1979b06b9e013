"""The kinds of values that are several words: save points, limits, addresses and their like.

They are kinds as in directive_kinds.py, with one thing more: in a file the words stand for themselves, in CONFIG SET
they are one argument with blanks, which a Kind with `many_words` takes apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from stage1_single_node.directive_kinds import (
    PORT,
    ConfigError,
    Kind,
    parse_leading_integer,
    parse_memory,
    quoted,
    short_memory,
)
from stage1_single_node.structures import numbers


class ShutdownOptions(Kind):
    """What a signal adds to SHUTDOWN: some of save, nosave, now, force; none by default."""

    many_words = True
    names = ("default", "save", "nosave", "now", "force")

    def parse(self, words: Sequence[str], current: Any) -> tuple[str, ...]:
        given = {word.lower() for word in words}
        if not given or given - set(self.names):
            raise ConfigError(f"argument(s) must be one of the following: {', '.join(self.names)}")
        if {"save", "nosave"} <= given:
            raise ConfigError("shutdown options SAVE and NOSAVE can't be used simultaneously")
        return tuple(name for name in self.names[1:] if name in given)

    def format(self, value: tuple[str, ...]) -> str:
        return " ".join(value) or "default"


class SavePoints(Kind):
    """(seconds, changes) pairs. The first line of a file replaces the default ones, those behind it add to it."""

    many_words = True

    def parse(self, words: Sequence[str], current: Any) -> tuple[tuple[int, int], ...]:
        words = [] if list(words) == [""] else words
        try:
            values = [parse_leading_integer(word) for word in words]
            points = tuple(zip(values[::2], values[1::2], strict=True))
        except ValueError:
            raise ConfigError("Invalid save parameters") from None
        if any(seconds < 1 or changes < 0 for seconds, changes in points):
            raise ConfigError("Invalid save parameters")
        return points

    def add(self, words: Sequence[str], current: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        points = self.parse(words, current)
        return current + points if points else ()

    def format(self, value: tuple[tuple[int, int], ...]) -> str:
        return " ".join(f"{seconds} {changes}" for seconds, changes in value)

    def rewrite(self, value: tuple[tuple[int, int], ...], default: Any) -> Iterator[tuple[str, bool]]:
        for seconds, changes in value:
            yield f"{seconds} {changes}", True
        if not value:
            yield '""', True


class OutputLimit(NamedTuple):
    """When a client that leaves its replies unread is disconnected: at once beyond hard, after a while beyond soft."""

    hard_bytes: int
    soft_bytes: int
    soft_seconds: int


class OutputLimits(Kind):
    """A limit for each class of clients: normal, replica, pubsub. Words name the classes that change."""

    many_words = True
    complaint = "Error in hard, soft or soft_seconds setting in buffer limit configuration."
    classes = {"normal": "normal", "slave": "replica", "replica": "replica", "pubsub": "pubsub"}

    def parse(self, words: Sequence[str], current: Mapping[str, OutputLimit]) -> dict[str, OutputLimit]:
        if len(words) % 4:
            raise ConfigError("Wrong number of arguments in buffer limit configuration.")
        limits = dict(current)
        for name, hard, soft, seconds in zip(words[::4], words[1::4], words[2::4], words[3::4]):
            if name.lower() not in self.classes:
                raise ConfigError("Invalid client class specified in buffer limit configuration.")
            try:
                limit = OutputLimit(parse_memory(hard), parse_memory(soft), parse_leading_integer(seconds))
            except ValueError:
                raise ConfigError(self.complaint) from None
            if limit.soft_seconds < 0:
                raise ConfigError(self.complaint)
            limits[self.classes[name.lower()]] = limit
        return limits

    def format(self, value: Mapping[str, OutputLimit]) -> str:
        # CONFIG GET still says slave; files say replica.
        return " ".join(f"{name} {hard} {soft} {seconds}" for name, (hard, soft, seconds) in value.items()).replace(
            "replica", "slave"
        )

    def rewrite(self, value: Mapping[str, OutputLimit], default: Any) -> Iterator[tuple[str, bool]]:
        for name, limit in value.items():
            hard, soft = short_memory(limit.hard_bytes), short_memory(limit.soft_bytes)
            yield f"{name} {hard} {soft} {limit.soft_seconds}", limit != default[name]


class OomScores(Kind):
    """oom_score_adj for a master, a replica and a background child."""

    many_words = True
    complaint = "Invalid oom-score-adj-values, elements must be between -2000 and 2000."

    def parse(self, words: Sequence[str], current: Any) -> tuple[int, ...]:
        if len(words) != 3:
            raise ConfigError("wrong number of arguments")
        try:
            values = tuple(parse_leading_integer(word) for word in words)
        except ValueError:
            raise ConfigError(self.complaint) from None
        if not all(-2000 <= value <= 2000 for value in values):
            raise ConfigError(self.complaint)
        return values

    def format(self, value: tuple[int, ...]) -> str:
        return " ".join(map(str, value))


class EventClasses(Kind):
    """Which keyspace notifications are sent, as letters in Redis's own order. A is short for g$lshzxetd (and n)."""

    types, channels = "g$lshzxetdn", "KEm"

    def parse(self, words: Sequence[str], current: Any) -> str:
        letters = set(words[0])
        if letters - set("A" + self.types + self.channels):
            raise ConfigError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
        types = "".join(letter for letter in self.types if letter in letters)
        if "A" in letters or types.startswith(self.types[:-1]):
            types = "An" if "n" in letters else "A"
        return types + "".join(letter for letter in self.channels if letter in letters)

    def format(self, value: str) -> str:
        return value.replace("An", "A")  # n is in force, but Redis 7.0 forgets to say so beside A

    def rewrite(self, value: str, default: str) -> Iterator[tuple[str, bool]]:
        yield quoted(self.format(value)), value != default


class Addresses(Kind):
    """Where to listen. A minus in front of an address says that it may be missing on this machine."""

    many_words = True
    most = 16  # CONFIG_BINDADDR_MAX

    def parse(self, words: Sequence[str], current: Any) -> tuple[str, ...]:
        if len(words) > self.most:
            raise ConfigError("Too many bind addresses specified.")
        return () if list(words) == [""] else tuple(words)

    def format(self, value: tuple[str, ...]) -> str:
        return " ".join(value)

    def rewrite(self, value: tuple[str, ...], default: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
        if value != default:
            yield self.format(value) or '""', True


class ReplicaOf(Kind):
    """The master's (host, port); None for a master."""

    many_words = True

    def parse(self, words: Sequence[str], current: Any) -> tuple[str, int] | None:
        if len(words) != 2:
            raise ConfigError("wrong number of arguments")
        if [word.lower() for word in words] == ["no", "one"]:
            return None
        try:
            port = PORT.bounded(parse_leading_integer(words[1]))
        except ValueError:
            raise ConfigError("Invalid master port") from None
        return words[0], port

    def format(self, value: tuple[str, int] | None) -> str:
        return f"{value[0]} {value[1]}" if value else ""

    def rewrite(self, value: tuple[str, int] | None, default: Any) -> Iterator[tuple[str, bool]]:
        if value:
            yield self.format(value), True


class Percentiles(Kind):
    many_words = True

    def parse(self, words: Sequence[str], current: Any) -> tuple[float, ...]:
        words = [] if list(words) == [""] else words
        try:
            values = tuple(numbers.parse_float(word.encode(errors="surrogateescape")) for word in words)
        except ValueError:
            raise ConfigError("Invalid latency-tracking-info-percentiles parameters") from None
        if not all(0 <= value <= 100 for value in values):
            raise ConfigError("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
        return values

    def format(self, value: tuple[float, ...]) -> str:
        return " ".join(f"{percentile:f}".rstrip("0").rstrip(".") for percentile in value)

    def rewrite(self, value: tuple[float, ...], default: Any) -> Iterator[tuple[str, bool]]:
        yield self.format(value) or '""', True
