"""MULTI, EXEC, DISCARD, WATCH: all or nothing, and only if nothing watched has changed."""

import pytest

from tests.waiting import eventually
from tests.wire import ReplyError

points = pytest.mark.points

ABORTED = "EXECABORT Transaction discarded because of previous errors."
WRONG_TYPE = ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")


@pytest.fixture
def other(connect):
    return connect()


# ── queueing ──


@points(1)
def test_commands_are_queued_and_run_together(client, other):
    client("MULTI")
    assert client("SET", "k", 1) == "QUEUED"
    assert client("INCR", "k") == "QUEUED"
    assert other("EXISTS", "k") == 0
    assert client("EXEC") == ["OK", 2]
    assert other("GET", "k") == b"2"


@points(1)
def test_an_empty_transaction_is_an_empty_array(client):
    client("MULTI")
    assert client("EXEC") == []


@points(1)
def test_discard_forgets_the_queue_and_the_watches(client, other):
    client("WATCH", "k")
    client("MULTI")
    client("SET", "k", 1)
    assert client("DISCARD") == "OK"
    assert client("EXISTS", "k") == 0
    other("SET", "k", 2)
    assert client.transaction(("PING",)) == ["PONG"]


@points(1)
def test_out_of_place(client):
    assert client.error("EXEC") == "ERR EXEC without MULTI"
    assert client.error("DISCARD") == "ERR DISCARD without MULTI"
    client("MULTI")
    assert client.error("MULTI") == "ERR MULTI calls can not be nested"
    assert client.error("WATCH", "k") == "ERR WATCH inside MULTI is not allowed"
    assert client("PING") == "QUEUED"
    assert client("EXEC") == ["PONG"]


@points(1)
def test_an_error_while_executing_does_not_stop_the_rest(client):
    client("SET", "s", "x")
    results = client.transaction(("LPUSH", "s", 1), ("SET", "k", 1), ("INCR", "s"))
    assert results == [WRONG_TYPE, "OK", ReplyError("ERR value is not an integer or out of range")]
    assert client("GET", "k") == b"1"


@pytest.mark.parametrize("bad", [("NOSUCH",), ("GET",), ("CONFIG", "NOSUCH"), ("SET", "k")], ids=str)
@points(1)
def test_an_error_while_queueing_aborts_the_whole(client, bad):
    client("MULTI")
    client("SET", "k", 1)
    client.error(*bad)
    assert client.error("EXEC") == ABORTED
    assert client("EXISTS", "k") == 0
    assert client.transaction(("PING",)) == ["PONG"]


@points(1)
def test_an_exec_that_is_refused_itself_says_why_and_ends_the_transaction(client):
    client("MULTI")
    client("SET", "k", 1)
    assert client.error("EXEC", "now") == (
        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
    )
    assert client.error("EXEC") == "ERR EXEC without MULTI"
    assert client("EXISTS", "k") == 0


@points(1)
def test_reset_ends_the_transaction_and_the_watches(client, other):
    client("WATCH", "k")
    client("MULTI")
    client("SET", "k", 1)
    assert client("RESET") == "RESET"
    assert client.error("EXEC") == "ERR EXEC without MULTI"
    other("SET", "k", 2)
    assert client.transaction(("GET", "k")) == [b"2"]


@points(1)
def test_quit_inside_a_transaction_is_not_queued(client, other):
    client("MULTI")
    client("SET", "k", 1)
    assert client("QUIT") == "OK"
    client.expect_closed()
    assert other("EXISTS", "k") == 0


@points(1)
def test_the_protocol_may_change_in_the_middle_of_a_transaction(client):
    results = client.transaction(("HGETALL", "missing"), ("HELLO", 3), ("HGETALL", "missing"))
    assert results[0] == []
    assert results[1][b"proto"] == 3
    assert results[2] == {}


@points(1)
def test_a_message_to_oneself_arrives_where_it_was_published(client):
    client("HELLO", 3)
    client("SUBSCRIBE", "c")
    client("MULTI")
    for command in (("PING",), ("PUBLISH", "c", "x"), ("PING",)):
        assert client(*command) == "QUEUED"
    client.send("EXEC")
    client.expect(b"*3\r\n+PONG\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n:1\r\n+PONG\r\n")


@points(1)
def test_shard_channels_cannot_be_subscribed_to_inside_a_transaction(client):
    error = ReplyError("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
    assert client.transaction(("SSUBSCRIBE", "c"), ("PING",)) == [error, "PONG"]


@points(1)
def test_time_stands_still_inside_a_transaction(fresh_server):
    client = fresh_server("--enable-debug-command", "yes").connect()
    expiring = ("SET", "k", "v", "PX", 30)
    assert client.transaction(expiring, ("DEBUG", "SLEEP", 0.05), ("GET", "k")) == ["OK", "OK", b"v"]
    assert client.pipeline(expiring, ("DEBUG", "SLEEP", 0.05), ("GET", "k")) == ["OK", "OK", None]


@points(1)
def test_monitor_inside_a_transaction_is_refused_when_it_runs(client):
    assert client.transaction(("MONITOR",)) == [ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client")]


@points(1)
def test_subscribing_inside_a_transaction_confirms_among_the_results(client):
    assert client.transaction(("SUBSCRIBE", "c"), ("PING",)) == [[b"subscribe", b"c", 1], [b"pong", b""]]


@points(1)
def test_shutdown_cannot_be_queued(client):
    client("MULTI")
    assert client.error("SHUTDOWN", "NOSAVE") == "ERR Command not allowed inside a transaction"
    assert client.error("EXEC") == ABORTED


@points(1)
def test_a_transaction_of_thousands_of_commands(client):
    client("MULTI")
    client.pipeline(*[("INCR", "n")] * 3000)
    assert client("EXEC") == list(range(1, 3001))


@points(2)
def test_nobody_sees_the_middle_of_a_transaction(client, other):
    seen = []
    for _ in range(10):
        client.send("MULTI")
        for _ in range(20):
            client.send("INCR", "n")
            seen.append(int(other("GET", "n") or 0))
        client.send("EXEC")
    assert all(value % 20 == 0 for value in seen)


@points(1)
def test_a_client_that_leaves_inside_multi_has_done_nothing(client, other):
    client("MULTI")
    client("SET", "k", 1)
    client.close()
    assert other("EXISTS", "k") == 0


@points(1)
def test_select_inside_a_transaction_counts_for_what_follows(client, other):
    assert client.transaction(("SELECT", 1), ("SET", "k", 1)) == ["OK", "OK"]
    assert other("EXISTS", "k") == 0
    assert client("EXISTS", "k") == 1


# ── WATCH ──


def touched(client, change, *keys):
    """Does EXEC refuse after WATCH keys and the change?"""
    assert client("WATCH", *keys) == "OK"
    change()
    client("MULTI")
    client("PING")
    return client("EXEC") is None


@points(1)
def test_an_unchanged_watched_key_lets_the_transaction_pass(client, other):
    client("SET", "k", 1)
    assert not touched(client, lambda: other("GET", "k"), "k")


@points(1)
def test_a_changed_watched_key_discards_the_transaction(client, other):
    assert touched(client, lambda: other("SET", "k", 1), "k")
    assert touched(client, lambda: other("SET", "k", 1), "a", "k", "b")


@points(1)
def test_a_change_by_the_watcher_itself_counts(client):
    assert touched(client, lambda: client("SET", "k", 1), "k")


@points(1)
def test_writing_the_same_value_is_a_change_and_a_write_without_effect_is_none(client, other):
    client("SET", "k", 1)
    client("SADD", "s", "a")
    assert touched(client, lambda: other("SET", "k", 1), "k")
    assert not touched(client, lambda: other("SADD", "s", "a"), "s")
    assert not touched(client, lambda: other("DEL", "missing"), "missing")


@points(1)
def test_watches_last_for_one_exec(client, other):
    touched(client, lambda: other("SET", "k", 1), "k")
    other("SET", "k", 2)
    assert client.transaction(("PING",)) == ["PONG"]


@points(1)
def test_unwatch_forgets_all(client, other):
    client("WATCH", "a", "b")
    other("SET", "a", 1)
    assert client("UNWATCH") == "OK"
    assert client.transaction(("PING",)) == ["PONG"]


@points(1)
def test_deleting_and_creating_again_is_a_change(client, other):
    client("SET", "k", 1)
    assert touched(client, lambda: (other("DEL", "k"), other("SET", "k", 1)), "k")


@points(1)
def test_the_same_name_in_another_database_is_another_key(client, other):
    other("SELECT", 1)
    assert not touched(client, lambda: other("SET", "k", 1), "k")


@points(1)
def test_a_watch_stays_with_the_database_it_was_made_in(client, other):
    client("WATCH", "k")
    client("SELECT", 1)
    other("SET", "k", 1)
    client("MULTI")
    assert client("EXEC") is None


@points(2)
def test_a_watched_key_that_expires_discards(client, other):
    client("SET", "k", 1, "PX", 20)
    assert touched(client, lambda: eventually(lambda: other("EXISTS", "k") == 0), "k")


@points(2)
def test_a_key_that_had_expired_before_the_watch_and_is_removed_later_does_not_discard(fresh_server):
    server = fresh_server("--enable-debug-command", "yes")
    client, other = server.connect(), server.connect()
    other("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    other("SET", "k", 1, "PX", 1)
    eventually(lambda: other("KEYS", "*") == [])
    assert not touched(client, lambda: other("GET", "k"), "k")


@points(1)
def test_setting_a_time_to_live_is_a_change(client, other):
    client("SET", "k", 1)
    assert touched(client, lambda: other("EXPIRE", "k", 100), "k")
    assert touched(client, lambda: other("PERSIST", "k"), "k")


@points(1)
def test_flushing_discards_only_for_keys_that_were_there(client, other):
    client("SET", "k", 1)
    assert touched(client, lambda: other("FLUSHALL"), "k")
    client("SET", "k", 1)
    assert touched(client, lambda: other("FLUSHDB"), "k")
    assert not touched(client, lambda: other("FLUSHALL"), "missing")


@points(2)
def test_swapdb_discards_where_it_changes_what_the_key_is(client, other):
    client("SET", "k", 1)
    assert touched(client, lambda: other("SWAPDB", 0, 1), "k")
    assert touched(client, lambda: other("SWAPDB", 0, 1), "k")  # it comes back
    assert not touched(client, lambda: other("SWAPDB", 0, 1), "missing")


@points(1)
def test_rename_move_and_copy_change_both_ends(client, other):
    client("SET", "a", 1)
    assert touched(client, lambda: other("RENAME", "a", "b"), "a")
    assert touched(client, lambda: other("RENAME", "b", "a"), "a")
    assert touched(client, lambda: other("COPY", "a", "c"), "c")
    assert touched(client, lambda: other("MOVE", "c", 1), "c")


@points(1)
def test_serving_a_waiting_client_is_a_change(client, other, connect):
    waiter = connect()
    waiter.send("BLMOVE", "from", "to", "LEFT", "LEFT", 0)
    eventually(lambda: b"blocked_clients:1" in other("INFO", "clients"))
    assert touched(client, lambda: other("RPUSH", "from", "x"), "to")
    assert waiter.reply() == b"x"


@points(1)
def test_watching_through_redis_py_gives_optimistic_locking(redis):
    redis.set("n", 1)
    with redis.pipeline() as transaction:
        transaction.watch("n")
        value = int(transaction.get("n"))
        transaction.multi()
        transaction.set("n", value + 1)
        assert transaction.execute() == [True]
    assert redis.get("n") == b"2"
