"""Words with quotes, held to the real server, which cuts inline commands the same way."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stage1_single_node.words import split_words
from tests.wire import Closed, ReplyError

# No NUL, at which Redis's C ends a line, and no line feed, at which everybody does.
CHARACTERS = st.sampled_from([bytes([byte]) for byte in b"abx4F\"'\\ \t\r\x0b\x0cnrtbae0\xff\x80"])
LINES = st.lists(CHARACTERS, max_size=14).map(b"".join)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"set k v", [b"set", b"k", b"v"]),
        (b"  a \t b  ", [b"a", b"b"]),
        (b"", []),
        (b"'' \"\"", [b"", b""]),
        (b'"a b" \'c d\'', [b"a b", b"c d"]),
        (rb'"\x41\n\t\q\"" x', [b'A\n\tq"', b"x"]),
        (rb'"\x4" "\xzz"', [b"x4", b"xzz"]),
        (rb"'\x41\'' x", [rb"\x41'", b"x"]),
        (rb"a\ b", [b"a\\", b"b"]),
        (b'a"b"', [b"ab"]),
        (b'""\x0b', [b""]),
        (b"a\x0b b", [b"a\x0b", b"b"]),
        (b'"a"b', None),
        (b"'a", None),
        (b'"a\\', None),
        (b"a'", None),
    ],
)
def test_lines_and_their_words(line, words):
    assert split_words(line) == words


@given(LINES)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_line_is_cut_as_the_real_server_cuts_an_inline_command(real_redis, line):
    with real_redis.connect() as connection:
        connection("DEL", "words")
        connection.send_bytes(b"RPUSH words word " + line + b"\n")
        try:
            connection.reply()
            words = connection("LRANGE", "words", 1, -1)
        except ReplyError as error:
            assert str(error) == "ERR Protocol error: unbalanced quotes in request"
            connection.expect_closed()
            words = None
        except Closed:
            words = None
    assert split_words(line.removesuffix(b"\r")) == words
