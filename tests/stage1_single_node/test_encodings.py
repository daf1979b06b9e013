"""OBJECT: how values are kept. Small ones are compact; a value that outgrew the compact form never goes back."""

import pytest

from tests.waiting import eventually

points = pytest.mark.points


def encoding(client, key="k"):
    return client("OBJECT", "ENCODING", key).decode()


@pytest.mark.parametrize(
    ("value", "kept_as"),
    [
        ("1", "int"),
        ("-9223372036854775808", "int"),
        ("9223372036854775807", "int"),
        ("9223372036854775808", "embstr"),
        ("01", "embstr"),
        ("1.5", "embstr"),
        ("", "embstr"),
        ("x" * 44, "embstr"),
        ("x" * 45, "raw"),
    ],
)
@points(1)
def test_a_string_is_an_integer_short_or_long(client, value, kept_as):
    client("SET", "k", value)
    assert encoding(client) == kept_as


@points(1)
def test_a_string_that_was_changed_in_place_is_raw(client):
    client("SET", "k", "a")
    client("APPEND", "k", "b")
    assert encoding(client) == "raw"
    client("SET", "n", 1)
    client("SETRANGE", "n", 0, "2")
    assert encoding(client, "n") == "raw"
    client("INCR", "n")
    assert encoding(client, "n") == "int"


@points(1)
def test_appending_to_nothing_keeps_what_a_set_would(client):
    client("APPEND", "k", "12")
    assert encoding(client) == "int"
    client("INCRBYFLOAT", "f", "1.5")
    assert encoding(client, "f") == "embstr"


@points(1)
def test_lists_are_quicklists(client):
    client("RPUSH", "k", 1)
    assert encoding(client) == "quicklist"


@points(2)
def test_a_hash_turns_into_a_hashtable_with_many_fields_and_stays(client):
    client("HSET", "k", *[word for n in range(512) for word in (n, n)])
    assert encoding(client) == "listpack"
    client("HSET", "k", "one more", 1)
    assert encoding(client) == "hashtable"
    client("HDEL", "k", *range(512))
    assert encoding(client) == "hashtable"


@pytest.mark.parametrize(("field", "value"), [("f", "x" * 65), ("x" * 65, "v")], ids=["value", "field"])
@points(1)
def test_a_hash_turns_into_a_hashtable_with_a_long_word(client, field, value):
    client("HSET", "k", "f", "x" * 64)
    assert encoding(client) == "listpack"
    client("HSET", "k", field, value)
    assert encoding(client) == "hashtable"


@points(1)
def test_a_hash_s_thresholds_are_configured(client, configure):
    configure("hash-max-listpack-entries", 2)
    configure("hash-max-listpack-value", 4)
    client("HSET", "k", "a", 1, "b", 2)
    assert encoding(client) == "listpack"
    client("HSET", "k", "c", 3)
    assert encoding(client) == "hashtable"
    client("HSET", "l", "a", "12345")
    assert encoding(client, "l") == "hashtable"


@points(1)
def test_hincrby_and_hsetnx_convert_too(client, configure):
    configure("hash-max-listpack-value", 4)
    client("HSET", "k", "f", 9999)
    client("HINCRBY", "k", "f", 1)
    client("HSETNX", "l", "fields", 1)
    assert (encoding(client), encoding(client, "l")) == ("hashtable", "hashtable")


@points(2)
def test_a_set_of_integers_is_an_intset_up_to_512_and_never_again(client):
    client("SADD", "k", *range(512))
    assert encoding(client) == "intset"
    client("SADD", "k", 512)
    assert encoding(client) == "hashtable"
    client("SREM", "k", *range(500))
    assert encoding(client) == "hashtable"


@points(1)
def test_a_set_with_a_word_is_a_hashtable(client):
    client("SADD", "k", 1, 2)
    client("SADD", "k", "word")
    assert encoding(client) == "hashtable"
    client("SREM", "k", "word")
    assert encoding(client) == "hashtable"


@points(1)
def test_results_of_set_algebra_choose_anew(client):
    client("SADD", "a", 1, 2, "x")
    client("SADD", "b", 1, 2)
    client("SINTERSTORE", "k", "a", "b")
    assert encoding(client) == "intset"
    client("SUNIONSTORE", "k", "a", "b")
    assert encoding(client) == "hashtable"


@points(2)
def test_a_sorted_set_turns_into_a_skiplist_and_stays(client):
    client("ZADD", "k", *[word for n in range(128) for word in (n, n)])
    assert encoding(client) == "listpack"
    client("ZADD", "k", 1, "one more")
    assert encoding(client) == "skiplist"
    client("ZREMRANGEBYRANK", "k", 5, -1)
    assert encoding(client) == "skiplist"


@points(1)
def test_a_long_member_makes_a_skiplist(client):
    client("ZADD", "k", 1, "x" * 64)
    assert encoding(client) == "listpack"
    client("ZADD", "k", 1, "x" * 65)
    assert encoding(client) == "skiplist"


@points(1)
def test_the_result_of_a_sorted_set_operation_chooses_anew(client, configure):
    client("ZADD", "a", *[word for n in range(200) for word in (n, n)])
    assert encoding(client, "a") == "skiplist"
    client("ZADD", "b", 1, 5, 1, 6)
    client("ZINTERSTORE", "k", 2, "a", "b")
    assert encoding(client) == "listpack"
    configure("zset-max-listpack-entries", 1)
    client("ZUNIONSTORE", "k", 1, "b")
    assert encoding(client) == "skiplist"


# ── the rest of OBJECT ──


@points(1)
def test_missing_keys_are_null(client):
    assert client("OBJECT", "ENCODING", "missing") is None
    assert client("OBJECT", "REFCOUNT", "missing") is None
    assert client("OBJECT", "IDLETIME", "missing") is None


@points(1)
def test_refcount_of_an_ordinary_value_is_one_and_small_numbers_are_shared(client):
    client("MSET", "a", "word", "b", 7)
    assert client("OBJECT", "REFCOUNT", "a") == 1
    assert client("OBJECT", "REFCOUNT", "b") == 2147483647


@points(1)
def test_idletime_counts_seconds_and_a_read_begins_anew(client):
    client("SET", "k", "v")
    eventually(lambda: client("OBJECT", "IDLETIME", "k") >= 1)
    client("TOUCH", "k")
    assert client("OBJECT", "IDLETIME", "k") == 0


@points(1)
def test_frequencies_are_counted_only_under_an_lfu_policy(client, configure):
    client("SET", "k", "v")
    assert client.error("OBJECT", "FREQ", "k") == (
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust."
    )
    configure("maxmemory-policy", "allkeys-lfu")
    configure("lfu-log-factor", 0)
    client("SET", "new", "v")
    assert client("OBJECT", "FREQ", "new") == 5
    for _ in range(20):
        client("GET", "new")
    assert client("OBJECT", "FREQ", "new") == 25
    assert client.error("OBJECT", "IDLETIME", "k") == (
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust."
    )
