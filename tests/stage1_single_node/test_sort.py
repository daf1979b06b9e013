"""SORT: by number or bytes, by other keys, with values fetched from elsewhere."""

import pytest

points = pytest.mark.points


@points(1)
def test_sort_orders_numbers_by_value(client):
    client("RPUSH", "l", 10, 9, "1.5", -3, "1e2")
    assert client("SORT", "l") == [b"-3", b"1.5", b"9", b"10", b"1e2"]
    assert client("SORT", "l", "DESC") == [b"1e2", b"10", b"9", b"1.5", b"-3"]


@points(1)
def test_sort_alpha_orders_bytes(client):
    client("RPUSH", "l", "b", "B", "10", "9", "a")
    assert client("SORT", "l", "ALPHA") == [b"10", b"9", b"B", b"a", b"b"]


@points(1)
def test_sort_refuses_what_is_no_number(client):
    client("RPUSH", "l", 1, "x")
    assert client.error("SORT", "l") == "ERR One or more scores can't be converted into double"


@points(1)
def test_sort_takes_sets_and_sorted_sets_and_refuses_the_rest(client):
    client("SADD", "set", 3, 1, 2)
    client("ZADD", "zset", 1, 30, 2, 20)
    client("SET", "string", 1)
    assert client("SORT", "set") == [b"1", b"2", b"3"]
    assert client("SORT", "zset") == [b"20", b"30"]
    assert client("SORT", "missing") == []
    assert client.error("SORT", "string") == "WRONGTYPE Operation against a key holding the wrong kind of value"


@points(1)
def test_sort_limit_skips_and_counts(client):
    client("RPUSH", "l", *range(9, -1, -1))
    assert client("SORT", "l", "LIMIT", 2, 3) == [b"2", b"3", b"4"]
    assert client("SORT", "l", "LIMIT", 8, 100) == [b"8", b"9"]
    assert client("SORT", "l", "LIMIT", 0, 0) == []
    assert client("SORT", "l", "LIMIT", -5, 2) == [b"0", b"1"]
    assert client("SORT", "l", "LIMIT", 7, -1) == [b"7", b"8", b"9"]


@points(1)
def test_sort_by_other_keys_and_by_fields_of_hashes(client):
    client("RPUSH", "l", 1, 2, 3)
    client("MSET", "w1", 30, "w2", 20)  # what is missing weighs 0
    client("HSET", "h1", "w", 5)
    client("HSET", "h2", "w", 9)
    client("HSET", "h3", "w", 7)
    assert client("SORT", "l", "BY", "w*") == [b"3", b"2", b"1"]
    assert client("SORT", "l", "BY", "h*->w") == [b"1", b"3", b"2"]


@points(1)
def test_sort_by_a_pattern_without_star_does_not_sort(client):
    client("RPUSH", "l", 3, 1, 2)
    assert client("SORT", "l", "BY", "nosort") == [b"3", b"1", b"2"]
    client("ZADD", "z", 1, "b", 2, "a")
    assert client("SORT", "z", "BY", "nosort", "DESC") == [b"a", b"b"]


@points(1)
def test_sort_get_fetches_values_from_elsewhere(client):
    client("RPUSH", "l", 2, 1)
    client("SET", "name1", "one")
    client("HSET", "h2", "f", "two")
    assert client("SORT", "l", "GET", "#", "GET", "name*", "GET", "h*->f") == [b"1", b"one", None, b"2", None, b"two"]


@points(1)
def test_sort_store_keeps_the_result_as_a_list(client):
    client("SADD", "s", 3, 1, 2)
    assert client("SORT", "s", "STORE", "to") == 3
    assert client("LRANGE", "to", 0, -1) == [b"1", b"2", b"3"]
    assert client("SORT", "missing", "STORE", "to") == 0
    assert client("EXISTS", "to") == 0


@points(1)
def test_sort_ro_does_not_store(client):
    client("RPUSH", "l", 2, 1)
    assert client("SORT_RO", "l") == [b"1", b"2"]
    assert client.error("SORT_RO", "l", "STORE", "to") == "ERR syntax error"


@points(1)
def test_equal_weights_fall_back_to_the_bytes(client):
    client("RPUSH", "l", "c", "a", "b")
    client("MSET", "wa", 1, "wb", 1, "wc", 1)
    assert client("SORT", "l", "BY", "w*") == [b"a", b"b", b"c"]
