"""Publish and subscribe: channels, patterns, and what a subscribed connection may still do."""

import pytest

from tests.waiting import eventually
from tests.wire import Push

points = pytest.mark.points


@pytest.fixture
def subscriber(connect):
    return connect()


@pytest.fixture
def subscriber3(connect):
    connection = connect()
    connection("HELLO", 3)
    return connection


@points(1)
def test_a_subscription_is_confirmed_with_the_count_so_far(subscriber):
    subscriber.send("SUBSCRIBE", "a", "b", "a")
    assert [subscriber.reply() for _ in range(3)] == [
        [b"subscribe", b"a", 1],
        [b"subscribe", b"b", 2],
        [b"subscribe", b"a", 2],
    ]


@points(1)
def test_a_message_reaches_all_subscribers_and_publish_counts_them(client, connect):
    subscribers = [connect() for _ in range(3)]
    for subscriber in subscribers:
        subscriber("SUBSCRIBE", "c")
    assert client("PUBLISH", "c", "hello") == 3
    assert client("PUBLISH", "other", "hello") == 0
    for subscriber in subscribers:
        assert subscriber.reply() == [b"message", b"c", b"hello"]


@points(1)
def test_a_pattern_receives_what_matches(client, subscriber):
    assert subscriber("PSUBSCRIBE", "news.*") == [b"psubscribe", b"news.*", 1]
    assert client("PUBLISH", "news.art", "x") == 1
    assert client("PUBLISH", "news", "x") == 0
    assert subscriber.reply() == [b"pmessage", b"news.*", b"news.art", b"x"]


@points(1)
def test_channel_and_pattern_of_one_client_both_receive(client, subscriber):
    subscriber("SUBSCRIBE", "c")
    assert subscriber("PSUBSCRIBE", "*") == [b"psubscribe", b"*", 2]
    assert client("PUBLISH", "c", "x") == 2
    assert subscriber.reply() == [b"message", b"c", b"x"]
    assert subscriber.reply() == [b"pmessage", b"*", b"c", b"x"]


@points(1)
def test_messages_keep_their_order(client, subscriber):
    subscriber("SUBSCRIBE", "c")
    client.pipeline(*[("PUBLISH", "c", n) for n in range(500)])
    assert [int(subscriber.reply()[2]) for _ in range(500)] == list(range(500))


@points(1)
def test_unsubscribing_ends_it(client, subscriber):
    subscriber("SUBSCRIBE", "a")
    subscriber("SUBSCRIBE", "b")
    assert subscriber("UNSUBSCRIBE", "a") == [b"unsubscribe", b"a", 1]
    assert client("PUBLISH", "a", "x") == 0
    assert subscriber("UNSUBSCRIBE", "no such") == [b"unsubscribe", b"no such", 1]


@points(1)
def test_unsubscribing_from_all_names_each(subscriber):
    subscriber("SUBSCRIBE", "a")
    subscriber("SUBSCRIBE", "b")
    subscriber.send("UNSUBSCRIBE")
    replies = [subscriber.reply(), subscriber.reply()]
    assert {reply[1] for reply in replies} == {b"a", b"b"}
    assert [reply[2] for reply in replies] == [1, 0]
    assert subscriber("UNSUBSCRIBE") == [b"unsubscribe", None, 0]
    assert subscriber("PUNSUBSCRIBE") == [b"punsubscribe", None, 0]


@points(1)
def test_a_subscribed_resp2_connection_may_only_subscribe_ping_and_quit(subscriber):
    subscriber("SUBSCRIBE", "c")
    assert subscriber.error("GET", "k") == (
        "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
        "are allowed in this context"
    )
    assert subscriber("PING") == [b"pong", b""]
    assert subscriber("PING", "hello") == [b"pong", b"hello"]
    subscriber("UNSUBSCRIBE")
    assert subscriber("GET", "k") is None


@points(1)
def test_a_subscribed_connection_may_reset_or_quit(connect, client):
    subscriber = connect()
    subscriber("SUBSCRIBE", "c")
    assert subscriber("RESET") == "RESET"
    assert subscriber("GET", "k") is None
    subscriber("SUBSCRIBE", "c")
    assert subscriber("QUIT") == "OK"
    subscriber.expect_closed()
    assert eventually(lambda: client("PUBLISH", "c", "x") == 0)


@points(1)
def test_a_subscribed_resp3_connection_may_do_anything_and_messages_are_pushes(client, subscriber3):
    confirmation = subscriber3("SUBSCRIBE", "c")
    assert isinstance(confirmation, Push) and confirmation == [b"subscribe", b"c", 1]
    assert subscriber3("SET", "k", "v") == "OK"
    assert subscriber3("PING") == "PONG"
    client("PUBLISH", "c", "x")
    message = subscriber3.reply()
    assert isinstance(message, Push) and message == [b"message", b"c", b"x"]


@points(1)
def test_publishing_to_oneself_in_resp3_pushes_beside_the_reply(subscriber3):
    subscriber3("SUBSCRIBE", "c")
    subscriber3.send("PUBLISH", "c", "x")
    assert {repr(subscriber3.reply()), repr(subscriber3.reply())} == {repr(Push([b"message", b"c", b"x"])), "1"}


@points(1)
def test_a_message_published_in_a_transaction_arrives_after_it(client, subscriber):
    subscriber("SUBSCRIBE", "c")
    assert client.transaction(("PUBLISH", "c", "x"), ("SET", "k", 1)) == [1, "OK"]
    assert subscriber.reply() == [b"message", b"c", b"x"]


@points(1)
def test_databases_make_no_difference(client, subscriber):
    subscriber("SELECT", 3)
    subscriber("SUBSCRIBE", "c")
    assert client("PUBLISH", "c", "x") == 1


@points(1)
def test_pubsub_tells_who_listens(client, connect):
    one, two = connect(), connect()
    one("SUBSCRIBE", "news.art")
    two("SUBSCRIBE", "news.art")
    two("SUBSCRIBE", "weather")
    two("PSUBSCRIBE", "n*")
    assert sorted(client("PUBSUB", "CHANNELS")) == [b"news.art", b"weather"]
    assert client("PUBSUB", "CHANNELS", "n*") == [b"news.art"]
    assert client("PUBSUB", "NUMSUB", "news.art", "weather", "x") == [b"news.art", 2, b"weather", 1, b"x", 0]
    assert client("PUBSUB", "NUMSUB") == []
    assert client("PUBSUB", "NUMPAT") == 1


@points(1)
def test_a_pattern_of_two_subscribers_is_one_pattern(client, connect):
    for _ in range(2):
        connect()("PSUBSCRIBE", "n*")
    assert client("PUBSUB", "NUMPAT") == 1


@points(1)
def test_shard_channels_are_a_world_of_their_own(client, subscriber):
    assert subscriber("SSUBSCRIBE", "c") == [b"ssubscribe", b"c", 1]
    assert client("PUBLISH", "c", "x") == 0
    assert client("SPUBLISH", "c", "y") == 1
    assert subscriber.reply() == [b"smessage", b"c", b"y"]
    assert client("PUBSUB", "SHARDCHANNELS") == [b"c"]
    assert client("PUBSUB", "SHARDNUMSUB", "c") == [b"c", 1]
    assert subscriber("SUNSUBSCRIBE") == [b"sunsubscribe", b"c", 0]


@points(1)
def test_redis_py_hears_what_it_subscribed_to(redis):
    with redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("c")
        listener.get_message(timeout=5)
        assert redis.publish("c", "x") == 1
        message = eventually(lambda: listener.get_message(timeout=1))
    assert (message["type"], message["channel"], message["data"]) == ("message", b"c", b"x")
