"""RESP2, the protocol that every connection begins with: https://redis.io/docs/reference/protocol-spec/"""

import pytest

from tests.wire import ReplyError, encode

points = pytest.mark.points


@points(1)
def test_the_five_kinds_of_replies_have_their_own_first_byte(client):
    client.send_bytes(b"SET s v\r\nGET s\r\nINCR n\r\nLRANGE s 0 -1\r\nGET missing\r\n")
    client.expect(b"+OK\r\n$1\r\nv\r\n:1\r\n")
    client.expect(b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n")
    client.expect(b"$-1\r\n")


@points(1)
def test_an_array_carries_its_count_and_nulls_inside_it(client):
    client.send_bytes(b"SET a 1\r\nMGET a b\r\n")
    client.expect(b"+OK\r\n*2\r\n$1\r\n1\r\n$-1\r\n")


@points(1)
def test_a_missing_array_is_a_null_array_not_a_null_string(client):
    client.send_bytes(b"LPOP missing 2\r\nBLPOP missing 0.001\r\n")
    client.expect(b"*-1\r\n*-1\r\n")


@points(1)
def test_an_empty_array_and_an_empty_string_are_not_null(client):
    client.send_bytes(b'LRANGE missing 0 -1\r\nSET empty ""\r\nGET empty\r\n')
    client.expect(b"*0\r\n+OK\r\n$0\r\n\r\n")


@points(1)
def test_a_map_is_a_flat_array(client):
    client.send_bytes(b"HSET h f v\r\nHGETALL h\r\n")
    client.expect(b":1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n")


@points(1)
def test_a_score_is_a_string(client):
    client.send_bytes(b"ZADD z 1.5 m\r\nZSCORE z m\r\n")
    client.expect(b":1\r\n$3\r\n1.5\r\n")


@points(1)
def test_keys_and_values_may_hold_any_byte(client):
    every_byte = bytes(range(256))
    assert client("SET", every_byte, every_byte + b"\r\n") == "OK"
    assert client("GET", every_byte) == every_byte + b"\r\n"


@points(1)
def test_command_names_come_in_any_case(client):
    assert client("sEt", "k", "v") == "OK"
    assert client("get", "k") == b"v"


@points(2)
def test_pipelined_commands_are_answered_in_their_order(client):
    replies = client.pipeline(*[("RPUSH", "l", n) for n in range(500)], ("LLEN", "l"))
    assert replies == [*range(1, 501), 500]


@points(1)
def test_an_error_in_a_pipeline_does_not_stop_the_commands_behind_it(client):
    assert client.pipeline(("INCR", "n"), ("NO", "SUCH"), ("INCR", "n")) == [
        1,
        ReplyError("ERR unknown command 'NO', with args beginning with: 'SUCH' "),
        2,
    ]


@points(2)
def test_a_command_may_arrive_byte_by_byte(client):
    for byte in encode("SET", "key", "va\r\nlue"):
        client.send_bytes(bytes([byte]))
    client.expect(b"+OK\r\n")
    assert client("GET", "key") == b"va\r\nlue"


@points(3)
def test_a_pipeline_may_be_cut_at_every_byte(client):
    pipeline = encode("SET", "k", "12") + b"PING\r\n" + encode("APPEND", "k", "\r\n") + encode("GET", "k")
    expected = b"+OK\r\n+PONG\r\n:4\r\n$4\r\n12\r\n\r\n"
    for cut in range(1, len(pipeline)):
        client.send_bytes(pipeline[:cut])
        client.send_bytes(pipeline[cut:])
        client.expect(expected)


@points(1)
def test_a_value_of_many_packets_arrives_whole(client):
    value = bytes(range(256)) * (20 * 1024)  # 5 MiB
    assert client("SET", "big", value) == "OK"
    assert client("GET", "big") == value


@points(1)
def test_an_array_of_zero_or_negative_length_is_skipped(client):
    client.send_bytes(b"*0\r\n*-1\r\n*-100\r\n" + encode("PING"))
    client.expect(b"+PONG\r\n")


@points(1)
def test_a_command_of_a_hundred_thousand_arguments_is_taken(client):
    assert client("RPUSH", "l", *range(100_000)) == 100_000


@points(1)
def test_quit_is_answered_and_closes(client):
    client.send("QUIT")
    client.send("SET", "after", "quit")
    client.expect_closed(after=b"+OK\r\n")


@points(1)
def test_a_client_that_sends_no_more_still_gets_its_replies(connect):
    client = connect()
    client.send_bytes(b"PING\r\nPING\r\n")
    client.half_close()
    client.expect_closed(after=b"+PONG\r\n+PONG\r\n")


@points(1)
def test_half_a_command_has_no_effect(connect):
    client = connect()
    client.send_bytes(encode("SET", "k", "v")[:-1])
    client.half_close()
    client.expect_closed()
    assert connect()("EXISTS", "k") == 0


# ── inline commands, for people with a terminal ──


@points(1)
def test_an_inline_command_ends_with_a_newline_with_or_without_a_carriage_return(client):
    client.send_bytes(b"SET k v\nGET k\r\n")
    client.expect(b"+OK\r\n$1\r\nv\r\n")


@points(1)
def test_empty_lines_and_surrounding_spaces_are_skipped(client):
    client.send_bytes(b"\r\n\n   \r\n  PING  \r\n")
    client.expect(b"+PONG\r\n")


@points(1)
def test_double_quotes_keep_spaces_and_know_escapes(client):
    client.send_bytes(rb'ECHO "a b\r\n\t\"\\\x00\xff"' + b"\r\n")
    client.expect(b'$10\r\na b\r\n\t"\\\x00\xff\r\n')


@points(1)
def test_single_quotes_keep_all_but_the_escaped_quote(client):
    client.send_bytes(rb"ECHO 'it\'s \n raw'" + b"\r\n")
    client.expect(rb"$11" + b"\r\n" + rb"it's \n raw" + b"\r\n")


@pytest.mark.parametrize("line", [b'ECHO "open', b"ECHO 'open", b'ECHO "a"b', b"ECHO 'a'b"])
@points(1)
def test_unbalanced_quotes_end_the_connection(client, line):
    client.send_bytes(line + b"\r\n")
    client.expect_closed(after=b"-ERR Protocol error: unbalanced quotes in request\r\n")


@points(1)
def test_an_inline_command_of_more_than_64_kib_ends_the_connection(client):
    client.send_bytes(b"a" * (64 * 1024 + 1))
    client.expect_closed(after=b"-ERR Protocol error: too big inline request\r\n")
