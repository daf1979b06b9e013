"""Keyspace notifications: what happens to keys, published on channels of the server's own."""

import pytest

from tests.waiting import eventually

points = pytest.mark.points


@pytest.fixture
def events(connect, configure, client):
    """events(*commands) runs them and returns the (channel, message) pairs that they caused."""
    configure("notify-keyspace-events", "KEA")
    listener = connect()
    listener("PSUBSCRIBE", "__key*__:*")

    def events(*commands):
        for command in commands:
            client(*command)
        client("PUBLISH", "__keyend__:", "")
        pairs = []
        while (message := listener.reply())[2] != b"__keyend__:":
            pairs.append((message[2].decode(), message[3].decode()))
        return pairs

    return events


def names(pairs):
    """The events alone, as event:key."""
    return [f"{channel.split(':')[1]} {key}" for channel, key in pairs if channel.startswith("__keyevent")]


@points(1)
def test_an_event_is_told_by_key_and_by_event(events):
    assert events(("SET", "k", 1)) == [("__keyspace@0__:k", "set"), ("__keyevent@0__:set", "k")]


@points(1)
def test_channels_name_the_database(events, client):
    assert events(("SELECT", 3), ("SET", "k", 1))[0] == ("__keyspace@3__:k", "set")


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([("SET", "k", 1, "EX", 100)], ["set k", "expire k"]),
        ([("MSET", "a", 1, "b", 2)], ["set a", "set b"]),
        ([("INCR", "n"), ("INCRBYFLOAT", "n", 1)], ["incrby n", "incrbyfloat n"]),
        ([("APPEND", "k", "x"), ("SETRANGE", "k", 1, "y")], ["append k", "setrange k"]),
        ([("SET", "k", 1), ("GETDEL", "k")], ["set k", "del k"]),
        ([("SET", "k", 1), ("DEL", "k", "missing")], ["set k", "del k"]),
        ([("SET", "k", 1), ("EXPIRE", "k", 100), ("PERSIST", "k")], ["set k", "expire k", "persist k"]),
        ([("SET", "k", 1), ("EXPIRE", "k", -1)], ["set k", "del k"]),
        ([("SET", "a", 1), ("RENAME", "a", "b")], ["set a", "rename_from a", "rename_to b"]),
        ([("SET", "a", 1), ("COPY", "a", "b")], ["set a", "copy_to b"]),
        ([("SET", "a", 1), ("MOVE", "a", 1)], ["set a", "move_from a", "move_to a"]),
        ([("RPUSH", "l", 1, 2), ("LPOP", "l"), ("RPOP", "l")], ["rpush l", "lpop l", "rpop l", "del l"]),
        ([("LPUSH", "l", 1), ("LSET", "l", 0, 2), ("LTRIM", "l", 5, 9)], ["lpush l", "lset l", "ltrim l", "del l"]),
        ([("RPUSH", "l", 1), ("LMOVE", "l", "m", "LEFT", "RIGHT")], ["rpush l", "rpush m", "lpop l", "del l"]),
        ([("RPUSH", "l", 1), ("LINSERT", "l", "BEFORE", 1, 0)], ["rpush l", "linsert l"]),
        ([("RPUSH", "l", 2, 1), ("SORT", "l", "STORE", "m")], ["rpush l", "sortstore m"]),
        ([("SADD", "s", 1), ("SADD", "s", 1), ("SREM", "s", 1)], ["sadd s", "srem s", "del s"]),
        ([("SADD", "s", 1), ("SMOVE", "s", "t", 1)], ["sadd s", "srem s", "del s", "sadd t"]),
        ([("SADD", "s", 1), ("SUNIONSTORE", "t", "s"), ("SPOP", "t")], ["sadd s", "sunionstore t", "spop t", "del t"]),
        (
            [("HSET", "h", "f", 1), ("HINCRBY", "h", "f", 1), ("HDEL", "h", "f")],
            ["hset h", "hincrby h", "hdel h", "del h"],
        ),
        (
            [("ZADD", "z", 1, "a"), ("ZINCRBY", "z", 1, "a"), ("ZREM", "z", "a")],
            ["zadd z", "zincr z", "zrem z", "del z"],
        ),
        ([("ZADD", "z", 1, "a"), ("ZPOPMIN", "z")], ["zadd z", "zpopmin z", "del z"]),
        ([("ZADD", "z", 1, "a"), ("ZUNIONSTORE", "y", 1, "z")], ["zadd z", "zunionstore y"]),
        ([("ZADD", "z", 1, "a"), ("ZRANGESTORE", "y", "z", 0, -1)], ["zadd z", "zrangestore y"]),
    ],
    ids=lambda value: value[-1][0] if isinstance(value[0], tuple) else "",
)
@points(1)
def test_each_change_has_its_event(events, commands, expected):
    assert names(events(*commands)) == expected


@points(1)
def test_what_changes_nothing_tells_nothing(events):
    assert events(("DEL", "missing"), ("GET", "missing"), ("SREM", "s", 1), ("EXPIRE", "missing", 1)) == []


@points(1)
def test_an_expired_key_is_told_when_it_is_removed(connect, configure, client):
    configure("notify-keyspace-events", "Ex")
    listener = connect()
    listener("SUBSCRIBE", "__keyevent@0__:expired")
    client("SET", "k", 1, "PX", 1)
    assert listener.reply() == [b"message", b"__keyevent@0__:expired", b"k"]


@points(1)
def test_a_key_that_expires_under_a_write_is_told_before_what_the_write_did(fresh_server):
    server = fresh_server("--enable-debug-command", "yes", "--notify-keyspace-events", "EAn")
    client, listener = server.connect(), server.connect()
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    listener("PSUBSCRIBE", "__keyevent*")
    client("SET", "k", 1, "PX", 1)
    eventually(lambda: client("KEYS", "*") == [])  # it has expired; only SET will remove it
    client("SET", "k", 2)
    told = [listener.reply()[2].decode().partition(":")[2] for _ in range(6)]
    assert told == ["new", "set", "expire", "expired", "new", "set"]


@points(1)
def test_an_evicted_key_is_told(connect, configure, client):
    configure("notify-keyspace-events", "Ee")
    listener = connect()
    listener("SUBSCRIBE", "__keyevent@0__:evicted")
    client("SET", "k", "v")
    configure("maxmemory-policy", "allkeys-random")
    configure("maxmemory", 1)
    assert client.error("SET", "x", 1) == "OOM command not allowed when used memory > 'maxmemory'."
    assert listener.reply() == [b"message", b"__keyevent@0__:evicted", b"k"]


@points(1)
def test_new_keys_and_misses_must_be_asked_for_by_name(connect, configure, client):
    configure("notify-keyspace-events", "Enm")
    listener = connect()
    listener("PSUBSCRIBE", "__keyevent@0__:*")
    client("GET", "k")
    client("SET", "k", 1)
    client("SET", "k", 2)
    client("GET", "k")
    client("SADD", "s", 1)
    told = [listener.reply()[2:] for _ in range(3)]
    assert told == [
        [b"__keyevent@0__:keymiss", b"k"],
        [b"__keyevent@0__:new", b"k"],
        [b"__keyevent@0__:new", b"s"],
    ]


@points(1)
def test_classes_choose_what_is_told(connect, configure, client):
    configure("notify-keyspace-events", "El")  # lists, by event
    listener = connect()
    listener("PSUBSCRIBE", "__key*")
    client("SET", "s", 1)
    client("RPUSH", "l", 1)
    client("DEL", "l")
    client("RPUSH", "m", 1)
    assert listener.reply()[2:] == [b"__keyevent@0__:rpush", b"l"]
    assert listener.reply()[2:] == [b"__keyevent@0__:rpush", b"m"]


@points(1)
def test_the_setting_is_answered_in_its_canonical_spelling(client, configure):
    assert client("CONFIG", "GET", "notify-keyspace-events")[1] == b""
    for given, canonical in [
        ("KEA", b"AKE"),
        ("Kg$", b"g$K"),
        ("xE", b"xE"),
        ("Kg$lshzxetd", b"AK"),
        ("KAm", b"AKm"),
    ]:
        configure("notify-keyspace-events", given)
        assert client("CONFIG", "GET", "notify-keyspace-events")[1] == canonical
    assert client.error("CONFIG", "SET", "notify-keyspace-events", "?") == (
        "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class "
        "character. Use 'Ag$lshzxeKEtmdn'."
    )
