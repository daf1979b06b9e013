"""MEMORY: what keys and the server take."""

import pytest

points = pytest.mark.points


@points(1)
def test_usage_of_a_key_covers_its_value(client):
    client("SET", "small", "x")
    client("SET", "large", "x" * 100_000)
    assert 0 < client("MEMORY", "USAGE", "small") < 1000
    assert 100_000 <= client("MEMORY", "USAGE", "large") < 200_000
    assert client("MEMORY", "USAGE", "missing") is None


@pytest.mark.parametrize(
    "command",
    [
        lambda n: ("RPUSH", "k", *[f"element:{i:020}" for i in range(n)]),
        lambda n: ("SADD", "k", *[f"element:{i:020}" for i in range(n)]),
        lambda n: ("HSET", "k", *[f"element:{i:020}" for i in range(2 * n)]),
        lambda n: ("ZADD", "k", *[word for i in range(n) for word in (i, f"element:{i:020}")]),
    ],
    ids=["list", "set", "hash", "sorted set"],
)
@points(1)
def test_usage_of_a_collection_grows_with_its_elements(client, command):
    client(*command(1000))
    usage = client("MEMORY", "USAGE", "k")
    assert usage >= 1000 * 28
    client(*command(3000))
    assert 2 * usage < client("MEMORY", "USAGE", "k") < 5 * usage


@points(1)
def test_usage_samples_some_elements_or_all(client):
    client("SADD", "s", *[f"member:{n}" for n in range(1000)])
    some, everything = client("MEMORY", "USAGE", "s", "SAMPLES", 5), client("MEMORY", "USAGE", "s", "SAMPLES", 0)
    assert 0.5 < some / everything < 2
    assert client.error("MEMORY", "USAGE", "s", "SAMPLES", -1) == "ERR syntax error"
    assert client.error("MEMORY", "USAGE", "s", "NONSENSE", 1) == "ERR syntax error"


@points(1)
def test_stats_account_for_the_keys(client):
    client("MSET", *[word for n in range(100) for word in (n, "x" * 1000)])
    flat = client("MEMORY", "STATS")
    stats = dict(zip(flat[::2], flat[1::2]))
    assert stats[b"keys.count"] == 100
    assert stats[b"keys.bytes-per-key"] > 1000
    assert stats[b"peak.allocated"] >= stats[b"startup.allocated"] > 0
    assert stats[b"total.allocated"] >= stats[b"dataset.bytes"] > 100_000
    assert set(stats) >= {b"db.0", b"overhead.total", b"clients.normal", b"dataset.percentage", b"fragmentation"}


@points(1)
def test_doctor_purge_and_malloc_stats_answer(client):
    assert b"this instance is empty or is using very little memory" in client("MEMORY", "DOCTOR")
    assert client("MEMORY", "PURGE") == "OK"
    assert isinstance(client("MEMORY", "MALLOC-STATS"), bytes)
