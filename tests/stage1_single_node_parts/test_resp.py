"""The protocol: two parsers that must agree on any bytes cut anywhere, and replies that a real client understands."""

import hiredis
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stage1_single_node.errors import ReplyError
from stage1_single_node.fast_parser import FastRequestParser
from stage1_single_node.resp import NULL_ARRAY, Pairs, Push, RequestParser, Set, Verbatim, encode

PARSERS = [RequestParser, FastRequestParser]

# ── requests ──

NASTY = [b"", b"\r\n", b"\r\n+x\r\n", b"*1\r\n", b"\r\n~0", b"(="]
ARGUMENTS = st.one_of(st.binary(max_size=20), st.sampled_from(NASTY))
COMMANDS = st.lists(st.lists(ARGUMENTS, min_size=1, max_size=5), max_size=6)

# What streams are made of, whole and broken. Every bulk string ends with CRLF, as with all clients (fast_parser.py).
PIECES = st.sampled_from(
    [b"*1\r\n$4\r\nPING\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"PING\r\n", b'SET "a b" \'c\'\r\n', b"\r\n", b"\n"]
    + [b"*1\r\n", b"*2\r\n", b"*3\r\n", b"*0\r\n", b"*-1\r\n", b"*-0\r\n", b"*02\r\n", b"*x\r\n", b"*1000000000\r\n"]
    + [b"$3\r\nfoo\r\n", b"$1\r\n*\r\n", b"$0\r\n\r\n", b"$6\r\n\r\n*1\r\n\r\n", b"$5\r\n+ok\r\n\r\n", b"$20000\r\n"]
    + [b"$-1\r\n", b"$03\r\nfoo\r\n", b"$99999999999\r\n", b"$x\r\n", b"*", b"$", b"\r", b"x", b"'", b"\x00\xff"]
    + [b":1\r\n", b"+ok\r\n", b"-ERR\r\n", b"_\r\n", b"#t\r\n", b",1.5\r\n", b"(123\r\n", b"!3\r\nERR\r\n"]
    + [b"=7\r\ntxt:foo\r\n", b"~0\r\n", b"~1\r\n", b"%0\r\n", b"%1\r\n", b"|1\r\n", b">1\r\n", b"*?\r\n", b"$?\r\n"]
)
STREAMS = st.one_of(st.lists(PIECES, max_size=8).map(b"".join), st.binary(max_size=60))
CUTS = st.lists(st.integers(1, 30), max_size=8)


def wire(commands):
    return b"".join(encode(command) for command in commands)


def pieces(data, cuts):
    """The data as it may arrive: cut after so many bytes, and so many more, and the rest."""
    for size in cuts:
        yield data[:size]
        data = data[size:]
    yield data


@pytest.mark.parametrize("parser", PARSERS)
@given(COMMANDS, CUTS)
def test_what_was_sent_is_what_is_parsed_wherever_it_is_cut(parser, commands, cuts):
    parser = parser()
    parsed = [command for piece in pieces(wire(commands), cuts) for command in parser.feed(piece)]
    assert parsed == commands
    assert (parser.error, parser.pending_bytes) == (None, 0)


@settings(max_examples=1000)
@given(STREAMS, CUTS)
@example(b"*1\r\n$4\r\nPING\r\n*0\r\n*1\r\n$4\r\nPING\r\n", [])
@example(b"*2\r\n$4\r\nECHO\r\n+ok\r\n", [])
@example(b"*2\r\n$4\r\nECHO\r\n$9\r\n*3\r\n$1\r\nx\r\n", [25])
@example(wire([[b"SET", b"k", b"v" * 200]] * 40) + b"*2\r\n$3\r\nGET\r\n$1", [])  # cut by the end of a long read
def test_the_fast_parser_equals_the_plain_one_for_any_bytes(data, cuts):
    plain, fast = RequestParser(), FastRequestParser()
    for piece in pieces(data, cuts):
        assert fast.feed(piece) == plain.feed(piece)
        assert (fast.error, fast.pending_bytes) == (plain.error, plain.pending_bytes)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*-9223372036854775809\r\n", "invalid multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\r\n:5\r\n", "expected '$', got ':'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$1001\r\n", "invalid bulk length"),
        (b"*1\r\n$+1\r\n", "invalid bulk length"),
        (b'"PING\r\n', "unbalanced quotes in request"),
        (b"x" * 65537, "too big inline request"),
        (b"*" + b"1" * 65536, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * 65536, "too big bulk count string"),
    ],
)
def test_a_malformed_request_is_an_error_and_the_end(parser, data, complaint):
    parser = parser(max_bulk_bytes=1000)
    good = wire([[b"PING"]])
    assert parser.feed(good + data) == [[b"PING"]]
    assert parser.error == f"ERR Protocol error: {complaint}"
    assert parser.feed(good) == []


@pytest.mark.parametrize("parser", PARSERS)
def test_commands_without_words_are_skipped(parser):
    assert parser().feed(b"\r\n*0\r\n*-1\r\n  \r\n") == []


@pytest.mark.parametrize("parser", PARSERS)
def test_a_big_value_is_whole_when_its_last_byte_has_come(parser):
    parser = parser()
    command = [b"SET", b"k", bytes(range(256)) * 1000]
    data = wire([command])
    for start in range(0, len(data) - 1000, 1000):
        assert parser.feed(data[start : start + 1000]) == []
    assert parser.feed(data[len(data) // 1000 * 1000 :]) == [command]


def test_a_big_value_is_joined_once_not_at_each_read():
    parser = RequestParser()
    parser.feed(b"*1\r\n$1000000\r\n")
    for _ in range(100):
        parser.feed(b"x" * 1000)
    assert len(parser._chunks) == 101


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("too_much", "complaint"),
    [
        ([b"MSET"] + [b"k"] * 10, "unauthenticated multibulk length"),
        ([b"SET", b"x" * 16385], "unauthenticated bulk length"),
    ],
    ids=["arguments", "bytes"],
)
def test_a_stranger_may_send_little_and_is_pardoned_once_it_has_authenticated(parser, too_much, complaint):
    parser = parser()
    parser.authenticated = False
    assert parser.feed(wire([[b"AUTH", b"password"], too_much, [b"PING"]])) == [[b"AUTH", b"password"]]
    assert parser.error == f"ERR Protocol error: {complaint}"
    assert not parser.pardon()
    parser.authenticated = True
    assert parser.pardon()
    assert parser.feed(b"") == [too_much, [b"PING"]]


def test_no_other_error_is_pardoned():
    parser = RequestParser()
    parser.feed(b"*x\r\n")
    assert not parser.pardon()
    assert parser.error


# ── replies ──

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=20),
    st.text("abc xyz", max_size=10),
    st.binary(max_size=10).map(Verbatim),
    st.just(NULL_ARRAY),
    st.lists(st.tuples(st.binary(max_size=5), st.floats(allow_nan=False)), max_size=3).map(Pairs),
    st.sets(st.binary(max_size=5), max_size=3),
    st.lists(st.binary(max_size=5), max_size=3, unique=True).map(Set),
    st.dictionaries(st.binary(max_size=5), st.integers(0, 9), max_size=3),
)
REPLIES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


def seen(value, protocol):
    """What hiredis, a client library of Redis's own, makes of the reply."""
    new = protocol == 3
    if value is None or value is NULL_ARRAY:
        return None
    if isinstance(value, bool):
        return value if new else int(value)
    if isinstance(value, float):
        return value if new else b"%.17g" % value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Pairs):
        pairs = [[seen(word, protocol) for word in pair] for pair in value]
        return pairs if new else [word for pair in pairs for word in pair]
    if isinstance(value, (set, Set)):
        return list(value)
    if isinstance(value, dict):
        return value if new else [word for pair in value.items() for word in pair]
    if isinstance(value, list):
        return [seen(item, protocol) for item in value]
    return value


def read_by_hiredis(data):
    reader = hiredis.Reader(notEnoughData=Ellipsis)
    reader.feed(data)
    value = reader.gets()
    assert reader.gets() is Ellipsis, "exactly one reply"
    return value


@pytest.mark.parametrize("protocol", [2, 3])
@given(REPLIES)
def test_a_client_reads_back_what_was_encoded(protocol, value):
    assert read_by_hiredis(encode(value, protocol)) == seen(value, protocol)


@pytest.mark.parametrize(
    ("value", "resp2", "resp3"),
    [
        ("OK", b"+OK\r\n", b"+OK\r\n"),
        (b"a\r\n", b"$3\r\na\r\n\r\n", b"$3\r\na\r\n\r\n"),
        (-1, b":-1\r\n", b":-1\r\n"),
        (None, b"$-1\r\n", b"_\r\n"),
        (NULL_ARRAY, b"*-1\r\n", b"_\r\n"),
        (True, b":1\r\n", b"#t\r\n"),
        (0.1, b"$19\r\n0.10000000000000001\r\n", b",0.10000000000000001\r\n"),
        (float("-inf"), b"$4\r\n-inf\r\n", b",-inf\r\n"),
        (3.0, b"$1\r\n3\r\n", b",3\r\n"),
        ([], b"*0\r\n", b"*0\r\n"),
        ({b"a": [1]}, b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", b"%1\r\n$1\r\na\r\n*1\r\n:1\r\n"),
        ({b"a"}, b"*1\r\n$1\r\na\r\n", b"~1\r\n$1\r\na\r\n"),
        (Pairs([(b"a", 1.5)]), b"*2\r\n$1\r\na\r\n$3\r\n1.5\r\n", b"*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n"),
        (Push([b"message"]), b"*1\r\n$7\r\nmessage\r\n", b">1\r\n$7\r\nmessage\r\n"),
        (Verbatim(b"text"), b"$4\r\ntext\r\n", b"=8\r\ntxt:text\r\n"),
        (ReplyError("ERR no"), b"-ERR no\r\n", b"-ERR no\r\n"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_each_type_has_its_bytes_in_both_protocols(value, resp2, resp3):
    assert (encode(value, 2), encode(value, 3)) == (resp2, resp3)


def test_an_error_that_quotes_the_client_is_one_line_of_the_same_bytes():
    quoted = b"a\r\nb\xff".decode("utf-8", "surrogateescape")
    assert encode(ReplyError(f"ERR {quoted}")) == b"-ERR a  b\xff\r\n"


def test_what_is_no_reply_is_refused():
    with pytest.raises(TypeError, match="object"):
        encode(object())
