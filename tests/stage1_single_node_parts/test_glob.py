import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures import glob
from tests.wire import Connection

# Few different bytes, so that patterns and strings meet; \x80 and \xff because C's chars are signed.
ALPHABET = st.sampled_from([bytes([byte]) for byte in b"abcABZz-]^\\*?[\x80\xff\x00"])
PATTERNS = st.lists(ALPHABET, max_size=9).map(b"".join)
STRINGS = st.lists(ALPHABET, max_size=6).map(b"".join)


def signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


def matches_naively(pattern: bytes, string: bytes, nocase: bool) -> bool:
    """The rules one byte at a time, by recursion: what glob.py must agree with, at any price."""
    if not pattern or not string:
        return not pattern.strip(b"*") and not string
    if pattern[0] == ord("*"):
        return any(matches_naively(pattern[1:], string[skip:], nocase) for skip in range(len(string) + 1))
    if pattern[0] == ord("["):
        accepted, pattern = set_accepts(pattern[1:], signed(string[0]), nocase)
        return accepted and matches_naively(pattern, string[1:], nocase)
    if pattern[0] != ord("?"):
        if pattern[0] == ord("\\") and len(pattern) > 1:
            pattern = pattern[1:]
        if pattern[0] != string[0] and not (nocase and lower(pattern[0]) == lower(string[0])):
            return False
    return matches_naively(pattern[1:], string[1:], nocase)


def set_accepts(pattern: bytes, char: int, nocase: bool) -> tuple[bool, bytes]:
    """Is the char in the set that the pattern goes on with, and what follows the set?"""
    negated = pattern.startswith(b"^")
    pattern = pattern[negated:]
    accepted = False
    while pattern and not pattern.startswith(b"]"):
        if pattern[0] == ord("\\") and len(pattern) > 1:
            accepted |= char == signed(pattern[1])
            pattern = pattern[2:]
        elif len(pattern) > 2 and pattern[1] == ord("-"):
            low, high = sorted((signed(pattern[0]), signed(pattern[2])))
            accepted |= low <= char <= high if not nocase else lower(low) <= lower(char) <= lower(high)
            pattern = pattern[3:]
        else:
            accepted |= char == signed(pattern[0]) or (nocase and lower(char) == lower(signed(pattern[0])))
            pattern = pattern[1:]
    return accepted != negated, pattern[1:]


@given(PATTERNS, STRINGS, st.booleans())
def test_every_pattern_matches_as_the_rules_say(pattern: bytes, string: bytes, nocase: bool) -> None:
    expected = matches_naively(pattern, string, nocase) if string else not pattern
    assert glob.matches(pattern, string, nocase) == expected


@pytest.mark.parametrize(
    ("pattern", "string"),
    [
        (b"h?llo", b"hello"),
        (b"h*llo", b"heeeello"),
        (b"h[^e]llo", b"hallo"),
        (b"h[a-b]llo", b"hbllo"),
        (rb"h\*llo", b"h*llo"),
        (b"[z-a]", b"m"),
        (b"[abc", b"b"),
        (b"*.*.*", b"a.b.c\n"),
    ],
)
def test_documented_patterns_match(pattern: bytes, string: bytes) -> None:
    assert glob.matches(pattern, string)


def test_case_is_ignored_on_demand_only() -> None:
    assert glob.matches(b"Max[mM]*", b"MAXMEMORY", nocase=True)
    assert not glob.matches(b"Max[mM]*", b"MAXMEMORY")


def test_a_star_does_not_match_the_empty_string() -> None:
    assert not glob.matches(b"*", b"")
    assert glob.matches(b"", b"")


def test_many_stars_cost_no_exponential_time() -> None:
    started = time.monotonic()
    assert not glob.matches(b"a*" * 50 + b"b", b"a" * 10_000)
    assert time.monotonic() - started < 5


def test_keys_finds_what_the_real_server_finds(oracle: Connection) -> None:
    keys = [b"", b"\xff", b"\x80a", *b"a b ab ba A a-b aXb [ ] ^ \\ * ??".split()]
    oracle("MSET", *(word for key in keys for word in (key, 1)))
    pieces = [b"a", b"b", b"*", b"?", b"[", b"]", b"^", b"-", b"\\", b"\xff"]
    patterns = [first + second + third for first in pieces for second in pieces for third in [b"", *pieces]]

    answers = oracle.pipeline(*(("KEYS", pattern) for pattern in patterns))

    for pattern, answer in zip(patterns, answers, strict=True):
        assert sorted(answer) == sorted(key for key in keys if glob.matches(pattern, key)), pattern
