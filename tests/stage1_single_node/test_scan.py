"""SCAN, SSCAN, HSCAN, ZSCAN: what is there from beginning to end of an iteration is returned at least once."""

import pytest

points = pytest.mark.points


def iterate(client, *command, cursor_at=1, **callbacks):
    """Runs an iteration to its end; all items that were returned, and how many calls it took."""
    items, cursor, calls = [], b"0", 0
    while True:
        cursor, some = client(*command[:cursor_at], cursor, *command[cursor_at:])
        items += some
        calls += 1
        if cursor == b"0":
            return items, calls
        if "between" in callbacks:
            callbacks["between"]()


@points(1)
def test_scan_of_nothing_ends_at_once(client):
    assert client("SCAN", 0) == [b"0", []]
    assert client("SSCAN", "missing", 0) == [b"0", []]


@points(1)
def test_scan_returns_every_key_once_while_nothing_changes(client):
    keys = {f"key:{n}".encode() for n in range(1000)}
    client("MSET", *[word for key in keys for word in (key, 1)])
    found, calls = iterate(client, "SCAN")
    assert sorted(found) == sorted(keys)
    assert calls > 10


@points(1)
def test_count_says_how_much_work_a_call_may_do(client):
    client("MSET", *[word for n in range(1000) for word in (n, 1)])
    assert iterate(client, "SCAN", "COUNT", 10000)[1] == 1
    assert iterate(client, "SCAN", "COUNT", 5)[1] > 100


@points(3)
def test_keys_that_stay_are_returned_while_others_come_and_go(client, connect):
    staying = {f"stays:{n}".encode() for n in range(500)}
    client("MSET", *[word for key in staying for word in (key, 1)])
    writer, counter = connect(), iter(range(1_000_000))

    def churn():
        n = next(counter)
        writer("MSET", *[word for i in range(60) for word in (f"new:{n}:{i}", 1)])  # the table grows meanwhile
        if n % 5 == 4:
            writer("DEL", *[f"new:{old}:{i}" for old in range(n) for i in range(60)])  # and shrinks

    found, _ = iterate(client, "SCAN", "COUNT", 50, between=churn)
    assert staying <= set(found)


@points(2)
def test_deleting_what_was_returned_empties_the_database_in_one_iteration(client):
    client("MSET", *[word for n in range(700) for word in (n, 1)])
    cursor = b"0"
    while True:
        cursor, keys = client("SCAN", cursor)
        if keys:
            client("DEL", *keys)
        if cursor == b"0":
            break
    assert client("DBSIZE") == 0


@points(1)
def test_match_filters_after_the_choice_so_a_call_may_return_nothing(client):
    client("MSET", *[word for n in range(1000) for word in (f"key:{n}", 1)])
    found, calls = iterate(client, "SCAN", "MATCH", "key:99?")
    assert sorted(found) == [f"key:{n}".encode() for n in range(990, 1000)]
    assert calls > 10


@points(1)
def test_type_filters_keys(client):
    client("SET", "s", 1)
    client("RPUSH", "l", 1)
    client("ZADD", "z", 1, "m")
    assert client("SCAN", 0, "TYPE", "list")[1] == [b"l"]
    assert client("SCAN", 0, "TYPE", "ZSET")[1] == [b"z"]
    assert client("SCAN", 0, "TYPE", "no such")[1] == []


@points(1)
def test_bad_cursors_and_options_are_refused(client):
    assert client.error("SCAN", "x") == "ERR invalid cursor"
    assert client.error("SCAN", "99999999999999999999999") == "ERR invalid cursor"
    assert client.error("SCAN", 0, "COUNT", 0) == "ERR syntax error"
    assert client.error("SCAN", 0, "COUNT", "x") == "ERR value is not an integer or out of range"
    assert client.error("SCAN", 0, "NONSENSE", 1) == "ERR syntax error"
    client("HSET", "h", 1, 1)
    assert client.error("HSCAN", "h", 0, "TYPE", "x") == "ERR syntax error"


@points(1)
def test_a_cursor_of_nobody_is_taken(client):
    client("MSET", *[word for n in range(100) for word in (n, 1)])
    cursor, keys = client("SCAN", 12345678901234567)
    assert cursor.isdigit() and set(keys) <= {str(n).encode() for n in range(100)}


@points(1)
def test_a_small_collection_is_returned_in_one_call_whatever_the_count(client):
    client("HSET", "h", "a", 1, "b", 2)
    client("SADD", "s", 1, 2, 3)
    client("ZADD", "z", 1, "a", 2, "b")
    assert client("HSCAN", "h", 0, "COUNT", 1) == [b"0", [b"a", b"1", b"b", b"2"]]
    assert client("SSCAN", "s", 0, "COUNT", 1) == [b"0", [b"1", b"2", b"3"]]
    assert client("ZSCAN", "z", 0, "COUNT", 1) == [b"0", [b"a", b"1", b"b", b"2"]]


@points(2)
def test_large_collections_are_returned_in_parts(client):
    client("HSET", "h", *[word for n in range(1000) for word in (f"f{n}", n)])
    client("SADD", "s", *[f"m{n}" for n in range(1000)])
    client("ZADD", "z", *[word for n in range(1000) for word in (n, f"m{n}")])
    fields, hash_calls = iterate(client, "HSCAN", "h", cursor_at=2)
    members, set_calls = iterate(client, "SSCAN", "s", cursor_at=2)
    scored, sorted_set_calls = iterate(client, "ZSCAN", "z", cursor_at=2)
    assert min(hash_calls, set_calls, sorted_set_calls) > 10
    assert dict(zip(fields[::2], fields[1::2])) == {f"f{n}".encode(): str(n).encode() for n in range(1000)}
    assert set(members) == {f"m{n}".encode() for n in range(1000)}
    assert dict(zip(scored[::2], scored[1::2])) == {f"m{n}".encode(): str(n).encode() for n in range(1000)}


@points(1)
def test_members_are_matched_by_name_not_by_value(client):
    client("HSET", "h", "field", "value", "value", "field")
    assert client("HSCAN", "h", 0, "MATCH", "f*") == [b"0", [b"field", b"value"]]


@points(2)
def test_members_that_stay_are_returned_while_a_hash_grows(client, connect):
    client("HSET", "h", *[word for n in range(600) for word in (f"stays{n}", 1)])
    writer, counter = connect(), iter(range(1_000_000))
    found, _ = iterate(
        client,
        "HSCAN",
        "h",
        cursor_at=2,
        between=lambda: writer("HSET", "h", *[word for n in range(20) for word in (f"new{next(counter)}", n)]),
    )
    assert {f"stays{n}".encode() for n in range(600)} <= set(found[::2])
