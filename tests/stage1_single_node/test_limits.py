"""Limits that keep one client from hurting the rest: connections, idle time, output that nobody reads."""

import contextlib
import socket

import pytest

from tests.waiting import eventually

points = pytest.mark.points


@points(1)
def test_maxclients_turns_the_next_one_away(fresh_server):
    server = fresh_server("--maxclients", 3)
    kept = [server.connect() for _ in range(3)]
    assert [connection("PING") for connection in kept] == ["PONG"] * 3
    server.connect().expect_closed(after=b"-ERR max number of clients reached\r\n")
    assert b"rejected_connections:1\r\n" in kept[0]("INFO", "stats")
    kept.pop().close()
    eventually(lambda: kept[0]("CLIENT", "LIST").count(b"\n") == 2)
    assert server.connect()("PING") == "PONG"


@points(1)
def test_maxclients_changes_while_running(fresh_server):
    server = fresh_server()
    client = server.connect()
    assert client("CONFIG", "SET", "maxclients", 1) == "OK"
    server.connect().expect_closed(after=b"-ERR max number of clients reached\r\n")


@points(2)
def test_idle_clients_are_closed_but_not_those_who_wait_or_listen(fresh_server):
    server = fresh_server("--timeout", 1)
    waiting, listening, idle = server.connect(), server.connect(), server.connect()
    waiting.send("BLPOP", "l", 0)
    listening("SUBSCRIBE", "c")
    idle("PING")
    idle.expect_closed()
    server.connect()("RPUSH", "l", "x")
    assert waiting.reply() == [b"l", b"x"]
    assert listening("PING") == [b"pong", b""]


@points(2)
def test_a_subscriber_who_does_not_read_is_cut_off(client, connect, configure):
    configure("client-output-buffer-limit", "pubsub 1mb 1mb 0")
    deaf = connect()
    deaf("SUBSCRIBE", "c")
    message = "x" * 100_000
    eventually(lambda: client("PUBLISH", "c", message) == 0)
    assert client("PING") == "PONG"


@points(2)
def test_a_client_who_asks_for_more_than_its_limit_is_cut_off(client, connect, configure):
    client("SET", "big", "x" * 3_000_000)
    configure("client-output-buffer-limit", "normal 1mb 0 0")
    greedy = connect()
    for _ in range(20):
        with contextlib.suppress(ConnectionError):
            greedy.send("GET", "big")
    assert len(greedy.rest()) < 20 * 3_000_000
    assert client("PING") == "PONG"


@points(1)
def test_the_limits_are_off_for_normal_clients_by_default(client):
    client("SET", "big", "x" * 1_000_000)
    replies = client.pipeline(*[("GET", "big")] * 20)
    assert [len(reply) for reply in replies] == [1_000_000] * 20


@points(2)
def test_maxmemory_clients_cuts_off_the_hungriest_unless_protected(connect, configure):
    protected, hungry, modest = connect(), connect(), connect()
    protected("CLIENT", "NO-EVICT", "ON")
    half = b"*2\r\n$4\r\nECHO\r\n$4000000\r\n" + b"x" * 3_999_998
    protected.send_bytes(half)
    hungry.send_bytes(half)
    configure("maxmemory-clients", 6_000_000)
    assert hungry.rest() == b""
    protected.send_bytes(b"xx\r\n")
    assert protected.reply() == b"x" * 3_999_998 + b"xx"
    assert modest("PING") == "PONG"


@points(1)
def test_protected_mode_keeps_other_machines_out(fresh_server):
    server = fresh_server()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; the system only chooses the address it would send from
        except OSError:
            pytest.skip("this machine has no address beside loopback, from which a stranger could be played")
        address = probe.getsockname()[0]
    with socket.create_connection((address, server.port), timeout=5) as stranger:
        assert stranger.recv(1000).startswith(
            b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set"
        )
    server.connect()("CONFIG", "SET", "protected-mode", "no")
    with socket.create_connection((address, server.port), timeout=5) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(1000) == b"+PONG\r\n"
