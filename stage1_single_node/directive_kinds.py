"""The kinds of values that directives of redis.conf take: how each is read, answered, and written into a file.

A kind knows no directive and no server. Values are what the server wants to compute with (bool, int, tuple …); texts
are str, in which bytes that are no UTF-8 travel as surrogates (errors="surrogateescape").
Contract: `parse` raises ConfigError with the complaint of Redis 7.0.15's config.c, and formatting what it returned
gives a text that it reads back as the same value.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from stage1_single_node.structures import numbers

INT_MAX = 2**31 - 1
INT_MIN = -(2**31)
UINT_MAX = 2**32 - 1
LONG_MAX = 2**63 - 1
ULONG_MAX = 2**64 - 1


class ConfigError(ValueError):
    """A configuration that Redis would refuse; `str(error)` is what it says."""


class Kind:
    """What all kinds share. A value that may be many words in a file is one text of words with blanks in CONFIG SET."""

    many_words = False

    def words(self, text: str) -> list[str]:
        """CONFIG SET's one argument as the words that a line in a file would have. Two blanks enclose an empty word."""
        return (text.split(" ") if text else []) if self.many_words else [text]

    def parse(self, words: Sequence[str], current: Any) -> Any:
        """The new value; `current` is the old one, for the kinds whose words change only a part of it."""
        raise NotImplementedError

    def add(self, words: Sequence[str], current: Any) -> Any:
        """The value when a file names the directive once more. Mostly the last line wins."""
        return self.parse(words, current)

    def format(self, value: Any) -> str:
        """The text that CONFIG GET answers."""
        return str(value)

    def rewrite(self, value: Any, default: Any) -> Iterator[tuple[str, bool]]:
        """CONFIG REWRITE's texts behind the name, one a line, and whether a line is needed where the file has none."""
        yield self.format(value), value != default


class YesNo(Kind):
    def parse(self, words: Sequence[str], current: Any) -> bool:
        try:
            return {"yes": True, "no": False}[words[0].lower()]
        except KeyError:
            raise ConfigError("argument must be 'yes' or 'no'") from None

    def format(self, value: bool) -> str:
        return "yes" if value else "no"


class No(YesNo):
    """A switch for what this server, like Redis on another allocator than its own, cannot do."""

    def __init__(self, reason: str):
        self.reason = reason

    def parse(self, words: Sequence[str], current: Any) -> bool:
        if super().parse(words, current):
            raise ConfigError(self.reason)
        return False


class Choice(Kind):
    """One of some names, any case; `meaning` has the names that are others in disguise."""

    def __init__(self, *names: str, meaning: Mapping[str, str] | None = None):
        self.names = names
        self.meaning = meaning or {}

    def parse(self, words: Sequence[str], current: Any) -> str:
        name = words[0].lower()
        if name not in self.names:
            raise ConfigError(f"argument(s) must be one of the following: {', '.join(self.names)}")
        return self.meaning.get(name, name)


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


class Text(Kind):
    """Any text. One that is `optional` is absent from a rewritten file while it is empty."""

    def __init__(self, check: Callable[[str], None] | None = None, optional: bool = False):
        self.check = check
        self.optional = optional

    def parse(self, words: Sequence[str], current: Any) -> str:
        if self.check:
            self.check(words[0])
        return words[0]

    def rewrite(self, value: str, default: str) -> Iterator[tuple[str, bool]]:
        if value or not self.optional:
            yield quoted(value), value != default


class Integer(Kind):
    def __init__(self, low: int, high: int):
        self.low = low
        self.high = high

    def parse(self, words: Sequence[str], current: Any) -> int:
        return self.bounded(self.number(words[0]))

    def number(self, text: str) -> int:
        try:
            return numbers.parse_integer(text.encode(errors="surrogateescape"))
        except ValueError:
            raise ConfigError("argument couldn't be parsed into an integer") from None

    def bounded(self, value: int) -> int:
        if not self.low <= value <= self.high:
            low, high = self.format(self.low), self.format(self.high)
            raise ConfigError(f"argument must be between {low} and {high} inclusive")
        return value


class Hint(Integer):
    """A wish rather than an order: a number outside these limits is taken as the nearest inside them."""

    def __init__(self, low: int, high: int):
        super().__init__(0, INT_MAX)
        self.lowest, self.highest = low, high

    def parse(self, words: Sequence[str], current: Any) -> int:
        return max(self.lowest, min(super().parse(words, current), self.highest))


class Octal(Integer):
    """Permissions, as chmod writes them."""

    def number(self, text: str) -> int:
        try:
            return int(text or "0", 8)
        except ValueError:
            raise ConfigError("argument couldn't be parsed as an octal number") from None

    def format(self, value: int) -> str:
        return f"{value:o}"


class Memory(Integer):
    """Bytes, with or without a unit: 1k is 1000, 1kb is 1024. Less than `floor` is taken as `floor`."""

    complaint = "argument must be a memory value"

    def __init__(self, low: int, high: int, floor: int | None = None):
        super().__init__(low, high)
        self.floor = low if floor is None else floor

    def parse(self, words: Sequence[str], current: Any) -> int:
        return max(super().parse(words, current), self.floor)

    def number(self, text: str) -> int:
        try:
            return parse_memory(text)
        except ValueError:
            raise ConfigError(self.complaint) from None

    def rewrite(self, value: int, default: int) -> Iterator[tuple[str, bool]]:
        yield short_memory(value), value != default


class MemoryOrPercent(Memory):
    """Bytes, or a percentage of maxmemory, which is held as a negative number."""

    complaint = "argument must be a memory or percent value"

    def number(self, text: str) -> int:
        if re.fullmatch(r"(0|[1-9]\d{0,17})%", text, re.ASCII):
            return -int(text[:-1])
        value = super().number(text)
        return value if value <= LONG_MAX else value - 2**64

    def bounded(self, value: int) -> int:
        if value < self.low:
            raise ConfigError(f"percentage argument must be less or equal to {-self.low}")
        return value

    def format(self, value: int) -> str:
        return str(value) if value >= 0 else f"{-value}%"

    def rewrite(self, value: int, default: int) -> Iterator[tuple[str, bool]]:
        yield short_memory(value) if value >= 0 else self.format(value), value != default


class Directory(Kind):
    """A path, made absolute by what the directory was before: `dir` is this server's `cd`."""

    def parse(self, words: Sequence[str], current: str) -> str:
        return posixpath.normpath(posixpath.join(current, words[0]))

    def rewrite(self, value: str, default: str) -> Iterator[tuple[str, bool]]:
        yield quoted(value), True


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
        all_types = "A" in letters or letters.issuperset(self.types[:-1])
        types = "A" if all_types else "".join(letter for letter in self.types if letter in letters)
        return types + "".join(letter for letter in self.channels if letter in letters)

    def rewrite(self, value: str, default: str) -> Iterator[tuple[str, bool]]:
        yield quoted(value), value != default


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


PORT = Integer(0, 65535)


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


UNITS = {"": 1, "b": 1, "k": 1000, "kb": 2**10, "m": 10**6, "mb": 2**20, "g": 10**9, "gb": 2**30}


def parse_memory(text: str) -> int:
    """Bytes; raises ValueError. As in C, no digits are 0 and what exceeds 64 bits is cut off."""
    parts = re.fullmatch(r"(\d{0,127})([a-z]*)", text, re.ASCII | re.IGNORECASE)
    if parts is None or parts[2].lower() not in UNITS:
        raise ValueError("not a number of bytes")
    return min(int(parts[1] or "0"), ULONG_MAX) * UNITS[parts[2].lower()] & ULONG_MAX


def short_memory(value: int) -> str:
    for unit in ("gb", "mb", "kb"):
        if value and value % UNITS[unit] == 0:
            return f"{value // UNITS[unit]}{unit}"
    return str(value)


def parse_leading_integer(text: str) -> int:
    """As C's strtoll reads it: blanks and a plus sign are welcome in front, nothing at all is 0; raises ValueError."""
    if text and not re.fullmatch(r"\s*[-+]?\d+", text, re.ASCII):
        raise ValueError("not an integer")
    return max(-LONG_MAX - 1, min(int(text or "0"), LONG_MAX))


ESCAPES = {ord(raw): "\\" + letter for raw, letter in zip('\n\r\t\a\b\\"', 'nrtab\\"')}


def quoted(text: str) -> str:
    """The text as one word of a configuration file, whatever bytes it holds."""
    raw = text.encode(errors="surrogateescape")
    characters = (ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in raw)
    return f'"{"".join(characters)}"'
