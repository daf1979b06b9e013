"""The kinds of values that directives of redis.conf take: how each is read, answered, and written into a file.

A kind knows no directive and no server. Values are what the server wants to compute with (bool, int, tuple …); texts
are str, in which bytes that are no UTF-8 travel as surrogates (errors="surrogateescape").
Contract: `parse` raises ConfigError with the complaint of Redis 7.0.15's config.c, and formatting what it returned
gives a text that it reads back as the same value.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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


PORT = Integer(0, 65535)


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
