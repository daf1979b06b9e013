"""Strings: values, counters, ranges, and the options of SET."""

import pytest

from tests.wire import ReplyError

points = pytest.mark.points

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_AN_INTEGER = "ERR value is not an integer or out of range"
NOT_A_FLOAT = "ERR value is not a valid float"
LARGEST = 2**63 - 1


@points(1)
def test_get_returns_what_set_stored_and_null_for_nothing(redis):
    redis.set("k", b"v\x00\r\n")
    assert redis.get("k") == b"v\x00\r\n"
    assert redis.get("missing") is None


@points(1)
def test_set_replaces_a_value_of_any_type_and_its_time_to_live(client):
    client("RPUSH", "k", "a")
    client("EXPIRE", "k", 100)
    assert client("SET", "k", "v") == "OK"
    assert client("TYPE", "k") == "string"
    assert client("TTL", "k") == -1


@points(1)
def test_set_nx_only_creates_and_xx_only_replaces(client):
    assert client("SET", "k", 1, "XX") is None
    assert client("SET", "k", 1, "NX") == "OK"
    assert client("SET", "k", 2, "NX") is None
    assert client("SET", "k", 3, "XX") == "OK"
    assert client("GET", "k") == b"3"


@points(1)
def test_set_get_returns_the_old_value(client):
    assert client("SET", "k", 1, "GET") is None
    assert client("SET", "k", 2, "GET") == b"1"


@points(1)
def test_set_nx_get_returns_the_value_that_is_in_the_way(client):
    assert client("SET", "k", 1, "NX", "GET") is None
    assert client("SET", "k", 2, "NX", "GET") == b"1"
    assert client("GET", "k") == b"1"


@points(1)
def test_set_get_of_another_type_is_refused_and_sets_nothing(client):
    client("RPUSH", "k", "a")
    assert client.error("SET", "k", "v", "GET") == WRONG_TYPE
    assert client("TYPE", "k") == "list"


@points(1)
def test_set_takes_a_time_to_live_in_four_ways(client):
    now = int(client("TIME")[0])
    for option, value in [("EX", 100), ("PX", 100_000), ("EXAT", now + 100), ("PXAT", (now + 100) * 1000)]:
        client("SET", "k", "v", option, value)
        assert 98_000 <= client("PTTL", "k") <= 100_000


@points(1)
def test_set_keepttl_keeps_it(client):
    client("SET", "k", "v", "EX", 100)
    client("SET", "k", "w", "KEEPTTL")
    assert client("TTL", "k") >= 99


@points(1)
def test_set_with_a_time_that_has_passed_leaves_nothing(client):
    client("SET", "k", "v")
    assert client("SET", "k", "v", "PXAT", 1) == "OK"
    assert client("EXISTS", "k") == 0


@pytest.mark.parametrize(
    "options",
    [
        ("NX", "XX"),
        ("EX", 1, "PX", 1),
        ("EX", 1, "KEEPTTL"),
        ("KEEPTTL", "PXAT", 1),
        ("EX",),
        ("NONSENSE",),
        ("GET", 1),
    ],
    ids=str,
)
@points(1)
def test_set_refuses_options_that_contradict(client, options):
    assert client.error("SET", "k", "v", *options) == "ERR syntax error"


@pytest.mark.parametrize("options", [("EX", 0), ("PX", -1), ("EXAT", 0), ("EX", LARGEST), ("PX", LARGEST)], ids=str)
@points(1)
def test_set_refuses_times_that_make_no_sense(client, options):
    assert client.error("SET", "k", "v", *options) == "ERR invalid expire time in 'set' command"


@points(1)
def test_set_refuses_a_time_that_is_no_number(client):
    assert client.error("SET", "k", "v", "EX", "1.5") == NOT_AN_INTEGER


@points(1)
def test_setex_psetex_and_setnx(client):
    assert client("SETEX", "k", 100, "v") == "OK"
    assert client("PSETEX", "p", 100_000, "v") == "OK"
    assert client("TTL", "k") >= 99 and client("PTTL", "p") > 99_000
    assert client("SETNX", "k", "w") == 0
    assert client("SETNX", "n", "w") == 1
    assert client.error("SETEX", "k", 0, "v") == "ERR invalid expire time in 'setex' command"
    assert client.error("PSETEX", "k", -5, "v") == "ERR invalid expire time in 'psetex' command"


@points(1)
def test_getset_replaces_and_forgets_the_time_to_live(client):
    client("SET", "k", 1, "EX", 100)
    assert client("GETSET", "k", 2) == b"1"
    assert client("TTL", "k") == -1
    assert client("GETSET", "n", 1) is None


@points(1)
def test_getdel_reads_for_the_last_time(client):
    client("SET", "k", "v")
    assert client("GETDEL", "k") == b"v"
    assert client("EXISTS", "k") == 0
    assert client("GETDEL", "k") is None


@points(1)
def test_getex_reads_and_sets_the_time_to_live(client):
    client("SET", "k", "v")
    assert client("GETEX", "k", "EX", 100) == b"v"
    assert client("TTL", "k") >= 99
    assert client("GETEX", "k") == b"v"
    assert client("TTL", "k") >= 99
    assert client("GETEX", "k", "PERSIST") == b"v"
    assert client("TTL", "k") == -1
    assert client("GETEX", "k", "PXAT", 1) == b"v"
    assert client("EXISTS", "k") == 0


@points(1)
def test_getex_refuses_what_set_refuses(client):
    client("SET", "k", "v")
    assert client.error("GETEX", "k", "EX", 1, "PERSIST") == "ERR syntax error"
    assert client.error("GETEX", "k", "EX", 0) == "ERR invalid expire time in 'getex' command"


@points(1)
def test_getting_another_type_is_refused(client):
    client("RPUSH", "l", "a")
    for command in [
        ("GET", "l"),
        ("GETSET", "l", 1),
        ("GETDEL", "l"),
        ("GETEX", "l"),
        ("APPEND", "l", "x"),
        ("STRLEN", "l"),
    ]:
        assert client.error(*command) == WRONG_TYPE
    assert client("LLEN", "l") == 1


# ── several at once ──


@points(1)
def test_mset_sets_all_and_mget_gets_null_for_what_is_not_a_string(client):
    assert client("MSET", "a", 1, "b", 2) == "OK"
    client("RPUSH", "l", "x")
    assert client("MGET", "a", "missing", "l", "b") == [b"1", None, None, b"2"]


@points(1)
def test_mset_with_a_key_twice_keeps_the_last(client):
    client("MSET", "a", 1, "a", 2)
    assert client("GET", "a") == b"2"


@points(1)
def test_msetnx_sets_all_or_nothing(client):
    assert client("MSETNX", "a", 1, "b", 2) == 1
    assert client("MSETNX", "b", 3, "c", 3) == 0
    assert client("MGET", "a", "b", "c") == [b"1", b"2", None]
    assert client.error("MSETNX", "a", 1, "b") == "ERR wrong number of arguments for 'msetnx' command"


# ── counters ──


@points(1)
def test_incr_counts_from_zero_and_answers_the_new_value(redis):
    assert redis.incr("n") == 1
    assert redis.incrby("n", 10) == 11
    assert redis.decr("n") == 10
    assert redis.decrby("n", 20) == -10
    assert redis.get("n") == b"-10"


@points(1)
def test_a_counter_keeps_its_time_to_live(client):
    client("SET", "n", 1, "EX", 100)
    client("INCR", "n")
    assert client("TTL", "n") >= 99


@points(1)
def test_a_counter_of_64_bits_does_not_overflow(client):
    client("SET", "n", LARGEST)
    assert client.error("INCR", "n") == "ERR increment or decrement would overflow"
    client("SET", "n", -LARGEST - 1)
    assert client.error("DECR", "n") == "ERR increment or decrement would overflow"
    assert client.error("DECRBY", "n", -LARGEST - 1) == "ERR decrement would overflow"
    assert client("GET", "n") == str(-LARGEST - 1).encode()


@pytest.mark.parametrize("text", ["", "a", "1.0", " 1", "1 ", "01", "+1", "-0", "0x1", "9223372036854775808"])
@points(1)
def test_only_the_canonical_spelling_of_an_integer_counts(client, text):
    client("SET", "n", text)
    assert client.error("INCR", "n") == NOT_AN_INTEGER
    assert client.error("INCRBY", "m", text) == NOT_AN_INTEGER


@pytest.mark.parametrize(
    ("start", "increment", "result"),
    [
        ("0", "0.1", "0.1"),
        ("10.5", "0.1", "10.6"),
        ("3.0e3", "200", "3200"),
        ("5", "-5", "0"),
        ("1.00", "1", "2"),
        ("0", "1e-17", "0.00000000000000001"),
        ("0", "3e15", "3000000000000000"),
        ("0.1", "0.2", "0.3"),
    ],
)
@points(1)
def test_incrbyfloat_writes_plain_decimals_without_trailing_zeros(client, start, increment, result):
    client("SET", "n", start)
    assert client("INCRBYFLOAT", "n", increment) == result.encode()
    assert client("GET", "n") == result.encode()


@points(1)
def test_incrbyfloat_refuses_what_is_no_finite_number(client):
    client("SET", "n", "abc")
    assert client.error("INCRBYFLOAT", "n", 1) == NOT_A_FLOAT
    assert client.error("INCRBYFLOAT", "m", "abc") == NOT_A_FLOAT
    assert client.error("INCRBYFLOAT", "m", "nan") == NOT_A_FLOAT
    assert client.error("INCRBYFLOAT", "m", "inf") == "ERR increment would produce NaN or Infinity"
    assert client("EXISTS", "m") == 0


# ── parts ──


@points(1)
def test_append_creates_or_extends_and_answers_the_length(client):
    assert client("APPEND", "k", "ab") == 2
    assert client("APPEND", "k", "cd") == 4
    assert client("GET", "k") == b"abcd"
    assert client("STRLEN", "k") == 4
    assert client("STRLEN", "missing") == 0


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        (0, -1, "Hello"),
        (1, 3, "ell"),
        (-3, -1, "llo"),
        (0, 100, "Hello"),
        (-100, 1, "He"),
        (3, 1, ""),
        (5, 9, ""),
        (-1, -3, ""),
    ],
)
@points(1)
def test_getrange_counts_from_either_end_and_includes_both(client, start, end, part):
    client("SET", "k", "Hello")
    assert client("GETRANGE", "k", start, end) == part.encode()
    assert client("SUBSTR", "k", start, end) == part.encode()


@points(1)
def test_getrange_of_nothing_is_empty(client):
    assert client("GETRANGE", "missing", 0, -1) == b""


@points(1)
def test_setrange_overwrites_extends_and_pads_with_zeros(client):
    client("SET", "k", "Hello")
    assert client("SETRANGE", "k", 1, "i") == 5
    assert client("SETRANGE", "k", 7, "!") == 8
    assert client("GET", "k") == b"Hillo\x00\x00!"
    assert client("SETRANGE", "n", 2, "x") == 3
    assert client("SETRANGE", "e", 5, "") == 0
    assert client("EXISTS", "e") == 0


@points(1)
def test_setrange_refuses_offsets_out_of_range(client):
    assert client.error("SETRANGE", "k", -1, "x") == "ERR offset is out of range"
    too_far = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    assert client.error("SETRANGE", "k", 512 * 1024 * 1024, "x") == too_far
    assert client("EXISTS", "k") == 0


@points(1)
def test_append_refuses_more_than_the_largest_string(client, configure):
    configure("proto-max-bulk-len", 1024 * 1024)
    client("SET", "k", "x" * 1024 * 1024)
    assert client.error("APPEND", "k", "x") == "ERR string exceeds maximum allowed size (proto-max-bulk-len)"


# ── longest common subsequence ──


@points(1)
def test_lcs_finds_the_longest_common_subsequence(client):
    client("MSET", "a", "ohmytext", "b", "mynewtext")
    assert client("LCS", "a", "b") == b"mytext"
    assert client("LCS", "a", "b", "LEN") == 6
    assert client("LCS", "a", "missing") == b""


@points(1)
def test_lcs_shows_the_matches_from_the_last_to_the_first(client):
    client("MSET", "a", "ohmytext", "b", "mynewtext")
    assert client("LCS", "a", "b", "IDX") == [b"matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], b"len", 6]
    assert client("LCS", "a", "b", "IDX", "MINMATCHLEN", 4, "WITHMATCHLEN") == [
        b"matches",
        [[[4, 7], [5, 8], 4]],
        b"len",
        6,
    ]


@points(1)
def test_lcs_refuses_other_types_and_contradictions(client):
    client("RPUSH", "l", "x")
    assert client.error("LCS", "l", "a") == "ERR The specified keys must contain string values"
    assert client.error("LCS", "a", "b", "LEN", "IDX") == (
        "ERR If you want both the length and indexes, please just use IDX."
    )


@points(1)
def test_a_bad_command_among_good_ones_changes_nothing_of_theirs(client):
    client("RPUSH", "l", "x")
    assert client.pipeline(("SET", "a", 1), ("INCR", "l"), ("INCR", "a")) == ["OK", ReplyError(WRONG_TYPE), 2]
