"""Sets: membership and algebra."""

import pytest

points = pytest.mark.points

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


@points(1)
def test_sadd_and_srem_count_what_changed(redis):
    assert redis.sadd("s", "a", "b", "a") == 2
    assert redis.sadd("s", "b", "c") == 1
    assert redis.srem("s", "a", "x") == 1
    assert redis.smembers("s") == {b"b", b"c"}


@points(1)
def test_an_emptied_set_is_gone(client):
    client("SADD", "s", "a")
    client("SREM", "s", "a")
    assert client("EXISTS", "s") == 0
    assert client("SMEMBERS", "s") == []


@points(1)
def test_scard_sismember_and_smismember(client):
    client("SADD", "s", "a", "b")
    assert client("SCARD", "s") == 2
    assert client("SCARD", "missing") == 0
    assert [client("SISMEMBER", "s", "a"), client("SISMEMBER", "s", "x"), client("SISMEMBER", "no", "a")] == [1, 0, 0]
    assert client("SMISMEMBER", "s", "a", "x", "b") == [1, 0, 1]
    assert client("SMISMEMBER", "missing", "a", "b") == [0, 0]


@points(1)
def test_numbers_are_members_by_their_text(client):
    client("SADD", "s", 1, "01", "1.0")
    assert client("SCARD", "s") == 3
    assert client("SREM", "s", "1") == 1
    assert set(client("SMEMBERS", "s")) == {b"01", b"1.0"}


@points(1)
def test_a_set_of_small_integers_is_sorted(client):
    client("SADD", "s", 5, -3, 10, 2**40, 0)
    assert client("SMEMBERS", "s") == [b"-3", b"0", b"5", b"10", str(2**40).encode()]


@points(1)
def test_spop_removes_random_members(client):
    client("SADD", "s", *range(20))
    one = client("SPOP", "s")
    some = client("SPOP", "s", 5)
    assert len({one, *some}) == 6
    assert client("SCARD", "s") == 14
    assert not {one, *some} & set(client("SMEMBERS", "s"))
    assert len(client("SPOP", "s", 100)) == 14
    assert client("EXISTS", "s") == 0


@points(1)
def test_spop_of_nothing_and_of_none(client):
    assert client("SPOP", "missing") is None
    assert client("SPOP", "missing", 3) == []
    client("SADD", "s", "a")
    assert client("SPOP", "s", 0) == []
    assert client.error("SPOP", "s", -1) == "ERR value is out of range, must be positive"
    assert client.error("SPOP", "s", 1, 2) == "ERR syntax error"


@points(1)
def test_spop_takes_each_member_some_time(client):
    seen = set()
    for _ in range(100):
        client("SADD", "s", "a", "b", "c")
        seen.add(client("SPOP", "s"))
    assert seen == {b"a", b"b", b"c"}


@points(1)
def test_srandmember_repeats_only_for_a_negative_count(client):
    client("SADD", "s", "a", "b", "c")
    assert client("SRANDMEMBER", "s") in {b"a", b"b", b"c"}
    assert len(set(client("SRANDMEMBER", "s", 2))) == 2
    assert sorted(client("SRANDMEMBER", "s", 9)) == [b"a", b"b", b"c"]
    assert len(client("SRANDMEMBER", "s", -30)) == 30
    assert client("SRANDMEMBER", "missing") is None
    assert client("SRANDMEMBER", "missing", -5) == []
    assert client("SCARD", "s") == 3


@points(1)
def test_smove_moves_one_member(client):
    client("SADD", "a", "x", "y")
    client("SADD", "b", "y")
    assert client("SMOVE", "a", "b", "x") == 1
    assert client("SMOVE", "a", "b", "y") == 1
    assert client("EXISTS", "a") == 0
    assert sorted(client("SMEMBERS", "b")) == [b"x", b"y"]
    assert client("SMOVE", "b", "c", "no such") == 0
    assert client("SMOVE", "b", "b", "x") == 1
    client("SET", "string", 1)
    assert client.error("SMOVE", "b", "string", "x") == WRONG_TYPE
    assert client("SCARD", "b") == 2


@pytest.fixture
def three_sets(client):
    client("SADD", "a", *"wxyz")
    client("SADD", "b", *"xyz")
    client("SADD", "c", *"yz1")
    return client


@points(1)
def test_intersection_union_and_difference(three_sets):
    assert set(three_sets("SINTER", "a", "b", "c")) == {b"y", b"z"}
    assert set(three_sets("SUNION", "a", "c")) == {b"w", b"x", b"y", b"z", b"1"}
    assert set(three_sets("SDIFF", "a", "b")) == {b"w"}
    assert set(three_sets("SDIFF", "a", "missing", "c")) == {b"w", b"x"}


@points(1)
def test_missing_sets_are_empty_sets(three_sets):
    assert three_sets("SINTER", "a", "missing") == []
    assert set(three_sets("SUNION", "missing", "b")) == {b"x", b"y", b"z"}
    assert three_sets("SDIFF", "missing", "a") == []


@points(1)
def test_results_can_be_stored_over_anything(three_sets):
    three_sets("SET", "to", "string", "EX", 100)
    assert three_sets("SINTERSTORE", "to", "a", "b") == 3
    assert (three_sets("TYPE", "to"), three_sets("TTL", "to")) == ("set", -1)
    assert three_sets("SUNIONSTORE", "to", "to", "c") == 4
    assert three_sets("SDIFFSTORE", "a", "a", "b") == 1
    assert three_sets("SMEMBERS", "a") == [b"w"]


@points(1)
def test_storing_an_empty_result_deletes_the_destination(three_sets):
    three_sets("SET", "to", 1)
    assert three_sets("SINTERSTORE", "to", "a", "missing") == 0
    assert three_sets("EXISTS", "to") == 0


@points(1)
def test_sintercard_counts_up_to_a_limit(three_sets):
    assert three_sets("SINTERCARD", 2, "a", "b") == 3
    assert three_sets("SINTERCARD", 2, "a", "b", "LIMIT", 2) == 2
    assert three_sets("SINTERCARD", 2, "a", "b", "LIMIT", 0) == 3
    assert three_sets("SINTERCARD", 2, "a", "missing") == 0


@points(1)
def test_sintercard_refuses_bad_numbers(three_sets):
    assert three_sets.error("SINTERCARD", 0, "a") == "ERR numkeys should be greater than 0"
    assert three_sets.error("SINTERCARD", 5, "a") == "ERR Number of keys can't be greater than number of args"
    assert three_sets.error("SINTERCARD", 1, "a", "LIMIT", -1) == "ERR LIMIT can't be negative"


@points(1)
def test_the_algebra_of_large_sets_agrees_with_mathematics(client):
    left, right = set(range(0, 3000, 2)), set(range(0, 3000, 3))
    client("SADD", "l", *left)
    client("SADD", "r", *(f"{n}" for n in right))
    assert {int(n) for n in client("SINTER", "l", "r")} == left & right
    assert {int(n) for n in client("SUNION", "l", "r")} == left | right
    assert {int(n) for n in client("SDIFF", "l", "r")} == left - right


@points(1)
def test_set_commands_refuse_other_types(three_sets):
    three_sets("SET", "s", "v")
    for command in [
        ("SADD", "s", 1),
        ("SREM", "s", 1),
        ("SCARD", "s"),
        ("SISMEMBER", "s", 1),
        ("SMISMEMBER", "s", 1),
        ("SMEMBERS", "s"),
        ("SPOP", "s"),
        ("SRANDMEMBER", "s"),
        ("SINTER", "a", "s"),
        ("SUNION", "a", "s"),
        ("SDIFF", "a", "s"),
        ("SINTERCARD", 2, "a", "s"),
        ("SUNIONSTORE", "to", "a", "s"),
        ("SSCAN", "s", 0),
    ]:
        assert three_sets.error(*command) == WRONG_TYPE
