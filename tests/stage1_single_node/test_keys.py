"""Keys as such: existence, names, types, copies, and looking for them."""

import pytest

points = pytest.mark.points

SYNTAX_ERROR = "ERR syntax error"


@points(1)
def test_del_unlink_exists_and_touch_count_keys(client):
    client("MSET", "a", 1, "b", 2, "c", 3)
    assert client("EXISTS", "a", "b", "a", "x") == 3
    assert client("TOUCH", "a", "x", "c") == 2
    assert client("DEL", "a", "x", "a") == 1
    assert client("UNLINK", "b", "c", "x") == 2
    assert client("DBSIZE") == 0


@points(1)
def test_type_names_the_five_types_and_none(client):
    client("SET", "string", 1)
    client("RPUSH", "list", 1)
    client("SADD", "set", 1)
    client("ZADD", "zset", 1, 1)
    client("HSET", "hash", 1, 1)
    for name in ("string", "list", "set", "zset", "hash"):
        assert client("TYPE", name) == name
    assert client("TYPE", "missing") == "none"


@points(1)
def test_rename_takes_value_and_time_to_live_along(client):
    client("SET", "a", 1, "EX", 100)
    client("RPUSH", "b", "overwritten")
    assert client("RENAME", "a", "b") == "OK"
    assert client("GET", "b") == b"1"
    assert client("TTL", "b") >= 99
    assert client("EXISTS", "a") == 0
    assert client.error("RENAME", "a", "b") == "ERR no such key"
    assert client("RENAME", "b", "b") == "OK"


@points(1)
def test_renamenx_does_not_overwrite(client):
    client("MSET", "a", 1, "b", 2)
    assert client("RENAMENX", "a", "b") == 0
    assert client("RENAMENX", "a", "c") == 1
    assert client("RENAMENX", "b", "b") == 0
    assert client.error("RENAMENX", "x", "y") == "ERR no such key"


@points(1)
def test_rename_replaces_the_time_to_live_of_the_destination(client):
    client("SET", "a", 1)
    client("SET", "b", 2, "EX", 100)
    client("RENAME", "a", "b")
    assert client("TTL", "b") == -1


@pytest.mark.parametrize(
    ("create", "change", "read"),
    [
        (("SET", "k", "v"), ("APPEND", "k", "w"), ("GET",)),
        (("RPUSH", "k", *range(200)), ("LPOP", "k"), ("LRANGE", 0, -1)),
        (("SADD", "k", 1, 2), ("SADD", "k", 3), ("SMEMBERS",)),
        (("ZADD", "k", 1, "a", 2, "b"), ("ZINCRBY", "k", 5, "a"), ("ZRANGE", 0, -1, "WITHSCORES")),
        (("HSET", "k", "f", "v"), ("HSET", "k", "f", "w"), ("HGETALL",)),
    ],
    ids=lambda command: command[0],
)
@points(1)
def test_a_copy_is_independent_and_keeps_the_time_to_live(client, create, change, read):
    def content(key):
        return client(read[0], key, *read[1:])

    client(*create)
    client("EXPIRE", "k", 100)
    before = content("k")
    assert client("COPY", "k", "copy") == 1
    client(*change)
    assert content("copy") == before != content("k")
    assert client("TTL", "copy") >= 99


@points(1)
def test_copy_replaces_only_when_told_so(client):
    client("MSET", "a", 1, "b", 2)
    assert client("COPY", "a", "b") == 0
    assert client("COPY", "a", "b", "REPLACE") == 1
    assert client("GET", "b") == b"1"
    assert client("COPY", "missing", "c") == 0
    assert client.error("COPY", "a", "a") == "ERR source and destination objects are the same"
    assert client.error("COPY", "a", "b", "NONSENSE") == SYNTAX_ERROR


@points(1)
def test_randomkey_is_some_key_or_null(client):
    assert client("RANDOMKEY") is None
    client("MSET", "a", 1, "b", 2)
    assert {client("RANDOMKEY") for _ in range(60)} == {b"a", b"b"}


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("*", {"hello", "hallo", "hxllo", "hllo", "heeeello", "h[llo"}),
        ("h?llo", {"hello", "hallo", "hxllo", "h[llo"}),
        ("h*llo", {"hello", "hallo", "hxllo", "hllo", "heeeello", "h[llo"}),
        ("h[ae]llo", {"hello", "hallo"}),
        ("h[^e]llo", {"hallo", "hxllo", "h[llo"}),
        ("h[a-e]llo", {"hello", "hallo"}),
        ("h\\[llo", {"h[llo"}),
        ("h[\\[]llo", {"h[llo"}),
        ("hello", {"hello"}),
        ("HELLO", set()),
        ("", set()),
    ],
)
@points(1)
def test_keys_matches_globs(client, pattern, matching):
    client("MSET", *[word for key in ("hello", "hallo", "hxllo", "hllo", "heeeello", "h[llo") for word in (key, 1)])
    assert {key.decode() for key in client("KEYS", pattern)} == matching


@points(1)
def test_a_glob_of_many_stars_does_not_take_forever(client):
    client("SET", "a" * 60 + "b", 1)
    assert client("KEYS", "a*" * 20 + "c") == []


@points(1)
def test_flushdb_empties_one_database_and_flushall_all(client):
    client("SET", "a", 1)
    client("SELECT", 1)
    client("SET", "b", 1)
    assert client("FLUSHDB") == "OK"
    assert client("DBSIZE") == 0
    client("SELECT", 0)
    assert client("DBSIZE") == 1
    assert client("FLUSHALL", "ASYNC") == "OK"
    assert client("DBSIZE") == 0
    assert client("FLUSHALL", "SYNC") == "OK"
    assert client.error("FLUSHALL", "NONSENSE") == SYNTAX_ERROR


@points(1)
def test_wait_on_a_server_without_replicas_answers_zero(client):
    client("SET", "k", 1)
    assert client("WAIT", 0, 0) == 0
    assert client("WAIT", 1, 1) == 0
    assert client.error("WAIT", 1, -1) == "ERR timeout is negative"


@points(1)
def test_echo_ping_and_time(client):
    assert client("ECHO", "hello") == b"hello"
    assert client("PING") == "PONG"
    assert client("PING", "hello") == b"hello"
    seconds, microseconds = client("TIME")
    assert int(seconds) > 1_600_000_000 and 0 <= int(microseconds) < 1_000_000


@points(1)
def test_lolwut_draws_and_signs(client):
    assert client("LOLWUT").endswith(b"Redis ver. " + client("HELLO")[3] + b"\n")
    assert client("LOLWUT", "VERSION", 5, 20, 1, 1).count(b"\n") > 5


@points(1)
def test_role_of_a_lone_server(client):
    assert client("ROLE") == [b"master", 0, []]


@points(1)
def test_reset_forgets_what_the_connection_was(client):
    client("SELECT", 5)
    client("CLIENT", "SETNAME", "me")
    client("HELLO", 3)
    client("MULTI")
    assert client("RESET") == "RESET"
    assert client("CLIENT", "GETNAME") is None
    assert client("HELLO")[5] == 2
    assert b" db=0 " in client("CLIENT", "INFO")
    assert client.error("EXEC") == "ERR EXEC without MULTI"
