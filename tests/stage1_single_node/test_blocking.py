"""Commands that wait for an element: who is served, in which order, with what, and what ends the wait."""

import time

import pytest

from tests.waiting import eventually
from tests.wire import ReplyError

points = pytest.mark.points


@pytest.fixture
def waiting(connect, client):
    """Opens a connection, sends the command, and returns when the server has it waiting."""

    def waiting(*command):
        before = blocked(client)
        connection = connect()
        connection.send(*command)
        eventually(lambda: blocked(client) == before + 1)
        return connection

    yield waiting


def blocked(client):
    return int(client("INFO", "clients").split(b"blocked_clients:")[1].split(b"\r")[0])


@points(1)
def test_blpop_does_not_wait_when_there_is_something(client):
    client("RPUSH", "b", "1", "2")
    assert client("BLPOP", "a", "b", 0) == [b"b", b"1"]
    assert client("BRPOP", "a", "b", 0) == [b"b", b"2"]


@points(1)
def test_blpop_takes_from_the_first_of_its_keys_that_has_something(client):
    client("RPUSH", "a", "1")
    client("RPUSH", "b", "2")
    assert client("BLPOP", "b", "a", 0) == [b"b", b"2"]


@points(2)
def test_a_waiting_client_gets_the_element_as_it_is_pushed(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    assert client("RPUSH", "l", "x") == 1
    assert waiter.reply() == [b"l", b"x"]
    assert client("EXISTS", "l") == 0


@points(2)
def test_who_waits_longest_is_served_first(client, waiting):
    first, second, third = waiting("BLPOP", "l", 0), waiting("BRPOP", "l", 0), waiting("BLPOP", "l", 0)
    client("RPUSH", "l", "1")
    client("RPUSH", "l", "2")
    client("RPUSH", "l", "3")
    assert [first.reply()[1], second.reply()[1], third.reply()[1]] == [b"1", b"2", b"3"]


@points(2)
def test_one_push_of_many_serves_many_after_the_whole_push(client, waiting):
    first, second = waiting("BLPOP", "l", 0), waiting("BRPOP", "l", 0)
    assert client("LPUSH", "l", "a", "b", "c") == 3
    assert first.reply() == [b"l", b"c"]
    assert second.reply() == [b"l", b"a"]
    assert client("LRANGE", "l", 0, -1) == [b"b"]


@points(1)
def test_a_client_waiting_for_several_keys_is_served_by_any_once(client, waiting):
    waiter = waiting("BLPOP", "a", "b", 0)
    client("RPUSH", "b", "1")
    client("RPUSH", "a", "2")
    assert waiter.reply() == [b"b", b"1"]
    waiter.expect_silence()
    assert client("LLEN", "a") == 1


@points(2)
def test_keys_filled_in_one_transaction_are_served_when_it_has_ended(client, waiting):
    waiter = waiting("BLPOP", "a", "b", 0)
    client.transaction(("RPUSH", "b", "1"), ("RPUSH", "a", "2"))
    assert waiter.reply() == [b"b", b"1"]  # the order in which keys got ready, not the order of its own keys


@points(2)
def test_an_element_that_came_and_went_inside_a_transaction_serves_nobody(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    client.transaction(("RPUSH", "l", "x"), ("DEL", "l"))
    client("RPUSH", "l", "y")
    assert waiter.reply() == [b"l", b"y"]


@points(1)
def test_the_pusher_learns_the_length_before_the_waiting_are_served(client, waiting):
    waiting("BLPOP", "l", 0)
    assert client.transaction(("RPUSH", "l", "1", "2"), ("LLEN", "l")) == [2, 2]
    assert client("LLEN", "l") == 1


@pytest.mark.parametrize(
    "command",
    [
        ("BLPOP", "l", 0.02),
        ("BLMPOP", 0.02, 1, "l", "LEFT"),
        ("BLMOVE", "l", "m", "LEFT", "LEFT", 0.02),
        ("BRPOPLPUSH", "l", "m", 0.02),
        ("BZPOPMIN", "z", 0.02),
        ("BZMPOP", 0.02, 1, "z", "MIN"),
    ],
    ids=lambda command: command[0],
)
@points(1)
def test_a_wait_ends_with_null_when_its_time_is_up(client, command):
    start = time.monotonic()
    client.send(*command)
    client.expect(b"*-1\r\n")
    assert time.monotonic() - start >= 0.02


@points(1)
def test_timeouts_are_checked(client):
    assert client.error("BLPOP", "l", -1) == "ERR timeout is negative"
    assert client.error("BLPOP", "l", "x") == "ERR timeout is not a float or out of range"
    assert client.error("BLPOP", "l", "inf") == "ERR timeout is negative"  # it overflows


@points(1)
def test_a_wait_may_be_as_long_as_anybody_likes(client, waiting):
    waiter = waiting("BLPOP", "l", 9223372036854775)
    client("RPUSH", "l", "x")
    assert waiter.reply() == [b"l", b"x"]


@points(1)
def test_waiting_for_a_key_of_another_type_is_refused_at_once(client):
    client("SET", "s", 1)
    assert client.error("BLPOP", "l", "s", 0) == "WRONGTYPE Operation against a key holding the wrong kind of value"


@points(1)
def test_a_key_that_becomes_another_type_does_not_end_the_wait(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    client("SET", "l", "not a list")
    client("DEL", "l")
    client("RPUSH", "l", "x")
    assert waiter.reply() == [b"l", b"x"]


@points(1)
def test_commands_sent_while_waiting_run_afterwards(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    waiter.send("SET", "k", "after")
    waiter.send("GET", "k")
    assert client("EXISTS", "k") == 0
    client("RPUSH", "l", "x")
    assert [waiter.reply(), waiter.reply(), waiter.reply()] == [[b"l", b"x"], "OK", b"after"]


@points(1)
def test_a_malformed_request_while_waiting_is_answered_when_its_turn_has_come(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    waiter.send_bytes(b"*1\r\n$4\r\nPING\r\n*x\r\n")
    client("RPUSH", "l", "x")
    assert [waiter.reply(), waiter.reply()] == [[b"l", b"x"], "PONG"]
    waiter.expect_closed(after=b"-ERR Protocol error: invalid multibulk length\r\n")


@points(2)
def test_a_client_that_was_killed_takes_no_element_with_it(client, connect):
    waiter = connect()
    number = waiter("CLIENT", "ID")
    waiter.send("BLPOP", "l", 0)
    eventually(lambda: blocked(client) == 1)
    killed, pushed, left = client.pipeline(("CLIENT", "KILL", "ID", number), ("RPUSH", "l", "x"), ("LLEN", "l"))
    assert (killed, pushed, left) == (1, 1, 1)


@points(1)
def test_a_list_that_replaces_another_value_serves_nobody(client, waiting):
    waiting("BLPOP", "k", 0)
    client("SET", "k", "no list")
    client("RPUSH", "source", 2, 1)
    client("SORT", "source", "STORE", "k")
    assert client("LRANGE", "k", 0, -1) == [b"1", b"2"]
    assert blocked(client) == 1


@points(1)
def test_a_client_that_left_is_not_served(client, waiting):
    gone, there = waiting("BLPOP", "l", 0), waiting("BLPOP", "l", 0)
    gone.close()
    eventually(lambda: blocked(client) == 1)
    client("RPUSH", "l", "x")
    assert there.reply() == [b"l", b"x"]


@points(2)
def test_blmove_passes_an_element_through_a_chain_of_waiting_clients(client, waiting):
    last = waiting("BLPOP", "c", 0)
    second = waiting("BLMOVE", "b", "c", "LEFT", "RIGHT", 0)
    first = waiting("BLMOVE", "a", "b", "LEFT", "RIGHT", 0)
    client("RPUSH", "a", "x")
    assert (first.reply(), second.reply(), last.reply()) == (b"x", b"x", [b"c", b"x"])
    assert client("DBSIZE") == 0


@points(1)
def test_blmove_onto_its_own_list_does_not_loop(client, waiting):
    waiter = waiting("BLMOVE", "l", "l", "LEFT", "RIGHT", 0)
    client("RPUSH", "l", "x")
    assert waiter.reply() == b"x"
    assert client("LRANGE", "l", 0, -1) == [b"x"]


@points(2)
def test_blmove_into_another_type_fails_and_the_next_in_line_is_served(client, waiting):
    client("SET", "string", 1)
    failing = waiting("BLMOVE", "l", "string", "LEFT", "LEFT", 0)
    healthy = waiting("BLPOP", "l", 0)
    client("RPUSH", "l", "x")
    assert failing.read_value() == ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")
    assert healthy.reply() == [b"l", b"x"]


@points(1)
def test_blmpop_takes_several_at_once(client, waiting):
    waiter = waiting("BLMPOP", 0, 2, "a", "b", "RIGHT", "COUNT", 2)
    client("RPUSH", "b", "1", "2", "3")
    assert waiter.reply() == [b"b", [b"3", b"2"]]


@points(1)
def test_inside_a_transaction_nothing_waits(client):
    client.pipeline(("MULTI",), ("BLPOP", "l", 0), ("BLMOVE", "a", "b", "LEFT", "LEFT", 0), ("BZPOPMAX", "z", 0))
    client.send("EXEC")
    client.expect(b"*3\r\n*-1\r\n$-1\r\n*-1\r\n")


@points(1)
def test_renaming_a_list_to_the_awaited_name_serves(client, waiting):
    waiter = waiting("BLPOP", "l", 0)
    client("RPUSH", "other", "x")
    client("RENAME", "other", "l")
    assert waiter.reply() == [b"l", b"x"]


@points(1)
def test_copy_move_and_sort_store_serve_too(client, waiting):
    client("RPUSH", "source", "1")
    copied = waiting("BLPOP", "copy", 0)
    client("COPY", "source", "copy")
    assert copied.reply() == [b"copy", b"1"]
    sorted_ = waiting("BLPOP", "sorted", 0)
    client("SORT", "source", "STORE", "sorted")
    assert sorted_.reply() == [b"sorted", b"1"]


@points(1)
def test_waiting_in_another_database_is_another_key(client, connect, waiting):
    waiter = waiting("BLPOP", "l", 0)
    other = connect()
    other("SELECT", 1)
    other("RPUSH", "l", "elsewhere")
    assert blocked(client) == 1
    client("RPUSH", "l", "here")
    assert waiter.reply() == [b"l", b"here"]


@points(2)
def test_swapdb_serves_those_who_wait_in_the_other_database(client, connect, waiting):
    waiter = waiting("BLPOP", "l", 0)
    other = connect()
    other("SELECT", 1)
    other("RPUSH", "l", "x")
    client("SWAPDB", 0, 1)
    assert waiter.reply() == [b"l", b"x"]


@points(1)
def test_client_unblock_ends_a_wait_as_if_by_time_or_with_an_error(client, waiting, connect):
    connection = connect()
    ident = connection("CLIENT", "ID")
    connection.send("BLPOP", "l", 0)
    eventually(lambda: blocked(client) == 1)
    assert client("CLIENT", "UNBLOCK", ident) == 1
    assert connection.reply() is None
    connection.send("BLPOP", "l", 0)
    eventually(lambda: blocked(client) == 1)
    assert client("CLIENT", "UNBLOCK", ident, "ERROR") == 1
    assert connection.read_value() == ReplyError("UNBLOCKED client unblocked via CLIENT UNBLOCK")
    assert client("CLIENT", "UNBLOCK", ident) == 0


@points(1)
def test_bzpopmin_and_max_wait_for_members(client, waiting):
    lowest, highest = waiting("BZPOPMIN", "z", 0), waiting("BZPOPMAX", "z", 0)
    client("ZADD", "z", 1, "a", 2, "b", 3, "c")
    assert lowest.reply() == [b"z", b"a", b"1"]
    assert highest.reply() == [b"z", b"c", b"3"]
    assert client("ZRANGE", "z", 0, -1) == [b"b"]


@points(1)
def test_bzmpop_takes_several_members(client, waiting):
    waiter = waiting("BZMPOP", 0, 2, "y", "z", "MAX", "COUNT", 2)
    client("ZADD", "z", 1, "a", 2, "b", 3, "c")
    assert waiter.reply() == [b"z", [[b"c", b"3"], [b"b", b"2"]]]


@points(1)
def test_list_and_sorted_set_waiters_of_one_key_each_wait_for_their_type(client, waiting):
    for_members, for_elements = waiting("BZPOPMIN", "k", 0), waiting("BLPOP", "k", 0)
    client("RPUSH", "k", "x")
    assert for_elements.reply() == [b"k", b"x"]
    client("ZADD", "k", 1, "m")
    assert for_members.reply() == [b"k", b"m", b"1"]
