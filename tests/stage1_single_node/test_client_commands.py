"""CLIENT: who is connected, and what may be done to them."""

import time

import pytest

from tests.waiting import eventually

points = pytest.mark.points


def fields(line):
    """A line of CLIENT LIST as a dictionary."""
    return dict(field.split("=", 1) for field in line.decode().split())


def listed(client, *filters):
    return [fields(line) for line in client("CLIENT", "LIST", *filters).splitlines()]


@points(1)
def test_ids_grow(connect):
    first, second = connect(), connect()
    assert first("CLIENT", "ID") < second("CLIENT", "ID")


@points(1)
def test_a_name_is_set_got_and_taken_away(client):
    assert client("CLIENT", "GETNAME") is None
    assert client("CLIENT", "SETNAME", "me") == "OK"
    assert client("CLIENT", "GETNAME") == b"me"
    assert fields(client("CLIENT", "INFO"))["name"] == "me"
    assert client("CLIENT", "SETNAME", "") == "OK"
    assert client("CLIENT", "GETNAME") is None


@pytest.mark.parametrize("name", ["two words", "line\n", "\x07"])
@points(1)
def test_a_name_has_no_spaces_or_control_characters(client, name):
    assert client.error("CLIENT", "SETNAME", name) == (
        "ERR Client names cannot contain spaces, newlines or special characters."
    )


@points(2)
def test_client_info_has_the_fields_that_tools_read(client, server):
    client("SELECT", 2)
    info = fields(client("CLIENT", "INFO"))
    assert " ".join(info) == (
        "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp "
        "obl oll omem tot-mem events cmd user redir resp"
    )
    assert info["addr"].startswith("127.0.0.1:") and info["laddr"] == f"127.0.0.1:{server.port}"
    assert [info[name] for name in ("flags", "db", "sub", "psub", "ssub", "multi", "user", "redir", "resp")] == (
        "N 2 0 0 0 -1 default -1 2".split()
    )
    assert info["cmd"] == "client|info"


@points(1)
def test_client_list_shows_every_connection_on_a_line(client, connect):
    other = connect()
    other("CLIENT", "SETNAME", "other")
    assert {line["name"] for line in listed(client)} >= {"", "other"}


@points(1)
def test_client_list_by_ids_and_type(client, connect):
    subscriber = connect()
    ident = subscriber("CLIENT", "ID")
    subscriber("SUBSCRIBE", "c")
    assert [line["id"] for line in listed(client, "ID", ident, 999999)] == [str(ident)]
    assert [line["id"] for line in listed(client, "TYPE", "pubsub")] == [str(ident)]
    assert str(ident) not in [line["id"] for line in listed(client, "TYPE", "normal")]
    assert listed(client, "TYPE", "replica") == []
    assert client.error("CLIENT", "LIST", "TYPE", "no") == "ERR Unknown client type 'no'"
    assert client.error("CLIENT", "LIST", "ID", "x") == "ERR Invalid client ID"
    assert client.error("CLIENT", "LIST", "NO") == "ERR syntax error"


@points(1)
def test_flags_tell_what_a_connection_is_doing(client, connect):
    def flags(connection, *commands):
        ident = connection("CLIENT", "ID")
        for command in commands:
            connection.send(*command)
        return lambda: listed(client, "ID", ident)[0]["flags"]

    for wanted, commands in [
        ("x", [("MULTI",)]),
        ("P", [("SUBSCRIBE", "c")]),
        ("b", [("BLPOP", "l", 0)]),
        ("O", [("MONITOR",)]),
        ("e", [("CLIENT", "NO-EVICT", "ON")]),
        ("N", [("PING",)]),
    ]:
        read = flags(connect(), *commands)
        assert eventually(lambda read=read, wanted=wanted: read() == wanted)


@points(1)
def test_multi_and_subscriptions_are_counted(client, connect):
    other = connect()
    ident = other("CLIENT", "ID")
    other("MULTI")
    other("PING")
    other("PING")
    assert listed(client, "ID", ident)[0]["multi"] == "2"
    other("DISCARD")
    other("SUBSCRIBE", "a")
    other("PSUBSCRIBE", "b*")
    line = listed(client, "ID", ident)[0]
    assert (line["sub"], line["psub"], line["cmd"]) == ("1", "1", "psubscribe")


# ── KILL ──


@points(1)
def test_kill_by_address_the_old_way(client, connect):
    victim = connect()
    address = fields(victim("CLIENT", "INFO"))["addr"]
    assert client("CLIENT", "KILL", address) == "OK"
    victim.expect_closed()
    assert client.error("CLIENT", "KILL", "127.0.0.1:1") == "ERR No such client"


@points(1)
def test_kill_by_id_and_address_answers_how_many(client, connect, server):
    by_id, by_address = connect(), connect()
    assert client("CLIENT", "KILL", "ID", by_id("CLIENT", "ID")) == 1
    by_id.expect_closed()
    assert client("CLIENT", "KILL", "ADDR", fields(by_address("CLIENT", "INFO"))["addr"]) == 1
    by_address.expect_closed()
    assert client("CLIENT", "KILL", "ID", 987654321) == 0


@points(1)
def test_kill_by_type_user_and_local_address_spares_the_killer(client, connect, server):
    for filters in [("TYPE", "normal"), ("USER", "default"), ("LADDR", f"127.0.0.1:{server.port}")]:
        victim = connect()
        victim("PING")
        assert client("CLIENT", "KILL", *filters) >= 1
        victim.expect_closed()
        assert client("PING") == "PONG"


@points(1)
def test_kill_filters_must_all_match(client, connect):
    subscriber, normal = connect(), connect()
    subscriber("SUBSCRIBE", "c")
    ident = normal("CLIENT", "ID")
    assert client("CLIENT", "KILL", "TYPE", "pubsub", "ID", ident) == 0
    assert client("CLIENT", "KILL", "TYPE", "pubsub") == 1
    subscriber.expect_closed()
    assert normal("PING") == "PONG"


@points(1)
def test_killing_oneself_is_answered_first(client):
    client.send("CLIENT", "KILL", "ID", client("CLIENT", "ID"), "SKIPME", "no")
    client.expect_closed(after=b":1\r\n")


@points(1)
def test_kill_refuses_bad_filters(client):
    assert client.error("CLIENT", "KILL", "ID", "x") == "ERR client-id should be greater than 0"
    assert client.error("CLIENT", "KILL", "TYPE", "x") == "ERR Unknown client type 'x'"
    assert client.error("CLIENT", "KILL", "USER", "x") == "ERR No such user 'x'"
    assert client.error("CLIENT", "KILL", "SKIPME", "x", "ID", 1) == "ERR syntax error"
    assert client.error("CLIENT", "KILL", "ID", 1, "NO") == "ERR syntax error"


@points(1)
def test_a_killed_waiting_client_is_not_served(client, connect):
    victim = connect()
    ident = victim("CLIENT", "ID")
    victim.send("BLPOP", "l", 0)
    eventually(lambda: listed(client, "ID", ident)[0]["flags"] == "b")
    assert client("CLIENT", "KILL", "ID", ident) == 1
    client("RPUSH", "l", "x")
    assert client("LLEN", "l") == 1


# ── PAUSE ──


@points(2)
def test_pause_holds_all_other_commands_back_for_its_time(client, connect):
    other = connect()
    start = time.monotonic()
    assert client("CLIENT", "PAUSE", 60) == "OK"
    assert other("PING") == "PONG"
    assert time.monotonic() - start >= 0.05


@points(2)
def test_pause_write_lets_reads_through(client, connect):
    reader, writer = connect(), connect()
    assert client("CLIENT", "PAUSE", 60_000, "WRITE") == "OK"
    writer.send("SET", "k", "v")
    assert reader("GET", "k") is None
    assert reader("PING") == "PONG"
    assert client("CLIENT", "UNPAUSE") == "OK"
    assert writer.reply() == "OK"
    assert reader("GET", "k") == b"v"


@points(1)
def test_what_a_pause_held_back_runs_in_order(client, connect):
    first, second = connect(), connect()
    client("CLIENT", "PAUSE", 60_000, "WRITE")
    for connection, values in [(first, "ab"), (second, "cd")]:
        ident = connection("CLIENT", "ID")
        for value in values:
            connection.send("RPUSH", "l", value)
        eventually(lambda ident=ident: listed(client, "ID", ident)[0]["flags"] == "b")
    assert client("LLEN", "l") == 0
    client("CLIENT", "UNPAUSE")
    assert [first.reply(), first.reply(), second.reply(), second.reply()] == [1, 2, 3, 4]
    assert client("LRANGE", "l", 0, -1) == [b"a", b"b", b"c", b"d"]


@points(1)
def test_pause_write_holds_back_a_transaction_that_writes(client, connect):
    writer, reader = connect(), connect()
    for connection, command in [(writer, ("SET", "k", "v")), (reader, ("GET", "k"))]:
        connection("MULTI")
        connection(*command)
    client("CLIENT", "PAUSE", 60_000, "WRITE")
    writer.send("EXEC")
    assert reader("EXEC") == [None]
    client("CLIENT", "UNPAUSE")
    assert writer.reply() == ["OK"]


@points(1)
def test_pause_checks_its_arguments(client):
    assert client.error("CLIENT", "PAUSE", "x") == "ERR timeout is not an integer or out of range"
    assert client.error("CLIENT", "PAUSE", -1) == "ERR timeout is negative"
    assert client.error("CLIENT", "PAUSE", 1, "SOME") == "ERR CLIENT PAUSE mode must be WRITE or ALL"


@points(1)
def test_keys_do_not_expire_while_paused(client, connect):
    client("SET", "k", "v", "PX", 20)
    client("CLIENT", "PAUSE", 60_000, "WRITE")
    eventually(lambda: client("GET", "k") is None)  # invisible, as ever
    assert client("DBSIZE") == 1
    client("CLIENT", "UNPAUSE")
    eventually(lambda: client("DBSIZE") == 0)


# ── REPLY ──


@points(1)
def test_reply_off_silences_until_on(client):
    client.send("CLIENT", "REPLY", "OFF")
    client.send("SET", "k", 1)
    client.send("NOSUCH")
    assert client("CLIENT", "REPLY", "ON") == "OK"
    assert client("GET", "k") == b"1"


@points(1)
def test_reply_skip_silences_the_next_command_alone(client):
    client.send("CLIENT", "REPLY", "SKIP")
    client.send("SET", "k", 1)
    assert client("GET", "k") == b"1"
    assert client.error("CLIENT", "REPLY", "MAYBE") == "ERR syntax error"


# ── the rest ──


@points(1)
def test_unblock_checks_whom_it_wakes(client):
    assert client("CLIENT", "UNBLOCK", client("CLIENT", "ID")) == 0
    assert client("CLIENT", "UNBLOCK", 987654321) == 0
    assert client.error("CLIENT", "UNBLOCK", 1, "SOFTLY") == "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"


@points(1)
def test_no_evict_is_on_or_off(client):
    assert client("CLIENT", "NO-EVICT", "ON") == "OK"
    assert client("CLIENT", "NO-EVICT", "off") == "OK"
    assert client.error("CLIENT", "NO-EVICT", "x") == "ERR syntax error"


@points(1)
def test_redirection_is_none_without_tracking(client):
    assert client("CLIENT", "GETREDIR") == -1
