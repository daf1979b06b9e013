"""Lists: two ends, positions from either side, and moving between lists."""

import pytest

points = pytest.mark.points

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


@pytest.fixture
def abcde(client):
    client("RPUSH", "l", *"abcde")
    return client


def content(client, key="l"):
    return b"".join(client("LRANGE", key, 0, -1)).decode()


@points(1)
def test_pushes_at_both_ends_answer_the_length(redis):
    assert redis.rpush("l", "c", "d") == 2
    assert redis.lpush("l", "b", "a") == 4
    assert redis.lrange("l", 0, -1) == [b"a", b"b", b"c", b"d"]


@points(1)
def test_pushx_extends_only_what_exists(client):
    assert client("LPUSHX", "l", "a") == 0
    assert client("RPUSHX", "l", "a") == 0
    client("RPUSH", "l", "b")
    assert client("LPUSHX", "l", "a") == 2
    assert client("RPUSHX", "l", "c", "d") == 4
    assert content(client) == "abcd"


@points(1)
def test_pops_take_from_either_end(abcde):
    assert abcde("LPOP", "l") == b"a"
    assert abcde("RPOP", "l") == b"e"
    assert abcde("LPOP", "l", 2) == [b"b", b"c"]
    assert abcde("RPOP", "l", 10) == [b"d"]
    assert abcde("LPOP", "l") is None


@points(1)
def test_pop_with_a_count_of_zero_or_less(abcde):
    assert abcde("LPOP", "l", 0) == []
    assert abcde.error("LPOP", "l", -1) == "ERR value is out of range, must be positive"
    assert abcde("LPOP", "missing", 0) is None


@points(1)
def test_an_emptied_list_is_gone(client):
    client("RPUSH", "l", "a")
    client("LPOP", "l")
    assert client("EXISTS", "l") == 0
    assert client("TYPE", "l") == "none"


@pytest.mark.parametrize(
    ("start", "stop", "part"),
    [(0, -1, "abcde"), (1, 2, "bc"), (-2, -1, "de"), (-100, 1, "ab"), (3, 100, "de"), (3, 1, ""), (5, 9, "")],
)
@points(1)
def test_lrange_counts_from_either_end(abcde, start, stop, part):
    assert b"".join(abcde("LRANGE", "l", start, stop)).decode() == part


@points(1)
def test_lindex_and_llen(abcde):
    assert [abcde("LINDEX", "l", index) for index in (0, 4, -1, -5, 5, -6)] == [b"a", b"e", b"e", b"a", None, None]
    assert abcde("LLEN", "l") == 5
    assert abcde("LLEN", "missing") == 0
    assert abcde.error("LINDEX", "l", "x") == "ERR value is not an integer or out of range"


@points(1)
def test_lset_replaces_one_position(abcde):
    assert abcde("LSET", "l", 1, "B") == "OK"
    assert abcde("LSET", "l", -1, "E") == "OK"
    assert content(abcde) == "aBcdE"
    assert abcde.error("LSET", "l", 5, "x") == "ERR index out of range"
    assert abcde.error("LSET", "missing", 0, "x") == "ERR no such key"


@points(1)
def test_linsert_puts_before_or_after_the_first_pivot(abcde):
    assert abcde("LINSERT", "l", "BEFORE", "c", "1") == 6
    assert abcde("LINSERT", "l", "after", "c", "2") == 7
    assert content(abcde) == "ab1c2de"
    assert abcde("LINSERT", "l", "BEFORE", "no such", "x") == -1
    assert abcde("LINSERT", "missing", "BEFORE", "a", "x") == 0
    assert abcde.error("LINSERT", "l", "BESIDE", "a", "x") == "ERR syntax error"


@points(1)
def test_lrem_removes_from_the_side_that_the_sign_says(client):
    client("RPUSH", "l", *"abacada")
    assert client("LREM", "l", 1, "a") == 1
    assert content(client) == "bacada"
    assert client("LREM", "l", -2, "a") == 2
    assert content(client) == "bacd"
    assert client("LREM", "l", 0, "a") == 1
    assert client("LREM", "l", 0, "no such") == 0
    assert content(client) == "bcd"


@points(1)
def test_ltrim_keeps_a_range(abcde):
    assert abcde("LTRIM", "l", 1, -2) == "OK"
    assert content(abcde) == "bcd"
    assert abcde("LTRIM", "l", 5, 9) == "OK"
    assert abcde("EXISTS", "l") == 0


@points(1)
def test_lpos_finds_positions(client):
    client("RPUSH", "l", *"abcabcabc")
    assert client("LPOS", "l", "b") == 1
    assert client("LPOS", "l", "b", "RANK", 2) == 4
    assert client("LPOS", "l", "b", "RANK", -1) == 7
    assert client("LPOS", "l", "b", "COUNT", 0) == [1, 4, 7]
    assert client("LPOS", "l", "b", "COUNT", 2, "RANK", -1) == [7, 4]
    assert client("LPOS", "l", "b", "COUNT", 0, "MAXLEN", 5) == [1, 4]
    assert client("LPOS", "l", "x") is None
    assert client("LPOS", "l", "x", "COUNT", 1) == []
    assert client("LPOS", "missing", "x", "COUNT", 1) == []


@points(1)
def test_lpos_refuses_options_out_of_range(abcde):
    assert abcde.error("LPOS", "l", "a", "RANK", 0) == (
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
        "or use negative to start from the end of the list"
    )
    assert abcde.error("LPOS", "l", "a", "COUNT", -1) == "ERR COUNT can't be negative"
    assert abcde.error("LPOS", "l", "a", "MAXLEN", -1) == "ERR MAXLEN can't be negative"


@points(1)
def test_lmove_moves_one_between_chosen_ends(client):
    client("RPUSH", "from", *"abc")
    client("RPUSH", "to", "x")
    assert client("LMOVE", "from", "to", "LEFT", "RIGHT") == b"a"
    assert client("LMOVE", "from", "to", "RIGHT", "LEFT") == b"c"
    assert content(client, "to") == "cxa"
    assert client("RPOPLPUSH", "from", "to") == b"b"
    assert client("EXISTS", "from") == 0
    assert client("LMOVE", "from", "to", "LEFT", "LEFT") is None
    assert client.error("LMOVE", "from", "to", "UP", "LEFT") == "ERR syntax error"


@points(1)
def test_lmove_on_one_list_rotates_it(client):
    client("RPUSH", "l", *"abc")
    client("LMOVE", "l", "l", "LEFT", "RIGHT")
    assert content(client) == "bca"
    client("RPOPLPUSH", "l", "l")
    assert content(client) == "abc"


@points(1)
def test_lmove_to_another_type_moves_nothing(client):
    client("RPUSH", "from", "a")
    client("SET", "to", 1)
    assert client.error("LMOVE", "from", "to", "LEFT", "LEFT") == WRONG_TYPE
    assert client("LLEN", "from") == 1


@points(1)
def test_lmpop_takes_from_the_first_list_that_has_elements(client):
    client("RPUSH", "b", *"123")
    client("RPUSH", "c", "x")
    assert client("LMPOP", 3, "a", "b", "c", "LEFT") == [b"b", [b"1"]]
    assert client("LMPOP", 3, "a", "b", "c", "RIGHT", "COUNT", 5) == [b"b", [b"3", b"2"]]
    assert client("LMPOP", 2, "a", "b", "LEFT") is None


@points(1)
def test_lmpop_refuses_bad_counts(client):
    assert client.error("LMPOP", 0, "a", "LEFT") == "ERR numkeys should be greater than 0"
    assert client.error("LMPOP", 2, "a", "LEFT") == "ERR syntax error"
    assert client.error("LMPOP", 1, "a", "LEFT", "COUNT", 0) == "ERR count should be greater than 0"


@points(1)
def test_list_commands_refuse_other_types(client):
    client("SET", "s", "v")
    for command in [
        ("LPUSH", "s", 1),
        ("RPUSHX", "s", 1),
        ("LPOP", "s"),
        ("LRANGE", "s", 0, -1),
        ("LLEN", "s"),
        ("LINDEX", "s", 0),
        ("LSET", "s", 0, "x"),
        ("LINSERT", "s", "BEFORE", "a", "b"),
        ("LREM", "s", 0, "a"),
        ("LTRIM", "s", 0, 1),
        ("LPOS", "s", "a"),
        ("LMPOP", 1, "s", "LEFT"),
    ]:
        assert client.error(*command) == WRONG_TYPE


@points(1)
def test_a_long_list_of_long_elements_keeps_its_order(client):
    elements = [bytes([n % 256]) * (n % 700) for n in range(2000)]
    client("RPUSH", "l", *elements)
    assert client("LRANGE", "l", 0, -1) == elements
    assert client("LINDEX", "l", 1500) == elements[1500]
    client("LTRIM", "l", 500, 1499)
    assert client("LRANGE", "l", 0, -1) == elements[500:1500]
