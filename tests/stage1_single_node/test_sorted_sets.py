"""Sorted sets: members ordered by score, then by their bytes."""

import pytest

points = pytest.mark.points

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_A_FLOAT = "ERR value is not a valid float"
NOT_A_RANGE = "ERR min or max is not a float"
NOT_A_LEXICAL_RANGE = "ERR min or max not valid string range item"


@pytest.fixture
def abcde(client):
    """a to e with the scores 1 to 5."""
    client("ZADD", "z", *[word for pair in enumerate("abcde", 1) for word in pair])
    return client


def joined(members):
    return b"".join(members).decode()


# ── adding ──


@points(1)
def test_zadd_answers_how_many_members_are_new(redis):
    assert redis.zadd("z", {"a": 1, "b": 2}) == 2
    assert redis.zadd("z", {"b": 3, "c": 2}) == 1
    assert redis.zrange("z", 0, -1, withscores=True) == [(b"a", 1.0), (b"c", 2.0), (b"b", 3.0)]


@points(1)
def test_equal_scores_are_ordered_by_bytes(client):
    client("ZADD", "z", 0, "b", 0, "B", 0, b"\xff", 0, "ba", 0, "")
    assert client("ZRANGE", "z", 0, -1) == [b"", b"B", b"b", b"ba", b"\xff"]


@points(1)
def test_zadd_ch_counts_changes_too(client):
    assert client("ZADD", "z", "CH", 1, "a", 2, "b") == 2
    assert client("ZADD", "z", "CH", 1, "a", 3, "b", 4, "c") == 2


@points(1)
def test_zadd_nx_and_xx(client):
    assert client("ZADD", "z", "XX", 1, "a") == 0
    assert client("EXISTS", "z") == 0
    assert client("ZADD", "z", "NX", 1, "a") == 1
    assert client("ZADD", "z", "NX", 9, "a", 2, "b") == 1
    assert client("ZADD", "z", "XX", 3, "a", 9, "c") == 0
    assert client("ZRANGE", "z", 0, -1, "WITHSCORES") == [b"b", b"2", b"a", b"3"]


@points(1)
def test_zadd_gt_and_lt_only_move_one_way_and_still_add(client):
    client("ZADD", "z", 5, "a")
    client("ZADD", "z", "GT", 3, "a", 1, "b")
    assert (client("ZSCORE", "z", "a"), client("ZSCORE", "z", "b")) == (b"5", b"1")
    client("ZADD", "z", "LT", 3, "a", 2, "b")
    assert (client("ZSCORE", "z", "a"), client("ZSCORE", "z", "b")) == (b"3", b"1")


@points(1)
def test_zadd_incr_answers_the_new_score_or_null(client):
    assert client("ZADD", "z", "INCR", 1.5, "a") == b"1.5"
    assert client("ZADD", "z", "INCR", 1, "a") == b"2.5"
    assert client("ZADD", "z", "NX", "INCR", 1, "a") is None
    assert client("ZADD", "z", "XX", "INCR", 1, "b") is None
    assert client("ZADD", "z", "GT", "INCR", -1, "a") is None


@points(1)
def test_zadd_refuses_contradictions_before_it_adds_anything(client):
    assert client.error("ZADD", "z", "NX", "XX", 1, "a") == (
        "ERR XX and NX options at the same time are not compatible"
    )
    assert client.error("ZADD", "z", "GT", "LT", 1, "a") == (
        "ERR GT, LT, and/or NX options at the same time are not compatible"
    )
    assert client.error("ZADD", "z", "INCR", 1, "a", 2, "b") == (
        "ERR INCR option supports a single increment-element pair"
    )
    assert client.error("ZADD", "z", 1, "a", 2) == "ERR syntax error"
    assert client.error("ZADD", "z", 1, "a", "x", "b") == NOT_A_FLOAT
    assert client.error("ZADD", "z", "nan", "a") == NOT_A_FLOAT
    assert client("EXISTS", "z") == 0


@pytest.mark.parametrize(
    ("score", "written"),
    [
        ("1", "1"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("0x10", "16"),
        ("+inf", "inf"),
        ("-INF", "-inf"),
        ("Infinity", "inf"),
        ("0.1", "0.10000000000000001"),
        ("3.14159", "3.1415899999999999"),
        ("1e17", "1e+17"),
        ("123456789012345678", "1.2345678901234568e+17"),
        ("9007199254740992", "9007199254740992"),
        ("1e-5", "1.0000000000000001e-05"),
        ("5e-324", "4.9406564584124654e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ],
)
@points(1)
def test_a_score_is_written_with_17_digits(client, score, written):
    client("ZADD", "z", score, "m")
    assert client("ZSCORE", "z", "m") == written.encode()


@points(1)
def test_zincrby_adds_to_the_score(client):
    assert client("ZINCRBY", "z", 2, "a") == b"2"
    assert client("ZINCRBY", "z", "-0.5", "a") == b"1.5"
    client("ZADD", "z", "inf", "b")
    assert client.error("ZINCRBY", "z", "-inf", "b") == "ERR resulting score is not a number (NaN)"


# ── reading ──


@points(1)
def test_zscore_zmscore_zcard(abcde):
    assert abcde("ZSCORE", "z", "c") == b"3"
    assert abcde("ZSCORE", "z", "x") is None
    assert abcde("ZMSCORE", "z", "a", "x", "e") == [b"1", None, b"5"]
    assert abcde("ZMSCORE", "missing", "a") == [None]
    assert (abcde("ZCARD", "z"), abcde("ZCARD", "missing")) == (5, 0)


@points(1)
def test_ranks_count_from_either_end(abcde):
    assert [abcde("ZRANK", "z", member) for member in "aex"] == [0, 4, None]
    assert [abcde("ZREVRANK", "z", member) for member in "aex"] == [4, 0, None]
    assert abcde("ZRANK", "missing", "a") is None


@pytest.mark.parametrize(
    ("start", "stop", "members"),
    [(0, -1, "abcde"), (1, 2, "bc"), (-2, -1, "de"), (-100, 0, "a"), (3, 100, "de"), (4, 2, ""), (5, 9, "")],
)
@points(1)
def test_zrange_by_rank(abcde, start, stop, members):
    assert joined(abcde("ZRANGE", "z", start, stop)) == members


@points(1)
def test_zrevrange_and_zrange_rev(abcde):
    assert joined(abcde("ZREVRANGE", "z", 0, 1)) == "ed"
    assert joined(abcde("ZRANGE", "z", 0, 1, "REV")) == "ed"
    assert abcde("ZREVRANGE", "z", 0, 0, "WITHSCORES") == [b"e", b"5"]


@pytest.mark.parametrize(
    ("lowest", "highest", "members"),
    [
        ("-inf", "+inf", "abcde"),
        (2, 4, "bcd"),
        ("(2", 4, "cd"),
        (2, "(4", "bc"),
        ("(2", "(3", ""),
        (4, 2, ""),
        ("1.5", "3.5", "bc"),
        (6, "inf", ""),
    ],
)
@points(1)
def test_ranges_by_score_include_their_ends_unless_told_otherwise(abcde, lowest, highest, members):
    assert joined(abcde("ZRANGEBYSCORE", "z", lowest, highest)) == members
    assert joined(abcde("ZRANGE", "z", lowest, highest, "BYSCORE")) == members
    assert joined(abcde("ZREVRANGEBYSCORE", "z", highest, lowest)) == members[::-1]
    assert joined(abcde("ZRANGE", "z", highest, lowest, "BYSCORE", "REV")) == members[::-1]
    assert abcde("ZCOUNT", "z", lowest, highest) == len(members)


@points(1)
def test_a_limit_skips_and_counts(abcde):
    assert joined(abcde("ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", 1, 2)) == "bc"
    assert joined(abcde("ZRANGE", "z", "inf", "-inf", "BYSCORE", "REV", "LIMIT", 1, 2)) == "dc"
    assert joined(abcde("ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", 3, -1)) == "de"
    assert joined(abcde("ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", -1, 2)) == ""
    assert joined(abcde("ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", 9, 2)) == ""
    assert abcde("ZRANGEBYSCORE", "z", 1, 5, "WITHSCORES", "LIMIT", 0, 1) == [b"a", b"1"]


@pytest.fixture
def lexical(client):
    client("ZADD", "z", *[word for letter in "abcde" for word in (0, letter)])
    return client


@pytest.mark.parametrize(
    ("lowest", "highest", "members"),
    [
        ("-", "+", "abcde"),
        ("[b", "[d", "bcd"),
        ("(b", "[d", "cd"),
        ("[b", "(d", "bc"),
        ("+", "-", ""),
        ("[bb", "+", "cde"),
    ],
)
@points(1)
def test_ranges_by_bytes_of_members_with_equal_scores(lexical, lowest, highest, members):
    assert joined(lexical("ZRANGEBYLEX", "z", lowest, highest)) == members
    assert joined(lexical("ZRANGE", "z", lowest, highest, "BYLEX")) == members
    assert joined(lexical("ZREVRANGEBYLEX", "z", highest, lowest)) == members[::-1]
    assert lexical("ZLEXCOUNT", "z", lowest, highest) == len(members)


@points(1)
def test_ranges_by_bytes_take_limits(lexical):
    assert joined(lexical("ZRANGEBYLEX", "z", "-", "+", "LIMIT", 1, 2)) == "bc"
    assert joined(lexical("ZREVRANGEBYLEX", "z", "+", "-", "LIMIT", 1, 2)) == "dc"


@points(1)
def test_bad_ranges_are_refused(abcde):
    assert abcde.error("ZRANGEBYSCORE", "z", "x", 1) == NOT_A_RANGE
    assert abcde.error("ZCOUNT", "z", "(", "nan") == NOT_A_RANGE
    assert abcde.error("ZRANGEBYLEX", "z", "b", "[c") == NOT_A_LEXICAL_RANGE
    assert abcde.error("ZLEXCOUNT", "z", "-", "") == NOT_A_LEXICAL_RANGE
    assert abcde.error("ZRANGE", "z", 0, -1, "BYLEX", "BYSCORE") == "ERR syntax error"
    assert abcde.error("ZRANGE", "z", 0, "x") == "ERR value is not an integer or out of range"
    assert abcde.error("ZRANGE", "z", 0, -1, "LIMIT", 0, 1) == (
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
    )
    assert abcde.error("ZRANGE", "z", "-", "+", "BYLEX", "WITHSCORES") == (
        "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
    )


@points(1)
def test_zrangestore_stores_a_range_with_its_scores(abcde):
    abcde("SET", "to", "overwritten")
    assert abcde("ZRANGESTORE", "to", "z", 1, 2) == 2
    assert abcde("ZRANGE", "to", 0, -1, "WITHSCORES") == [b"b", b"2", b"c", b"3"]
    assert abcde("ZRANGESTORE", "to", "z", 9, "(5", "BYSCORE", "REV") == 0
    assert abcde("EXISTS", "to") == 0
    assert abcde.error("ZRANGESTORE", "to", "z", 0, -1, "WITHSCORES") == "ERR syntax error"


# ── removing ──


@points(1)
def test_zrem_counts_and_the_last_member_takes_the_key_along(client):
    client("ZADD", "z", 1, "a", 2, "b")
    assert client("ZREM", "z", "a", "x") == 1
    assert client("ZREM", "z", "b") == 1
    assert client("EXISTS", "z") == 0


@points(1)
def test_removing_by_rank_score_and_bytes(client):
    for key in ("rank", "score", "lex"):
        client("ZADD", key, *[word for letter in "abcde" for word in (0 if key == "lex" else ord(letter) - 96, letter)])
    assert client("ZREMRANGEBYRANK", "rank", 1, -2) == 3
    assert client("ZREMRANGEBYSCORE", "score", "(1", "(5") == 3
    assert client("ZREMRANGEBYLEX", "lex", "(a", "(e") == 3
    for key in ("rank", "score", "lex"):
        assert joined(client("ZRANGE", key, 0, -1)) == "ae"
    assert client("ZREMRANGEBYRANK", "rank", 0, -1) == 2
    assert client("EXISTS", "rank") == 0


@points(1)
def test_pops_take_the_lowest_or_highest(abcde):
    assert abcde("ZPOPMIN", "z") == [b"a", b"1"]
    assert abcde("ZPOPMAX", "z", 2) == [b"e", b"5", b"d", b"4"]
    assert abcde("ZPOPMIN", "z", 0) == []
    assert abcde("ZPOPMIN", "z", 9) == [b"b", b"2", b"c", b"3"]
    assert abcde("ZPOPMIN", "z") == []
    assert abcde.error("ZPOPMAX", "z", -1) == "ERR value is out of range, must be positive"


@points(1)
def test_zmpop_takes_from_the_first_that_has_members(abcde):
    assert abcde("ZMPOP", 2, "missing", "z", "MIN") == [b"z", [[b"a", b"1"]]]
    assert abcde("ZMPOP", 1, "z", "MAX", "COUNT", 2) == [b"z", [[b"e", b"5"], [b"d", b"4"]]]
    assert abcde("ZMPOP", 1, "missing", "MIN") is None
    assert abcde.error("ZMPOP", 0, "z", "MIN") == "ERR numkeys should be greater than 0"
    assert abcde.error("ZMPOP", 1, "z", "MIDDLE") == "ERR syntax error"


@points(1)
def test_zrandmember(abcde):
    assert abcde("ZRANDMEMBER", "z") in {b"a", b"b", b"c", b"d", b"e"}
    assert sorted(abcde("ZRANDMEMBER", "z", 9)) == [b"a", b"b", b"c", b"d", b"e"]
    assert len(abcde("ZRANDMEMBER", "z", -9)) == 9
    flat = abcde("ZRANDMEMBER", "z", 5, "WITHSCORES")
    assert dict(zip(flat[::2], flat[1::2])) == {b"a": b"1", b"b": b"2", b"c": b"3", b"d": b"4", b"e": b"5"}
    assert abcde("ZRANDMEMBER", "missing") is None
    assert abcde("ZRANDMEMBER", "missing", 2) == []


# ── algebra ──


@pytest.fixture
def two(client):
    client("ZADD", "x", 1, "a", 2, "b")
    client("ZADD", "y", 10, "b", 20, "c")
    return client


@points(1)
def test_union_intersection_and_difference_with_scores(two):
    assert two("ZUNION", 2, "x", "y", "WITHSCORES") == [b"a", b"1", b"b", b"12", b"c", b"20"]
    assert two("ZINTER", 2, "x", "y", "WITHSCORES") == [b"b", b"12"]
    assert two("ZDIFF", 2, "x", "y", "WITHSCORES") == [b"a", b"1"]
    assert two("ZINTER", 2, "x", "missing") == []


@points(1)
def test_weights_and_aggregates(two):
    assert two("ZUNION", 2, "x", "y", "WEIGHTS", 2, "0.5", "WITHSCORES") == [b"a", b"2", b"b", b"9", b"c", b"10"]
    assert two("ZINTER", 2, "x", "y", "AGGREGATE", "MIN", "WITHSCORES") == [b"b", b"2"]
    assert two("ZINTER", 2, "x", "y", "AGGREGATE", "max", "WITHSCORES") == [b"b", b"10"]


@points(1)
def test_plain_sets_count_as_scores_of_one(two):
    two("SADD", "s", "b", "d")
    assert two("ZUNION", 2, "x", "s", "WITHSCORES") == [b"a", b"1", b"d", b"1", b"b", b"3"]


@points(1)
def test_infinities_that_cancel_out_are_zero(client):
    client("ZADD", "x", "inf", "a")
    client("ZADD", "y", "-inf", "a")
    assert client("ZUNION", 2, "x", "y", "WITHSCORES") == [b"a", b"0"]


@points(1)
def test_results_can_be_stored(two):
    assert two("ZUNIONSTORE", "to", 2, "x", "y") == 3
    assert two("ZINTERSTORE", "x", 2, "x", "y") == 1
    assert two("ZRANGE", "x", 0, -1, "WITHSCORES") == [b"b", b"12"]
    assert two("ZDIFFSTORE", "to", 2, "y", "y") == 0
    assert two("EXISTS", "to") == 0


@points(1)
def test_zintercard_counts_up_to_a_limit(two):
    assert two("ZINTERCARD", 2, "x", "y") == 1
    assert two("ZINTERCARD", 2, "x", "x", "LIMIT", 1) == 1
    assert two.error("ZINTERCARD", 2, "x", "x", "LIMIT", -1) == "ERR LIMIT can't be negative"


@points(1)
def test_algebra_refuses_bad_arguments(two):
    assert two.error("ZUNION", 0, "x") == "ERR at least 1 input key is needed for 'zunion' command"
    assert two.error("ZUNION", 3, "x", "y") == "ERR syntax error"
    assert two.error("ZUNION", 2, "x", "y", "WEIGHTS", 1) == "ERR syntax error"
    assert two.error("ZUNION", 2, "x", "y", "WEIGHTS", 1, "w") == "ERR weight value is not a float"
    assert two.error("ZUNION", 2, "x", "y", "AGGREGATE", "AVG") == "ERR syntax error"
    assert two.error("ZUNIONSTORE", "to", 2, "x", "y", "WITHSCORES") == "ERR syntax error"


@points(1)
def test_sorted_set_commands_refuse_other_types(abcde):
    abcde("SET", "s", "v")
    for command in [
        ("ZADD", "s", 1, "a"),
        ("ZINCRBY", "s", 1, "a"),
        ("ZSCORE", "s", "a"),
        ("ZCARD", "s"),
        ("ZRANK", "s", "a"),
        ("ZRANGE", "s", 0, -1),
        ("ZRANGEBYSCORE", "s", 0, 1),
        ("ZRANGEBYLEX", "s", "-", "+"),
        ("ZCOUNT", "s", 0, 1),
        ("ZREM", "s", "a"),
        ("ZPOPMIN", "s"),
        ("ZUNION", 2, "z", "s"),
        ("ZRANGESTORE", "to", "s", 0, -1),
        ("ZSCAN", "s", 0),
    ]:
        assert abcde.error(*command) == WRONG_TYPE


@points(2)
def test_a_large_sorted_set_stays_in_order_while_scores_move(client):
    scores = {f"m{n}": n * 7919 % 1000 for n in range(1500)}
    client("ZADD", "z", *[word for member, score in scores.items() for word in (score, member)])
    for n in range(0, 1500, 3):
        scores[f"m{n}"] = -n
        client("ZADD", "z", -n, f"m{n}")
    for n in range(0, 1500, 5):
        del scores[f"m{n}"]
        client("ZREM", "z", f"m{n}")
    expected = sorted(scores, key=lambda member: (scores[member], member.encode()))
    assert [member.decode() for member in client("ZRANGE", "z", 0, -1)] == expected
    assert client("ZRANK", "z", expected[700]) == 700
    assert client("ZRANGE", "z", 700, 702) == [member.encode() for member in expected[700:703]]
