"""Hashes: fields of a key."""

import pytest

points = pytest.mark.points

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


@points(1)
def test_hset_answers_how_many_fields_are_new(redis):
    assert redis.hset("h", mapping={"a": 1, "b": 2}) == 2
    assert redis.hset("h", mapping={"b": 3, "c": 4}) == 1
    assert redis.hgetall("h") == {b"a": b"1", b"b": b"3", b"c": b"4"}


@points(1)
def test_hset_wants_pairs(client):
    assert client.error("HSET", "h", "a", 1, "b") == "ERR wrong number of arguments for 'hset' command"
    assert client.error("HMSET", "h", "a", 1, "b") == "ERR wrong number of arguments for 'hmset' command"
    assert client("EXISTS", "h") == 0


@points(1)
def test_hmset_answers_ok(client):
    assert client("HMSET", "h", "a", 1) == "OK"


@points(1)
def test_hget_and_hmget_answer_null_for_what_is_missing(client):
    client("HSET", "h", "a", 1)
    assert client("HGET", "h", "a") == b"1"
    assert client("HGET", "h", "b") is None
    assert client("HGET", "missing", "a") is None
    assert client("HMGET", "h", "b", "a", "a") == [None, b"1", b"1"]
    assert client("HMGET", "missing", "a", "b") == [None, None]


@points(1)
def test_hsetnx_only_creates(client):
    assert client("HSETNX", "h", "a", 1) == 1
    assert client("HSETNX", "h", "a", 2) == 0
    assert client("HGET", "h", "a") == b"1"


@points(1)
def test_hdel_counts_and_the_last_field_takes_the_key_along(client):
    client("HSET", "h", "a", 1, "b", 2)
    assert client("HDEL", "h", "a", "x", "a") == 1
    assert client("HDEL", "h", "b") == 1
    assert client("EXISTS", "h") == 0
    assert client("HDEL", "h", "b") == 0


@points(1)
def test_hlen_hexists_and_hstrlen(client):
    client("HSET", "h", "a", "hello", "b", "")
    assert client("HLEN", "h") == 2
    assert client("HLEN", "missing") == 0
    assert [client("HEXISTS", "h", field) for field in ("a", "b", "c")] == [1, 1, 0]
    assert [client("HSTRLEN", "h", field) for field in ("a", "b", "c")] == [5, 0, 0]


@points(1)
def test_keys_values_and_all_in_the_same_order(client):
    client("HSET", "h", *[word for n in range(50) for word in (f"f{n}", f"v{n}")])
    keys, values, both = client("HKEYS", "h"), client("HVALS", "h"), client("HGETALL", "h")
    assert both[::2] == keys and both[1::2] == values
    assert {key.replace(b"f", b"v") for key in keys} == set(values) and len(keys) == 50


@points(1)
def test_a_small_hash_keeps_the_order_of_insertion(client):
    client("HSET", "h", "c", 1, "a", 2, "b", 3)
    client("HSET", "h", "a", 4)
    assert client("HGETALL", "h") == [b"c", b"1", b"a", b"4", b"b", b"3"]


@points(1)
def test_what_is_missing_is_empty(client):
    assert client("HGETALL", "missing") == client("HKEYS", "missing") == client("HVALS", "missing") == []


@points(1)
def test_hincrby_counts_in_64_bits(client):
    assert client("HINCRBY", "h", "n", 5) == 5
    assert client("HINCRBY", "h", "n", -7) == -2
    client("HSET", "h", "n", 2**63 - 1, "s", "abc")
    assert client.error("HINCRBY", "h", "n", 1) == "ERR increment or decrement would overflow"
    assert client.error("HINCRBY", "h", "s", 1) == "ERR hash value is not an integer"
    assert client.error("HINCRBY", "h", "n", "x") == "ERR value is not an integer or out of range"


@points(1)
def test_hincrbyfloat_writes_plain_decimals(client):
    assert client("HINCRBYFLOAT", "h", "n", "10.5") == b"10.5"
    assert client("HINCRBYFLOAT", "h", "n", "0.1") == b"10.6"
    assert client("HINCRBYFLOAT", "h", "n", "-10.6") == b"0"
    client("HSET", "h", "s", "abc")
    assert client.error("HINCRBYFLOAT", "h", "s", 1) == "ERR hash value is not a float"
    assert client.error("HINCRBYFLOAT", "h", "n", "abc") == "ERR value is not a valid float"
    assert client.error("HINCRBYFLOAT", "h", "n", "inf") == "ERR value is NaN or Infinity"


@points(1)
def test_hrandfield_without_a_count_is_one_field(client):
    client("HSET", "h", "a", 1, "b", 2)
    assert {client("HRANDFIELD", "h") for _ in range(60)} == {b"a", b"b"}
    assert client("HRANDFIELD", "missing") is None


@points(1)
def test_hrandfield_with_a_positive_count_never_repeats(client):
    client("HSET", "h", "a", 1, "b", 2, "c", 3)
    fields = client("HRANDFIELD", "h", 2)
    assert len(set(fields)) == 2 and set(fields) < {b"a", b"b", b"c"}
    assert sorted(client("HRANDFIELD", "h", 10)) == [b"a", b"b", b"c"]
    assert client("HRANDFIELD", "h", 0) == []
    assert client("HRANDFIELD", "missing", 5) == []


@points(1)
def test_hrandfield_with_a_negative_count_repeats_to_that_length(client):
    client("HSET", "h", "a", 1, "b", 2)
    assert len(client("HRANDFIELD", "h", -20)) == 20
    pairs = client("HRANDFIELD", "h", -20, "WITHVALUES")
    assert len(pairs) == 40 and set(zip(pairs[::2], pairs[1::2])) == {(b"a", b"1"), (b"b", b"2")}


@points(1)
def test_hrandfield_refuses_bad_options(client):
    assert client.error("HRANDFIELD", "h", "x") == "ERR value is not an integer or out of range"
    assert client.error("HRANDFIELD", "h", 1, "NONSENSE") == "ERR syntax error"
    client("HSET", "h", "a", 1)
    assert client.error("HRANDFIELD", "h", -(2**62) - 1, "WITHVALUES") == "ERR value is out of range"


@points(1)
def test_hash_commands_refuse_other_types(client):
    client("SET", "s", "v")
    for command in [
        ("HSET", "s", "f", "v"),
        ("HSETNX", "s", "f", "v"),
        ("HGET", "s", "f"),
        ("HMGET", "s", "f"),
        ("HDEL", "s", "f"),
        ("HLEN", "s"),
        ("HEXISTS", "s", "f"),
        ("HSTRLEN", "s", "f"),
        ("HGETALL", "s"),
        ("HKEYS", "s"),
        ("HINCRBY", "s", "f", 1),
        ("HINCRBYFLOAT", "s", "f", 1),
        ("HRANDFIELD", "s"),
        ("HSCAN", "s", 0),
    ]:
        assert client.error(*command) == WRONG_TYPE
