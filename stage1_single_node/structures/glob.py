"""Glob patterns on bytes, as KEYS, SCAN MATCH, PSUBSCRIBE and CONFIG GET take them.

    *        any bytes, or none            [abc]  [a-z]  [^a-z]   one byte in (or not in) the set
    ?        one byte                      \\x    the byte x itself

Contract: the answers of `stringmatchlen` in Redis 7.0's util.c, oddities included: a set that is never closed
ends with the pattern; a range may be written backwards; `*` does not match the empty string (KEYS * and SCAN
MATCH * do find the empty key, because those commands do not ask for a match when the pattern is just `*`).

A pattern is translated once into a regular expression, so that KEYS on a million keys is a million C calls.
"""

import re
from collections.abc import Callable
from functools import lru_cache

ALL_BYTES = range(256)
_STAR, _ANY, _OPEN, _CLOSE, _NOT, _DASH, _ESCAPE = b"*?[]^-\\"

Matcher = Callable[[bytes], object]


def matches(pattern: bytes, string: bytes, nocase: bool = False) -> bool:
    """Whether the whole string fits the pattern; with nocase, ASCII letters of either case are equal."""
    return compiled(pattern, nocase)(string) is not None


@lru_cache(maxsize=512)
def compiled(pattern: bytes, nocase: bool = False) -> Matcher:
    """The function that tests one string: a true answer is a match, None is none. For loops over many strings."""
    return re.compile(_translate(pattern, nocase), re.DOTALL).match


def _translate(pattern: bytes, nocase: bool) -> bytes:
    """The regular expression that accepts what the glob accepts.

    Two conditions keep it linear in stars, where naive backtracking is exponential:
    1. What stands between two stars has a fixed length, so its leftmost occurrence is as good as any later one.
    2. Hence each `*segment` is an atomic group: once found, it is never looked for again further right.
    The last segment is held to the end of the string instead, and has only one place to be.
    """
    first, *others = _segments(pattern, nocase)
    if not others:
        return first + rb"\Z"
    *middle, last = others
    if not first and not last and not any(middle):
        return b"."
    found = b"".join(b"(?>.*?%s)" % segment for segment in middle if segment)
    return first + found + (rb".*%s\Z" % last if last else b"")


def _segments(pattern: bytes, nocase: bool) -> list[bytes]:
    """The regular expressions of what stands before, between and after the stars; each byte of them one byte wide."""
    segments = [b""]
    at = 0
    while at < len(pattern):
        byte = pattern[at]
        if byte == _STAR:
            segments.append(b"")
            at += 1
        elif byte == _OPEN:
            members, at = _read_set(pattern, at + 1, nocase)
            segments[-1] += _one_of(members)
        elif byte == _ANY:
            segments[-1] += b"."
            at += 1
        else:
            if byte == _ESCAPE and at + 1 < len(pattern):
                at += 1
            segments[-1] += _one_of(_spellings(pattern[at], nocase))
            at += 1
    return segments


def _read_set(pattern: bytes, at: int, nocase: bool) -> tuple[set[int], int]:
    """The bytes that a set accepts, and where the pattern goes on. `at` is behind the opening bracket."""
    negated = pattern[at : at + 1] == b"^"
    at += negated
    members: set[int] = set()
    while at < len(pattern) and pattern[at] != _CLOSE:
        left = len(pattern) - at
        if pattern[at] == _ESCAPE and left >= 2:
            members.add(pattern[at + 1])  # an escaped byte keeps its case even where case is ignored
            at += 2
        elif left >= 3 and pattern[at + 1] == _DASH:
            members |= _range(pattern[at], pattern[at + 2], nocase)
            at += 3
        else:
            members |= _spellings(pattern[at], nocase)
            at += 1
    return (set(ALL_BYTES) - members if negated else members), at + 1


def _range(start: int, end: int, nocase: bool) -> set[int]:
    """Ranges compare as C's signed chars do, so 0x80 to 0xff come before 0x00; the ends may come in either order."""
    low, high = sorted((_signed(start), _signed(end)))
    if not nocase:
        return {byte for byte in ALL_BYTES if low <= _signed(byte) <= high}
    low, high = _lower(low), _lower(high)
    return {byte for byte in ALL_BYTES if low <= _lower(_signed(byte)) <= high}


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


def _spellings(byte: int, nocase: bool) -> set[int]:
    return set(bytes([byte]).lower() + bytes([byte]).upper()) if nocase else {byte}


def _one_of(members: set[int]) -> bytes:
    if not members:
        return b"(?!)"  # an empty set: nothing matches
    if len(members) == 1:
        return re.escape(bytes(members))
    return b"[%s]" % b"".join(b"\\x%02x" % byte for byte in sorted(members))
