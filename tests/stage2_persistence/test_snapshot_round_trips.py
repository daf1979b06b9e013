"""What a snapshot keeps: every type in every encoding, deadlines, databases; and what it loses."""

import pytest

from tests.stage2_persistence.asking import everything, field, now_ms
from tests.stage2_persistence.samples import SAMPLES, make_samples
from tests.waiting import eventually

points = pytest.mark.points

FAR = 4_102_444_800_000  # in the year 2100


@pytest.fixture(scope="module")
def reloaded(target, tmp_path_factory, module_node):
    """A server that holds SAMPLES, saved, killed and started again; what it held before, and a connection to it."""
    client = module_node.start()
    make_samples(client)
    before, digest = everything(client), client("DEBUG", "DIGEST")
    client("SAVE")
    return before, digest, module_node.restart()


@pytest.mark.parametrize("key", SAMPLES)
@points(1)
def test_a_value_comes_back_as_it_was(reloaded, key):
    before, _, client = reloaded
    kept_as, _ = SAMPLES[key]
    assert everything(client)[0, key] == before[0, key]
    assert client("OBJECT", "ENCODING", key).decode() == kept_as


@points(2)
def test_the_digest_of_everything_comes_back(reloaded):
    _, digest, client = reloaded
    assert client("DEBUG", "DIGEST") == digest
    assert field(client, "rdb_last_load_keys_loaded") == len(SAMPLES)


@points(2)
def test_deadlines_come_back_to_the_millisecond(node):
    here = node()
    client = here.start()
    client("SET", "k", "v", "PXAT", FAR + 123)
    client("RPUSH", "list", 1)
    client("PEXPIREAT", "list", FAR + 456)
    client("SET", "forever", "v")
    client("SAVE")
    client = here.restart()
    assert [client("PEXPIRETIME", key) for key in ("k", "list", "forever")] == [FAR + 123, FAR + 456, -1]


@points(2)
def test_what_expired_while_nobody_ran_is_not_loaded(node):
    here = node()
    client = here.start()
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    deadline = now_ms(client) + 30
    client("SET", "short-lived", "v", "PXAT", deadline)
    client("SET", "forever", "v")
    client("SAVE")
    eventually(lambda: now_ms(client) > deadline)
    client = here.restart()
    assert client("KEYS", "*") == [b"forever"]
    assert field(client, "rdb_last_load_keys_loaded") == 1
    assert field(client, "rdb_last_load_keys_expired") == 1


@points(2)
def test_databases_come_back_each_with_its_own(node):
    here = node()
    client = here.start()
    for database in (0, 1, 15):
        client("SELECT", database)
        client("SET", "k", database)
    client("SAVE")
    client = here.restart()
    assert everything(client, range(16)) == {(n, "k"): (b"%d" % n, -1) for n in (0, 1, 15)}


@points(1)
def test_a_database_that_is_too_high_ends_the_start(node):
    here = node()
    client = here.start()
    client("SELECT", 15)
    client("SET", "k", "v")
    client("SAVE")
    here.kill()
    before = here.contents()
    assert "database" in here.refusal("--databases", 4)
    assert here.contents() == before


@points(2)
def test_what_was_written_after_the_snapshot_dies_with_the_server(node):
    here = node()
    client = here.start()
    client("SET", "k", "saved")
    client("SAVE")
    client("SET", "k", "acknowledged")
    client("SET", "other", "acknowledged")
    client = here.restart()
    assert (client("GET", "k"), client("EXISTS", "other")) == (b"saved", 0)


@points(1)
def test_a_server_without_a_snapshot_starts_empty_and_makes_no_file(node):
    here = node()
    assert here.start()("DBSIZE") == 0
    assert here.names == []


@points(1)
def test_a_value_that_shrank_comes_back_compact(node):
    here = node()
    client = here.start()
    client("HSET", "h", *range(2000))
    client("HDEL", "h", *range(2, 2000, 2))
    client("SET", "s", "a")
    client("APPEND", "s", "b")
    encodings = [client("OBJECT", "ENCODING", key) for key in "hs"]
    client("SAVE")
    client = here.restart()
    assert encodings == [b"hashtable", b"raw"]
    assert [client("OBJECT", "ENCODING", key) for key in "hs"] == [b"listpack", b"embstr"]


@points(1)
def test_other_limits_give_other_encodings(node):
    here = node()
    client = here.start()
    make_samples(client)
    before, digest = everything(client), client("DEBUG", "DIGEST")
    client("SAVE")
    none = [f"--{kind}-max-listpack-entries 0" for kind in ("hash", "zset")]
    client = here.restart(*" ".join(none).split(), "--set-max-intset-entries", 0, "--list-max-listpack-size", 3)
    kinds = {client("OBJECT", "ENCODING", key) for key in ("small hash", "small sorted set", "intset of two bytes")}
    assert kinds == {b"hashtable", b"skiplist"}
    assert (everything(client), client("DEBUG", "DIGEST")) == (before, digest)


@points(1)
def test_a_thousand_keys_of_each_type_come_back(node):
    here = node()
    client = here.start()
    for n in range(1000):
        client.pipeline(
            ("SET", f"string:{n}", f"value {n}", "PXAT", FAR + n),
            ("RPUSH", f"list:{n}", n, f"element {n}"),
            ("SADD", f"set:{n}", n, f"member {n}"),
            ("HSET", f"hash:{n}", "field", n),
            ("ZADD", f"zset:{n}", n / 3, f"member {n}"),
        )
    digest = client("DEBUG", "DIGEST")
    client("BGSAVE")
    eventually(lambda: field(client, "rdb_changes_since_last_save") == 0)
    client = here.restart()
    assert (client("DBSIZE"), client("DEBUG", "DIGEST")) == (5000, digest)


@points(1)
def test_access_frequencies_come_back_under_an_lfu_policy(node):
    here = node("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", 0)
    client = here.start()
    client("SET", "hot", 1)
    client.pipeline(*[("GET", "hot")] * 1000)
    frequency = client("OBJECT", "FREQ", "hot")
    client("SAVE")
    assert frequency > 5
    assert here.restart()("OBJECT", "FREQ", "hot") == frequency


@points(1)
def test_idle_times_come_back_under_an_lru_policy(node):
    here = node("--maxmemory-policy", "allkeys-lru")
    client = here.start()
    client("SET", "k", 1)
    client("RESTORE", "old", 0, client("DUMP", "k"), "IDLETIME", 1000)
    client("SAVE")
    assert 1000 <= here.restart()("OBJECT", "IDLETIME", "old") <= 1010
