"""DUMP and RESTORE: one value as bytes, in the form that it has in a snapshot, with a version and a checksum."""

import pytest

from tests.stage2_persistence.asking import now_ms, value
from tests.stage2_persistence.payload import VERSION, sealed
from tests.stage2_persistence.samples import SAMPLES, make_samples

points = pytest.mark.points

BAD_PAYLOAD = "ERR DUMP payload version or checksum are wrong"
BUSY = "BUSYKEY Target key name already exists."


@pytest.fixture
def dump(client):
    """The payload of a small string."""
    client("SET", "k", "value")
    return client("DUMP", "k")


@pytest.mark.parametrize("key", SAMPLES)
@points(1)
def test_a_value_is_restored_as_it_was(client, key):
    kept_as, (name, *words) = SAMPLES[key]
    client(name, key, *words)
    before = value(client, key)
    assert client("RESTORE", "copy", 0, client("DUMP", key)) == "OK"
    assert value(client, "copy") == before
    assert client("OBJECT", "ENCODING", "copy").decode() == kept_as
    assert client("DEBUG", "DIGEST-VALUE", key, "copy")[0] == client("DEBUG", "DIGEST-VALUE", "copy")[0]


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (("SET", "k", "value"), b"\x00\x05value"),
        (("SET", "k", 12), b"\x00\xc0\x0c"),
        (("SET", "k", 1000), b"\x00\xc1\xe8\x03"),
        (("SET", "k", "a" * 100), b"\x00\xc3\x09\x40\x64\x01aa\xe0\x57\x00\x01aa"),
        (("SADD", "k", 1, 2), b"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02\x00"),
        (("SADD", "k", "a"), b"\x02\x01\x01a"),
        (("RPUSH", "k", "a"), b"\x12\x01\x02\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff"),
        (("HSET", "k", "f", 1), b"\x10\x0c\x0c\x00\x00\x00\x02\x00\x81f\x02\x01\x01\xff"),
        (("ZADD", "k", 1, "a"), b"\x11\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x01\x01\xff"),
    ],
    ids=str,
)
@points(1)
def test_a_dump_has_the_bytes_of_redis_7(client, command, body):
    client(*command)
    assert client("DUMP", "k") == sealed(body)


@points(1)
def test_nothing_has_no_dump(client):
    assert client("DUMP", "missing") is None


@points(1)
def test_a_dump_is_without_the_deadline_and_restore_gives_a_new_one(client, dump):
    client("PEXPIRE", "k", 100_000)
    assert client("DUMP", "k") == dump
    client("RESTORE", "forever", 0, dump)
    client("RESTORE", "short", 50_000, dump)
    assert client("PTTL", "forever") == -1
    assert 45_000 < client("PTTL", "short") <= 50_000


@points(1)
def test_absttl_gives_the_moment(client, dump):
    client("RESTORE", "copy", 4_102_444_800_123, dump, "ABSTTL")
    assert client("PEXPIRETIME", "copy") == 4_102_444_800_123


@points(1)
def test_a_moment_in_the_past_restores_nothing(client, dump):
    assert client("RESTORE", "copy", 1, dump, "ABSTTL") == "OK"
    assert client("EXISTS", "copy") == 0
    client("SET", "old", 1)
    assert client("RESTORE", "old", now_ms(client) - 10, dump, "ABSTTL", "REPLACE") == "OK"
    assert client("EXISTS", "old") == 0


@points(1)
def test_a_name_that_is_taken_is_refused_without_replace(client, dump):
    client("RPUSH", "taken", 1)
    assert client.error("RESTORE", "taken", 0, dump) == BUSY
    assert client("TYPE", "taken") == "list"
    assert client("RESTORE", "taken", 0, dump, "REPLACE") == "OK"
    assert client("GET", "taken") == b"value"


@points(1)
def test_replace_takes_the_old_deadline_away(client, dump):
    client("SET", "taken", 1, "EX", 100)
    client("RESTORE", "taken", 0, dump, "REPLACE")
    assert client("TTL", "taken") == -1


@points(1)
def test_idletime_is_taken(client, configure, dump):
    configure("maxmemory-policy", "allkeys-lru")
    assert client("RESTORE", "copy", 0, dump, "IDLETIME", 1000) == "OK"
    assert 1000 <= client("OBJECT", "IDLETIME", "copy") <= 1010


@points(1)
def test_freq_is_taken(client, configure, dump):
    configure("maxmemory-policy", "allkeys-lfu")
    assert client("RESTORE", "copy", 0, dump, "FREQ", 100) == "OK"
    assert client("OBJECT", "FREQ", "copy") in (99, 100)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("IDLETIME", -1), "ERR Invalid IDLETIME value, must be >= 0"),
        (("FREQ", -1), "ERR Invalid FREQ value, must be >= 0 and <= 255"),
        (("FREQ", 256), "ERR Invalid FREQ value, must be >= 0 and <= 255"),
        (("IDLETIME", "x"), "ERR value is not an integer or out of range"),
        (("IDLETIME", 1, "FREQ", 1), "ERR syntax error"),
        (("IDLETIME",), "ERR syntax error"),
        (("NX",), "ERR syntax error"),
    ],
    ids=str,
)
@points(1)
def test_options_that_make_no_sense_are_refused(client, dump, options, error):
    assert client.error("RESTORE", "copy", 0, dump, *options) == error
    assert client("EXISTS", "copy") == 0


@points(1)
def test_a_time_to_live_is_a_number_that_is_not_negative(client, dump):
    assert client.error("RESTORE", "copy", -1, dump) == "ERR Invalid TTL value, must be >= 0"
    assert client.error("RESTORE", "copy", "x", dump) == "ERR value is not an integer or out of range"


@points(2)
def test_a_payload_with_any_byte_changed_is_refused(client, dump):
    for place in range(len(dump)):
        changed = bytearray(dump)
        changed[place] ^= 0x20
        assert client.error("RESTORE", "copy", 0, bytes(changed)) == BAD_PAYLOAD
    assert client("EXISTS", "copy") == 0


@points(2)
def test_a_payload_that_was_cut_is_refused(client, dump):
    for size in range(len(dump)):
        assert client.error("RESTORE", "copy", 0, dump[:size]) == BAD_PAYLOAD


@points(1)
def test_a_payload_of_a_later_version_is_refused(client, dump):
    assert client.error("RESTORE", "copy", 0, sealed(b"\x00\x05value", VERSION + 1)) == BAD_PAYLOAD
    assert client("RESTORE", "copy", 0, sealed(b"\x00\x05value", 1)) == "OK"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\x00\x7fvalue",  # a string longer than what is there
        b"\x00\x80\xff\xff\xff\xffvalue",
        b"\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xffvalue",
        b"\x00\xc4value",  # no such encoding of a string
        b"\x00\xc3\x05\x40\x64\x01aa",  # compressed bytes that lead nowhere
        b"\x02\x81\x00\x00\xff\xff\xff\xff\xff\xff\x01a",
        b"\x02\x02\x01a\x01a",  # a set with a member twice
        b"\x04\x01\x01f",
        b"\x0b\x05\x02\x00\x00\x00\xff",  # an intset that is shorter than its count
        b"\x10\x0c\x0c\x00\x00\x00\x03\x00\x81f\x02\x01\x01\xff",  # a count that is not that of the items
        b"\x12\x01\x02\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xfe",
        b"\x63\x01a",  # no such type
    ],
    ids=bytes.hex,
)
@points(1)
def test_a_payload_that_lies_is_refused_and_the_server_lives(client, configure, body):
    configure("sanitize-dump-payload", "yes")
    assert client.error("RESTORE", "k", 0, sealed(body)) == "ERR Bad data format"
    assert client("EXISTS", "k") == 0


@points(1)
def test_payloads_of_older_versions_are_taken(client):
    """A hash as Redis 6 kept it, in a ziplist."""
    ziplist = b"\x11\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01f\x03\x01v\xff"
    payload = sealed(b"\x0d" + bytes([len(ziplist)]) + ziplist, version=9)
    assert client("RESTORE", "k", 0, payload) == "OK"
    assert client("HGETALL", "k") == [b"f", b"v"]


@points(1)
def test_keys_move_by_dump_and_restore(client):
    make_samples(client)
    for key in SAMPLES:
        payload = client("DUMP", key)
        client("SELECT", 5)
        client("RESTORE", key, 0, payload)
        client("SELECT", 0)
    client("SELECT", 5)
    assert client("DBSIZE") == len(SAMPLES)
    digest = client("DEBUG", "DIGEST")
    client("SWAPDB", 0, 5)
    assert client("DEBUG", "DIGEST") == digest


@points(1)
def test_restore_is_a_write_and_dump_a_read(client):
    client("SET", "k", "v")
    payload = client("DUMP", "k")
    assert client.transaction(("DUMP", "k"), ("RESTORE", "copy", 0, payload)) == [payload, "OK"]
    assert client("COPY", "copy", "third") == 1


@points(1)
def test_restored_lists_wake_those_who_wait_for_them(client, server):
    client("RPUSH", "l", "a")
    payload = client("DUMP", "l")
    waiting = server.connect()
    waiting.send("BLPOP", "other", 0)
    client("RESTORE", "other", 0, payload)
    assert waiting.reply() == [b"other", b"a"]
