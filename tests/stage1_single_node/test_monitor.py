"""MONITOR: every command that the server executes, as it happens."""

import re

import pytest

from tests.waiting import eventually

points = pytest.mark.points


@pytest.fixture
def monitor(connect):
    connection = connect()
    assert connection("MONITOR") == "OK"
    return connection


def command(line):
    """A line of MONITOR without its time and address."""
    match = re.fullmatch(r"\d{10}\.\d{6} \[(\d+) (127\.0\.0\.1:\d+|unix:.*)\] (.*)", line)
    assert match, line
    return match[3]


@points(1)
def test_a_line_has_time_database_address_and_words(client, monitor):
    address = dict(field.split(b"=", 1) for field in client("CLIENT", "INFO").split())[b"addr"].decode()
    client("SET", "key", "value")
    lines = [monitor.reply(), monitor.reply()]
    assert re.fullmatch(rf'\d{{10}}\.\d{{6}} \[0 {address}\] "SET" "key" "value"', lines[1])


@points(1)
def test_strange_bytes_are_escaped(client, monitor):
    client("SET", 'a"b\\c', b"\r\n\t\x00\xff")
    assert command(monitor.reply()) == r'"SET" "a\"b\\c" "\r\n\t\x00\xff"'


@points(1)
def test_the_database_is_shown(client, monitor):
    client("SELECT", 7)
    client("GET", "k")
    assert "[7 127" in monitor.reply()  # SELECT itself is shown when it has been executed
    assert "[7 127" in monitor.reply()


@points(1)
def test_a_transaction_is_shown_as_it_executes(client, monitor):
    client.transaction(("SET", "k", 1))
    assert [command(monitor.reply()) for _ in range(3)] == ['"MULTI"', '"SET" "k" "1"', '"EXEC"']


@points(1)
def test_passwords_and_what_fails_to_parse_are_not_shown(client, monitor):
    client.error("AUTH", "secret")
    client.error("NOSUCH")
    client.error("GET")
    client("PING")
    seen = [command(monitor.reply())]
    while '"PING"' not in seen[-1]:
        seen.append(command(monitor.reply()))
    assert "secret" not in " ".join(seen)
    assert '"NOSUCH"' not in seen and '"GET"' not in seen


@points(1)
def test_every_monitor_sees_everything(client, connect):
    monitors = [connect() for _ in range(3)]
    for monitor in monitors:
        monitor("MONITOR")
    client("SET", "k", 1)
    assert [command(monitor.reply()) for monitor in monitors] == ['"SET" "k" "1"'] * 3


@points(1)
def test_a_reset_or_gone_monitor_costs_nothing_more(client, monitor):
    client("PING")
    assert command(monitor.reply()) == '"PING"'
    assert monitor("RESET") == "RESET"
    client("PING")
    monitor.expect_silence()
    monitor.close()
    eventually(lambda: client("CLIENT", "LIST").count(b"\n") == 1)


@points(1)
def test_redis_py_can_watch(redis, client):
    with redis.monitor() as monitor:
        client("SET", "k", "v")
        assert monitor.next_command()["command"] == "SET k v"
