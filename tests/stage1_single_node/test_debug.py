"""DEBUG, for tests and lessons, behind enable-debug-command."""

import time

import pytest

points = pytest.mark.points


@pytest.fixture(scope="module")
def debug_server(target, tmp_path_factory):
    server = target.start(tmp_path_factory.mktemp("debug"), "--enable-debug-command", "yes")
    yield server
    server.end()


@pytest.fixture
def debug(debug_server):
    with debug_server.connect() as connection:
        connection("FLUSHALL")
        yield connection


@points(1)
def test_debug_is_not_allowed_by_default(client):
    assert client.error("DEBUG", "SLEEP", 0) == (
        'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a '
        "local connection, otherwise you need to set this option in the configuration file, and then restart the "
        "server."
    )


@points(1)
def test_local_means_from_this_machine(fresh_server):
    assert fresh_server("--enable-debug-command", "local").connect()("DEBUG", "SLEEP", 0) == "OK"


@points(1)
def test_sleep_stops_the_whole_server(debug, debug_server):
    other = debug_server.connect()
    start = time.monotonic()
    debug.send("DEBUG", "SLEEP", "0.05")
    debug.reply()
    assert other("PING") == "PONG"
    assert time.monotonic() - start >= 0.05


@points(1)
def test_object_tells_how_a_value_is_kept(debug):
    debug("SET", "k", "value")
    line = debug("DEBUG", "OBJECT", "k")
    fields = dict(field.split(":", 1) for field in line.split() if ":" in field)
    assert (fields["refcount"], fields["encoding"], fields["lru_seconds_idle"]) == ("1", "embstr", "0")
    assert int(fields["serializedlength"]) > 0
    assert debug.error("DEBUG", "OBJECT", "missing") == "ERR no such key"


@points(2)
def test_digests_are_equal_exactly_when_the_content_is(debug):
    assert debug("DEBUG", "DIGEST") == "0" * 40
    debug("SET", "s", "v")
    debug("SADD", "set", *range(1000), "a", "b")
    debug("HSET", "h", "f", "v", "g", "w")
    debug("ZADD", "z", 1, "a", 2, "b")
    debug("RPUSH", "l", 1, 2, 3)
    first = debug("DEBUG", "DIGEST")
    debug("FLUSHALL")
    debug("RPUSH", "l", 1, 2, 3)
    debug("ZADD", "z", 2, "b", 1, "a")
    debug("HSET", "h", "g", "w", "f", "v")
    debug("SADD", "set", "b", "a", *reversed(range(1000)))
    debug("SET", "s", "v")
    assert debug("DEBUG", "DIGEST") == first
    debug("LSET", "l", 0, 2)
    assert debug("DEBUG", "DIGEST") != first


@points(1)
def test_digests_of_values(debug):
    debug("SET", "a", "v")
    debug("SET", "b", "v")
    same, also, missing = debug("DEBUG", "DIGEST-VALUE", "a", "b", "missing")
    assert same == also != missing == "0" * 40


@points(1)
def test_digest_of_a_string_is_the_real_one_s(debug):
    debug("SET", "key", "value")
    assert debug("DEBUG", "DIGEST") == "f149f3abd419a8d7d8c5673c73a100bb87404213"


@points(1)
def test_populate_makes_keys(debug):
    assert debug("DEBUG", "POPULATE", 100) == "OK"
    assert (debug("DBSIZE"), debug("GET", "key:7")) == (100, b"value:7")
    debug("DEBUG", "POPULATE", 3, "other", 10)
    assert debug("GET", "other:0") == b"value:0\x00\x00\x00"


@points(1)
def test_errors_logs_and_unknown_subcommands(debug):
    assert debug.error("DEBUG", "ERROR", "BAD things") == "BAD things"
    assert debug("DEBUG", "LOG", "hello") == "OK"
    assert debug.error("DEBUG", "NOSUCH") == (
        "ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP."
    )
    assert debug("DEBUG", "HELP")[0] == "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"


@points(1)
def test_switches_are_taken(debug):
    for words in [("SET-ACTIVE-EXPIRE", 1), ("QUICKLIST-PACKED-THRESHOLD", 0), ("PAUSE-CRON", 0), ("CHANGE-REPL-ID",)]:
        assert debug("DEBUG", *words) == "OK"


@points(1)
def test_change_repl_id_changes_it(debug):
    def replid():
        return debug("INFO", "replication").split(b"master_replid:")[1].split(b"\r")[0]

    before = replid()
    debug("DEBUG", "CHANGE-REPL-ID")
    assert replid() != before and len(replid()) == 40


@points(1)
def test_hash_table_statistics(debug):
    debug("MSET", *[word for n in range(50) for word in (n, n)])
    assert b" number of elements: 50\n" in debug("DEBUG", "HTSTATS", 0)
