"""The numbered databases of one server."""

import pytest

points = pytest.mark.points

OUT_OF_RANGE = "ERR DB index is out of range"


@pytest.fixture
def client1(connect):
    client = connect()
    client("SELECT", 1)
    return client


@points(1)
def test_databases_have_their_own_keys(client, client1):
    client("SET", "k", "zero")
    assert client1("GET", "k") is None
    client1("SET", "k", "one")
    assert client("GET", "k") == b"zero"


@points(1)
def test_select_is_per_connection_and_checked(client):
    assert client("SELECT", 15) == "OK"
    assert client.error("SELECT", 16) == OUT_OF_RANGE
    assert client.error("SELECT", -1) == OUT_OF_RANGE
    assert client.error("SELECT", "x") == "ERR value is not an integer or out of range"
    assert b" db=15 " in client("CLIENT", "INFO")


@points(1)
def test_the_number_of_databases_is_configured_at_the_start(fresh_server):
    client = fresh_server("--databases", 3).connect()
    assert client("SELECT", 2) == "OK"
    assert client.error("SELECT", 3) == OUT_OF_RANGE


@points(1)
def test_move_takes_value_and_time_to_live_along(client, client1):
    client("SET", "k", "v", "EX", 100)
    assert client("MOVE", "k", 1) == 1
    assert client("EXISTS", "k") == 0
    assert client1("GET", "k") == b"v"
    assert client1("TTL", "k") >= 99


@points(1)
def test_move_does_not_overwrite(client, client1):
    client("SET", "k", "zero")
    client1("SET", "k", "one")
    assert client("MOVE", "k", 1) == 0
    assert client("MOVE", "missing", 1) == 0
    assert client.error("MOVE", "k", 0) == "ERR source and destination objects are the same"
    assert client.error("MOVE", "k", 99) == OUT_OF_RANGE


@points(1)
def test_copy_into_another_database(client, client1):
    client("SET", "k", "v")
    assert client("COPY", "k", "k", "DB", 1) == 1
    assert client1("GET", "k") == b"v"
    assert client("COPY", "k", "k", "DB", 1) == 0
    assert client("COPY", "k", "k", "DB", 1, "REPLACE") == 1
    assert client.error("COPY", "k", "k", "DB", 99) == OUT_OF_RANGE


@points(1)
def test_swapdb_swaps_at_once_for_all_connections(client, client1):
    client("SET", "k", "zero")
    client1("SET", "k", "one", "EX", 100)
    assert client("SWAPDB", 0, 1) == "OK"
    assert client("GET", "k") == b"one" and client("TTL", "k") >= 99
    assert client1("GET", "k") == b"zero" and client1("TTL", "k") == -1
    assert client("SWAPDB", 0, 0) == "OK"


@points(1)
def test_swapdb_checks_its_numbers(client):
    assert client.error("SWAPDB", "x", 1) == "ERR invalid first DB index"
    assert client.error("SWAPDB", 0, "x") == "ERR invalid second DB index"
    assert client.error("SWAPDB", 0, 99) == OUT_OF_RANGE


@points(1)
def test_info_tells_keys_by_database_and_hides_empty_ones(client, client1):
    client("MSET", "a", 1, "b", 2)
    client1("SET", "c", 1, "EX", 100)
    client1("SELECT", 9)
    keyspace = client("INFO", "keyspace").decode()
    assert "db0:keys=2,expires=0,avg_ttl=0\r\n" in keyspace
    assert "db1:keys=1,expires=1,avg_ttl=" in keyspace
    assert "db9" not in keyspace
