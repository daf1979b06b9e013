"""The judge of the side-by-side tests is judged: what it lets pass, and what it finds."""

from random import Random

import pytest

from tests.interoperability.comparison import same
from tests.interoperability.grammar import Pattern
from tests.interoperability.scripts import VOCABULARY, script
from tests.interoperability.side_by_side import first_difference, results, shortest


@pytest.mark.parametrize(
    ("command", "one", "other", "alike"),
    [
        ("GET k", b"$1\r\na\r\n", b"$1\r\na\r\n", True),
        ("GET k", b"$1\r\na\r\n", b"$1\r\nb\r\n", False),
        ("GET k", b"+a\r\n", b"$1\r\na\r\n", False),
        ("SMEMBERS k", b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", True),
        ("SMEMBERS k", b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:3\r\n", False),
        ("SMEMBERS k", b"~1\r\n:1\r\n", b"*1\r\n:1\r\n", False),
        ("LRANGE k 0 -1", b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", False),
        ("HGETALL k", b"*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", b"*4\r\n:3\r\n:4\r\n:1\r\n:2\r\n", True),
        ("HGETALL k", b"*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", b"*4\r\n:1\r\n:4\r\n:3\r\n:2\r\n", False),
        ("SCAN 0", b"*2\r\n$1\r\n0\r\n*2\r\n:1\r\n:2\r\n", b"*2\r\n$1\r\n0\r\n*2\r\n:2\r\n:1\r\n", True),
        ("TTL k", b":100\r\n", b":99\r\n", True),
        ("TTL k", b":100\r\n", b":-1\r\n", False),
        ("TTL k", b":1000000\r\n", b":100\r\n", False),
    ],
)
def test_replies_are_the_same_when_only_what_has_no_order_differs(command, one, other, alike):
    assert same(command.encode().split(), one, other, from_hash_table=True) is alike


def test_a_compact_value_has_an_order():
    assert not same([b"SMEMBERS", b"k"], b"*2\r\n:1\r\n:2\r\n", b"*2\r\n:2\r\n:1\r\n", from_hash_table=False)


def test_the_results_of_a_transaction_are_taken_apart():
    assert results(b"*3\r\n+OK\r\n*1\r\n:1\r\n$-1\r\n") == [b"+OK\r\n", b"*1\r\n:1\r\n", b"$-1\r\n"]
    assert results(b"*-1\r\n") == [b"*-1\r\n"]


def test_a_planted_difference_is_found_and_shortened(stage1, real):
    planted = (0, [b"CONFIG", b"GET", b"port"])
    commands = [*script(0, 60), planted, *script(1, 60)]
    difference = first_difference(stage1, real, 2, commands)
    assert difference is not None and difference.script[-1] == planted
    assert shortest(difference.script, lambda shorter: first_difference(stage1, real, 2, shorter)) == [planted]


def test_a_seed_is_a_script():
    assert script(7, 50) == script(7, 50) != script(8, 50)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("A <small>", {"A 0", "A 1", "A 2", "A 3"}),
        ("A [B | C D]", {"A", "A B", "A C D"}),
        ("(A | B (C | D))", {"A", "B C", "B D"}),
        ("A+", {"A", "A A", "A A A", "A A A A"}),
    ],
)
def test_a_pattern_says_all_that_it_can_say(text, sentences):
    dice = Random(0)
    pattern = Pattern(text)
    assert {b" ".join(pattern.sentence(dice, VOCABULARY)).decode() for _ in range(500)} == sentences
