"""A server without sockets, its clock in hand: what files and replicas will see of the commands, how replies leave."""

import asyncio
from random import Random
from types import SimpleNamespace

import pytest

from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage1_single_node.outside import Clock
from stage1_single_node.server import Server

MULTI, EXEC = (0, b"MULTI"), (0, b"EXEC")


class Recorder(Server):
    """A server that remembers what it is told to propagate: (database, the command's words in one)."""

    def __init__(self, config, outside):
        super().__init__(config, outside)
        self.effects.wanted = True
        self.propagated = []

    def propagate(self, db, writes, encoded=b""):
        self.propagated += [(db, b" ".join(argv)) for argv in writes]

    def since(self):
        """What was propagated since the last question."""
        propagated, self.propagated = self.propagated, []
        return propagated


class HeldClock(Clock):
    """Unix time stands still until a test moves it."""

    def __init__(self):
        self.ms = 1_000_000

    def unix_ns(self):
        return self.ms * 1_000_000

    def unix_ms(self):
        return self.ms


class Transport:
    """Remembers each write."""

    def __init__(self):
        self.writes = []

    def write(self, data):
        self.writes.append(data)

    def is_closing(self):
        return False

    def get_extra_info(self, name):
        return None

    def get_write_buffer_size(self):
        return 0


@pytest.fixture
def server():
    outside = SimpleNamespace(clock=HeldClock(), random=Random(0), log=lambda level, text: print(text), pid=1)
    return Recorder(Config(), outside)


@pytest.fixture
def client(server):
    return connected(server)


def connected(server):
    client = Client(server)
    client.transport = Transport()
    return client


def send(client, *lines):
    """Inline commands in one read; what was written in answer."""
    client.data_received(b"".join(line.encode() + b"\r\n" for line in lines))
    return client.transport.writes[-1]


# ── one command ──


def test_a_write_is_propagated_as_it_was_sent_and_a_read_is_not(server, client):
    send(client, "set k v", "GET k", "SeT k w")
    assert server.since() == [(0, b"set k v"), (0, b"SeT k w")]


def test_what_changes_nothing_and_what_fails_is_not_propagated(server, client):
    send(client, "DEL missing", "SREM missing x", "SET k v NX XX", "INCR", "NOSUCH", "SET s x")
    server.since()
    send(client, "INCR s", "LPUSH s 1", "SETNX s 1")
    assert server.since() == []


def test_each_write_names_its_database(server, client):
    send(client, "SELECT 3", "SET k v", "SELECT 0", "SET k w")
    assert server.since() == [(3, b"SET k v"), (0, b"SET k w")]


def test_relative_times_are_propagated_as_absolute_ones(server, client):
    send(client, "SET k v EX 10", "PEXPIRE k 500")
    assert server.since() == [(0, b"SET k v PXAT 1010000"), (0, b"PEXPIREAT k 1000500")]


def test_a_key_that_expires_under_a_read_is_propagated_as_deleted(server, client):
    send(client, "SET k v PX 5")
    server.since()
    server.clock.ms += 6
    send(client, "GET k")
    assert server.since() == [(0, b"DEL k")]


def test_a_key_that_expires_under_a_write_is_deleted_in_one_transaction_with_it(server, client):
    send(client, "SET k v PX 5")
    server.since()
    server.clock.ms += 6
    send(client, "APPEND k w")
    assert server.since() == [MULTI, (0, b"DEL k"), (0, b"APPEND k w"), EXEC]


# ── transactions ──


def test_several_writes_of_a_transaction_are_propagated_together_and_without_its_reads(server, client):
    send(client, "MULTI", "SET a 1", "GET a", "SET b 2", "EXEC")
    assert server.since() == [MULTI, (0, b"SET a 1"), (0, b"SET b 2"), EXEC]


def test_a_single_write_needs_no_transaction(server, client):
    send(client, "MULTI", "GET a", "SET a 1", "EXEC")
    assert server.since() == [(0, b"SET a 1")]


@pytest.mark.parametrize(
    "lines",
    [
        ["MULTI", "EXEC"],
        ["MULTI", "GET a", "EXEC"],
        ["MULTI", "SET a 1", "DISCARD"],
        ["MULTI", "SET a 1", "NOSUCH", "EXEC"],
        ["WATCH a", "SET a 0", "MULTI", "SET a 1", "EXEC"],
    ],
    ids="; ".join,
)
def test_a_transaction_that_writes_nothing_is_not_propagated_and_leaves_nothing_behind(server, client, lines):
    send(client, *lines)
    assert all(argv == b"SET a 0" for _, argv in server.since())
    send(client, "SET b 1")
    assert server.since() == [(0, b"SET b 1")]


def test_a_read_inside_a_transaction_may_expire_a_key(server, client):
    send(client, "SET a 1 PX 5")
    server.since()
    server.clock.ms += 6
    send(client, "MULTI", "GET a", "EXEC")
    assert server.since() == [(0, b"DEL a")]
    send(client, "SET a 1 PX 5")
    server.since()
    server.clock.ms += 6
    send(client, "MULTI", "GET a", "SET b 1", "EXEC")
    assert server.since() == [MULTI, (0, b"DEL a"), (0, b"SET b 1"), EXEC]


def test_a_transaction_over_several_databases_begins_in_the_first_and_ends_in_the_last(server, client):
    send(client, "MULTI", "SELECT 1", "SET a 1", "SELECT 2", "SET a 2", "EXEC")
    assert server.since() == [(1, b"MULTI"), (1, b"SET a 1"), (2, b"SET a 2"), (2, b"EXEC")]


def test_a_failing_command_does_not_keep_the_others_from_being_propagated(server, client):
    send(client, "MULTI", "SET a x", "INCR a", "SET b 1", "EXEC")
    assert server.since() == [MULTI, (0, b"SET a x"), (0, b"SET b 1"), EXEC]


def test_what_a_waiting_client_is_served_comes_after_the_transaction(server, client):
    async def story():
        waiter = connected(server)
        send_nothing_back(waiter, "BLPOP l 0")
        send(client, "MULTI", "RPUSH l a b", "SET k v", "EXEC")
        await asyncio.sleep(0)
        return waiter.transport.writes

    assert asyncio.run(story()) == [b"*2\r\n$1\r\nl\r\n$1\r\na\r\n"]
    assert server.since() == [MULTI, (0, b"RPUSH l a b"), (0, b"SET k v"), EXEC, (0, b"LPOP l")]


def send_nothing_back(client, line):
    client.data_received(line.encode() + b"\r\n")
    assert not client.transport.writes


# ── time ──


def test_after_a_slow_command_it_is_later_for_those_behind_it_but_not_within_a_transaction(server, client):
    server.table[b"KEYS"].handler = lambda client, pattern: setattr(server.clock, "ms", server.clock.ms + 50)
    assert send(client, "SET k v PX 20", "KEYS *", "GET k").endswith(b"$-1\r\n")
    assert send(client, "SET k v PX 20", "MULTI", "KEYS *", "GET k", "EXEC").endswith(b"$1\r\nv\r\n")


# ── replies ──


def test_one_read_is_one_write(client):
    client.data_received(b"PING\r\n" * 100)
    assert client.transport.writes == [b"+PONG\r\n" * 100]


def test_a_message_is_encoded_once_for_all_who_speak_the_same_protocol(server, client):
    async def story():
        old, new = [connected(server) for _ in range(2)], [connected(server) for _ in range(2)]
        for listener in old:
            send(listener, "SUBSCRIBE c")
        for listener in new:
            send(listener, "HELLO 3", "SUBSCRIBE c")
        assert send(client, "PUBLISH c hello") == b":4\r\n"
        return [listener.out[-1] for listener in old], [listener.out[-1] for listener in new]

    old, new = asyncio.run(story())
    assert old[0] is old[1] and old[0] == b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"
    assert new[0] is new[1] and new[0] == b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"


def test_a_bug_in_a_handler_is_logged_and_answered_and_hurts_nobody_else(server, client, capsys):
    server.table[b"GET"].handler = lambda client, key: 1 // 0
    answer = send(client, "GET k", "PING")
    assert answer == b"-ERR internal error in 'get', see the server's log\r\n+PONG\r\n"
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert server.table[b"GET"].failed == 1
