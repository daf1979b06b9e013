"""requirepass: nothing before AUTH."""

import pytest

points = pytest.mark.points

NOAUTH = "NOAUTH Authentication required."
WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled."


@pytest.fixture(scope="module")
def locked(target, tmp_path_factory):
    server = target.start(tmp_path_factory.mktemp("locked"), "--requirepass", "secret")
    yield server
    server.end()


@pytest.fixture
def stranger(locked):
    with locked.connect() as connection:
        yield connection


@points(1)
def test_a_stranger_is_refused_everything(stranger):
    for command in [("GET", "k"), ("PING",), ("SET", "k", "v"), ("CONFIG", "GET", "*"), ("SUBSCRIBE", "c"), ("MULTI",)]:
        assert stranger.error(*command) == NOAUTH


@points(1)
def test_even_a_command_that_does_not_exist(stranger):
    assert stranger.error("NOSUCH").startswith("ERR unknown command 'NOSUCH'")
    assert stranger.error("GET") == "ERR wrong number of arguments for 'get' command"


@points(1)
def test_the_password_opens_for_this_connection_alone(stranger, locked):
    assert stranger("AUTH", "secret") == "OK"
    assert stranger("PING") == "PONG"
    with locked.connect() as other:
        assert other.error("PING") == NOAUTH


@points(1)
def test_the_default_user_has_that_password(stranger):
    assert stranger("AUTH", "default", "secret") == "OK"


@points(1)
def test_a_wrong_password_is_refused_and_keeps_what_was(stranger):
    assert stranger.error("AUTH", "wrong") == WRONGPASS
    assert stranger.error("AUTH", "nobody", "secret") == WRONGPASS
    assert stranger.error("PING") == NOAUTH
    stranger("AUTH", "secret")
    assert stranger.error("AUTH", "wrong") == WRONGPASS
    assert stranger("PING") == "PONG"


@points(1)
def test_hello_authenticates(stranger):
    assert stranger.error("HELLO", 3) == (
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> "
        "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
    )
    assert stranger.error("HELLO", 3, "AUTH", "default", "wrong") == WRONGPASS
    assert stranger("HELLO", 3, "AUTH", "default", "secret")[b"proto"] == 3
    assert stranger("PING") == "PONG"


@points(1)
def test_reset_and_quit_are_for_everybody_and_reset_locks_again(stranger):
    stranger("AUTH", "secret")
    assert stranger("RESET") == "RESET"
    assert stranger.error("PING") == NOAUTH
    assert stranger("QUIT") == "OK"


@points(1)
def test_strangers_may_send_only_little(locked):
    with locked.connect() as many:
        many.send_bytes(b"*11\r\n")
        many.expect_closed(after=b"-ERR Protocol error: unauthenticated multibulk length\r\n")
    with locked.connect() as long:
        long.send_bytes(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n")
        long.expect_closed(after=b"-ERR Protocol error: unauthenticated bulk length\r\n")


@points(1)
def test_what_is_too_much_for_a_stranger_may_stand_behind_auth_in_one_write(stranger):
    answers = stranger.pipeline(
        ("AUTH", "secret"), ("SET", "k", "x" * 20_000), ("MSET", *range(20)), ("STRLEN", "k"), ("DEL", *range(20), "k")
    )
    assert answers == ["OK", "OK", "OK", 20_000, 11]


@points(1)
def test_auth_without_a_password_to_give(client):
    assert client.error("AUTH", "anything") == (
        "ERR AUTH <password> called without any password configured for the default user. "
        "Are you sure your configuration is correct?"
    )
    assert client("AUTH", "default", "anything") == "OK"
    assert client.error("AUTH", "a", "b", "c") == "ERR syntax error"


@points(1)
def test_a_password_set_while_running_locks_new_connections_out(fresh_server):
    server = fresh_server()
    before = server.connect()
    assert before("CONFIG", "SET", "requirepass", "secret") == "OK"
    assert before("PING") == "PONG"
    assert server.connect().error("PING") == NOAUTH
    before("CONFIG", "SET", "requirepass", "")
    assert server.connect()("PING") == "PONG"


@points(1)
def test_redis_py_logs_in(locked):
    with locked.redis(password="secret") as redis:
        assert redis.ping()
