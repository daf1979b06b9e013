"""What a client sends that is not the protocol: an error that says what, and the end of that connection alone."""

import contextlib

import pytest

from tests.waiting import eventually
from tests.wire import encode

points = pytest.mark.points

MALFORMED = {
    b"*abc\r\n": b"invalid multibulk length",
    b"*\r\n": b"invalid multibulk length",
    b"*1 \r\n": b"invalid multibulk length",
    b"*01\r\n": b"invalid multibulk length",
    b"*+1\r\n": b"invalid multibulk length",
    b"*2147483648\r\n": b"invalid multibulk length",
    b"*99999999999999999999\r\n": b"invalid multibulk length",
    b"*1\r\n:1\r\n": b"expected '$', got ':'",
    b"*1\r\n*1\r\n$4\r\nPING\r\n": b"expected '$', got '*'",
    b"*1\r\nPING\r\n": b"expected '$', got 'P'",
    b"*1\r\n\r\n": b"expected '$', got '\r'",
    b"*2\r\n$4\r\nECHO\r\n+hi\r\n": b"expected '$', got '+'",
    b"*1\r\n$-1\r\n": b"invalid bulk length",
    b"*1\r\n$abc\r\n": b"invalid bulk length",
    b"*1\r\n$\r\n": b"invalid bulk length",
    b"*1\r\n$536870913\r\n": b"invalid bulk length",
    b"*1\r\n$99999999999999999999\r\n": b"invalid bulk length",
    b"*" + b"1" * (64 * 1024 + 1): b"too big mbulk count string",
    b"*1\r\n$" + b"1" * (64 * 1024 + 1): b"too big bulk count string",
}


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: repr(data[:30]))
@points(1)
def test_a_malformed_request_is_answered_with_its_fault_and_the_connection_closed(client, data):
    client.send_bytes(data)
    reply = client.rest()
    fault = MALFORMED[data].replace(b"\r", b" ")  # no line break inside an error
    assert reply == b"-ERR Protocol error: " + fault + b"\r\n"


@points(1)
def test_commands_before_the_fault_are_executed_and_those_behind_it_not(client, connect):
    client.send_bytes(encode("SET", "before", 1) + b"*x\r\n" + encode("SET", "after", 1))
    client.expect_closed(after=b"+OK\r\n-ERR Protocol error: invalid multibulk length\r\n")
    assert connect()("EXISTS", "before", "after") == 1


@points(2)
def test_a_fault_ends_only_the_connection_that_sent_it(client, connect):
    for data in MALFORMED:
        hostile = connect()
        hostile.send_bytes(data)
        hostile.rest()
    assert client("PING") == "PONG"


@points(1)
def test_the_bytes_behind_a_bulk_string_are_not_looked_at(client):
    client.send_bytes(b"*2\r\n$4\r\nECHOxx$2\r\nhixx")
    client.expect(b"$2\r\nhi\r\n")


@points(1)
def test_the_longest_bulk_is_what_proto_max_bulk_len_says(client, configure):
    configure("proto-max-bulk-len", 1024 * 1024)
    assert client("ECHO", "x" * 1024 * 1024) == b"x" * 1024 * 1024
    client.send_bytes(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n")
    client.expect_closed(after=b"-ERR Protocol error: invalid bulk length\r\n")


@points(2)
def test_a_promised_billion_of_arguments_costs_no_memory(client, connect):
    observer = connect()
    before = int(observer("INFO", "memory").split(b"used_memory:")[1].split()[0])
    client.send_bytes(b"*2147483647\r\n$4\r\nPING\r\n")
    eventually(lambda: observer("CLIENT", "LIST").count(b"\n") >= 2)
    after = int(observer("INFO", "memory").split(b"used_memory:")[1].split()[0])
    assert after - before < 64 * 1024 * 1024


@points(1)
def test_a_client_s_query_buffer_has_a_limit(client, connect, configure):
    configure("client-query-buffer-limit", 1024 * 1024)
    hostile = connect()
    with contextlib.suppress(ConnectionError):  # the server does not read on, so it may close while this is being sent
        hostile.send_bytes(b"*2\r\n$4\r\nECHO\r\n$4000000\r\n" + b"x" * 3_999_999)
    assert hostile.rest() == b""
    assert client("PING") == "PONG"


@points(1)
def test_a_web_browser_talked_into_it_is_shut_out(client, connect):
    # Cross-protocol scripting: a page can make a browser send POST requests to a port of its own machine.
    client.send_bytes(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET stolen 1\r\n")
    client.expect_closed()
    header = connect()
    header.send_bytes(b"Host: localhost\r\n\r\nSET stolen 1\r\n")
    header.expect_closed()
    assert connect()("EXISTS", "stolen") == 0


@points(1)
def test_an_unknown_command_is_named_with_the_beginning_of_its_arguments(client):
    assert client.error("NOSUCH") == "ERR unknown command 'NOSUCH', with args beginning with: "
    assert client.error("nosuch", "a", "b c") == "ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' "


@points(1)
def test_an_unknown_command_s_long_arguments_are_cut(client):
    error = client.error("x" * 200, "y" * 100, "z" * 100, "not shown")
    assert error == f"ERR unknown command '{'x' * 128}', with args beginning with: '{'y' * 100}' '{'z' * 25}' "


@points(1)
def test_line_breaks_in_an_error_become_spaces(client):
    assert client.error("no\r\nsuch", "a\nb") == "ERR unknown command 'no  such', with args beginning with: 'a b' "


@points(1)
def test_the_wrong_number_of_arguments_names_the_command_in_lower_case(client):
    assert client.error("GET") == "ERR wrong number of arguments for 'get' command"
    assert client.error("GeT", "a", "b") == "ERR wrong number of arguments for 'get' command"
    assert client.error("MSET", "a", 1, "b") == "ERR wrong number of arguments for 'mset' command"
    assert client.error("CONFIG", "GET") == "ERR wrong number of arguments for 'config|get' command"
    assert client.error("CONFIG") == "ERR wrong number of arguments for 'config' command"


@points(1)
def test_an_unknown_subcommand_points_to_help(client):
    assert client.error("CONFIG", "NOSUCH") == "ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP."
    assert client.error("object", "nosuch", "k") == "ERR unknown subcommand 'nosuch'. Try OBJECT HELP."


@pytest.mark.parametrize(
    "container", ["CLIENT", "COMMAND", "CONFIG", "LATENCY", "MEMORY", "OBJECT", "PUBSUB", "SLOWLOG"]
)
@points(1)
def test_every_container_explains_itself(client, container):
    text = client(container, "HELP")
    assert text[0] == f"{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    assert text[-2:] == ["HELP", "    Prints this help."]
