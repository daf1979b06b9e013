"""Keys that are to disappear: when, seen by whom, and whether anybody looks or not."""

import pytest

from tests.waiting import eventually

points = pytest.mark.points

LARGEST = 2**63 - 1


def now_ms(client):
    seconds, microseconds = client("TIME")
    return int(seconds) * 1000 + int(microseconds) // 1000


def statistic(client, name):
    return int(client("INFO", "stats").split(name.encode() + b":")[1].split(b"\r")[0])


@points(1)
def test_ttl_is_minus_one_without_and_minus_two_for_nothing(client):
    client("SET", "k", 1)
    for command in ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"):
        assert client(command, "k") == -1
        assert client(command, "missing") == -2


@points(1)
def test_a_time_to_live_is_told_in_seconds_milliseconds_and_as_a_moment(client):
    client("SET", "k", 1)
    before = now_ms(client)
    assert client("EXPIRE", "k", 100) == 1
    after = now_ms(client)
    assert client("TTL", "k") == 100
    assert 99_000 < client("PTTL", "k") <= 100_000
    assert before + 100_000 <= client("PEXPIRETIME", "k") <= after + 100_000
    assert client("EXPIRETIME", "k") == (client("PEXPIRETIME", "k") + 500) // 1000


@points(1)
def test_the_four_ways_to_say_when(client):
    moment = now_ms(client) // 1000 + 100
    for command, value in [("EXPIRE", 100), ("PEXPIRE", 100_000), ("EXPIREAT", moment), ("PEXPIREAT", moment * 1000)]:
        client("SET", "k", 1)
        assert client(command, "k", value) == 1
        assert 98_000 <= client("PTTL", "k") <= 100_000
        assert client(command, "missing", value) == 0


@points(1)
def test_a_key_is_gone_when_its_time_has_come(client):
    client("SET", "k", 1, "PX", 20)
    eventually(lambda: client("GET", "k") is None)
    assert client("EXISTS", "k") == 0
    assert client("TTL", "k") == -2


@points(1)
def test_a_key_does_not_go_early(client):
    deadline = now_ms(client) + 50
    client("SET", "k", 1, "PXAT", deadline)
    eventually(lambda: client("EXISTS", "k") == 0)
    assert now_ms(client) >= deadline


@points(1)
def test_a_moment_in_the_past_deletes_at_once(client):
    for command, value in [("EXPIRE", -1), ("PEXPIRE", 0), ("EXPIREAT", 1), ("PEXPIREAT", 1)]:
        client("SET", "k", 1)
        assert client(command, "k", value) == 1
        assert client("EXISTS", "k") == 0


@points(1)
def test_persist_takes_the_time_to_live_away(client):
    client("SET", "k", 1, "EX", 100)
    assert client("PERSIST", "k") == 1
    assert client("TTL", "k") == -1
    assert client("PERSIST", "k") == 0
    assert client("PERSIST", "missing") == 0


@points(1)
def test_conditions_compare_with_the_time_to_live_that_is_there(client):
    client("SET", "k", 1)
    assert client("EXPIRE", "k", 100, "XX") == 0
    assert client("EXPIRE", "k", 100, "GT") == 0  # no time to live is an infinite one
    assert client("EXPIRE", "k", 100, "LT") == 1
    assert client("EXPIRE", "k", 200, "NX") == 0
    assert client("EXPIRE", "k", 50, "GT") == 0
    assert client("EXPIRE", "k", 200, "LT") == 0
    assert client("EXPIRE", "k", 200, "GT") == 1
    assert client("EXPIRE", "k", 300, "XX") == 1
    assert client("TTL", "k") == 300


@points(1)
def test_contradicting_conditions_are_refused(client):
    client("SET", "k", 1)
    assert (
        client.error("EXPIRE", "k", 1, "NX", "GT")
        == "ERR NX and XX, GT or LT options at the same time are not compatible"
    )
    assert client.error("EXPIRE", "k", 1, "GT", "LT") == "ERR GT and LT options at the same time are not compatible"
    assert client.error("EXPIRE", "k", 1, "NONSENSE") == "ERR Unsupported option NONSENSE"


@points(1)
def test_times_out_of_range_are_refused(client):
    client("SET", "k", 1)
    assert client.error("EXPIRE", "k", LARGEST) == "ERR invalid expire time in 'expire' command"
    assert client.error("PEXPIRE", "k", LARGEST) == "ERR invalid expire time in 'pexpire' command"
    assert client.error("EXPIREAT", "k", LARGEST) == "ERR invalid expire time in 'expireat' command"
    assert client.error("EXPIRE", "k", "1.5") == "ERR value is not an integer or out of range"
    assert client("TTL", "k") == -1


@points(1)
def test_writing_inside_a_value_keeps_its_time_to_live(client):
    client("RPUSH", "l", 1)
    client("HSET", "h", "f", 1)
    for key, command in [("l", ("RPUSH", "l", 2)), ("h", ("HINCRBY", "h", "f", 1))]:
        client("EXPIRE", key, 100)
        client(*command)
        assert client("TTL", key) >= 99


@points(1)
def test_a_key_made_anew_has_no_time_to_live(client):
    client("SET", "k", 1, "EX", 100)
    client("DEL", "k")
    client("SET", "k", 1)
    assert client("TTL", "k") == -1


@points(2)
def test_expired_keys_go_though_nobody_asks_for_them(client):
    for n in range(300):
        client("SET", f"k{n}", 1, "PX", 1)
    client("SET", "stays", 1)
    eventually(lambda: client("DBSIZE") == 1)
    assert statistic(client, "expired_keys") == 300


@points(1)
def test_expired_keys_are_invisible_before_they_are_removed(fresh_server):
    client = fresh_server("--enable-debug-command", "yes").connect()
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    client("MSET", "string", 1, "stays", 1)
    client("RPUSH", "list", 1)
    client("PEXPIRE", "string", 1)
    client("PEXPIRE", "list", 1)
    eventually(lambda: client("KEYS", "*") == [b"stays"])
    assert client("RANDOMKEY") == b"stays"
    assert client("SCAN", 0, "COUNT", 100) == [b"0", [b"stays"]]
    assert client("TYPE", "list") == "none"


@points(1)
def test_a_write_to_an_expired_key_begins_from_nothing(client):
    client("SET", "n", 41, "PX", 1)
    client("RPUSH", "l", "old")
    client("PEXPIRE", "l", 1)
    eventually(lambda: client("EXISTS", "n", "l") == 0)
    assert client("INCR", "n") == 1
    assert client("RPUSH", "l", "new") == 1


@points(1)
def test_a_key_that_is_overwritten_after_its_time_has_expired_first(fresh_server):
    client = fresh_server("--enable-debug-command", "yes").connect()
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    client("SET", "k", "old", "PX", 1)
    eventually(lambda: client("KEYS", "*") == [])
    assert statistic(client, "expired_keys") == 0
    client("SET", "k", "new")
    assert statistic(client, "expired_keys") == 1
    assert client("TTL", "k") == -1


@points(1)
def test_expirations_are_counted_and_averaged(client):
    client("SET", "k", 1, "PX", 1)
    eventually(lambda: client("EXISTS", "k") == 0)
    eventually(lambda: statistic(client, "expired_keys") == 1)
    client("SET", "k", 1, "EX", 100)
    assert b"db0:keys=1,expires=1,avg_ttl=" in client("INFO", "keyspace")
