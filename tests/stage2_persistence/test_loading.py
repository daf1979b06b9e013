"""While a server loads its files: what clients are told, and what they may ask."""

import pytest

from tests.stage2_persistence.asking import everything, field, persistence
from tests.waiting import eventually
from tests.wire import Closed, ReplyError, encode

points = pytest.mark.points

KEYS = 2000
LOADING = "LOADING Redis is loading the dataset in memory"
# Ten seconds at this pace, with clients looked after about fifty times; each test ends that as it likes.
SLOW = ("--key-load-delay", 5000, "--loading-process-events-interval-bytes", 1024)


@pytest.fixture(scope="module")
def snapshot(module_node):
    client = module_node.start()
    client("DEBUG", "POPULATE", KEYS, "key", 20)
    client("SAVE")
    return module_node.rdb.read_bytes()


@pytest.fixture
def loading(node, snapshot):
    """A node whose server has long to load, and a connection to that server."""
    here = node()
    here.rdb.write_bytes(snapshot)
    here.begin(*SLOW)
    return here, connected(here)


def connected(here):
    """A connection on which INFO was answered: the server serves, whatever else it does."""

    def attempt():
        try:
            client = here.server.connect()
            client("INFO", "persistence")
        except (OSError, Closed, ReplyError):
            return None
        return client

    return eventually(attempt)


def finish(client):
    client("CONFIG", "SET", "key-load-delay", 0)
    eventually(lambda: persistence(client)["loading"] == "0")


@points(2)
def test_commands_are_refused_until_all_is_loaded(loading):
    _, client = loading
    for command in [("GET", "key:0"), ("SET", "k", "v"), ("DBSIZE",), ("PING",), ("SAVE",), ("BGREWRITEAOF",)]:
        assert client.error(*command) == LOADING
    finish(client)
    assert (client("DBSIZE"), client("PING")) == (KEYS, "PONG")


@points(1)
def test_what_needs_no_data_is_answered(loading):
    _, client = loading
    assert client("CONFIG", "GET", "port")
    assert client("CLIENT", "SETNAME", "x") == "OK"
    assert client("SELECT", 3) == "OK"
    assert client("HELLO", 3)[b"role"] == b"master"
    assert client("SUBSCRIBE", "c") == [b"subscribe", b"c", 1]


@points(1)
def test_a_transaction_is_refused_with_its_commands(loading):
    _, client = loading
    client("MULTI")
    assert client.error("SET", "k", "v") == LOADING
    assert client.error("EXEC") == "EXECABORT Transaction discarded because of previous errors."


@points(2)
def test_info_tells_how_far_it_is(loading, snapshot):
    _, client = loading
    info = persistence(client)
    assert info["loading"] == "1"
    assert int(info["loading_total_bytes"]) == len(snapshot)
    assert 0 <= int(info["loading_loaded_bytes"]) < len(snapshot)
    assert 0 <= float(info["loading_loaded_perc"]) < 100
    assert set(info) >= {"loading_start_time", "loading_rdb_used_mem", "loading_eta_seconds"}
    seen = int(info["loading_loaded_bytes"])
    eventually(lambda: field(client, "loading_loaded_bytes") > seen)
    finish(client)
    assert "loading_total_bytes" not in persistence(client)
    assert field(client, "rdb_last_load_keys_loaded") == KEYS


@points(1)
def test_a_loading_server_can_be_ended_and_its_file_stays(loading, snapshot):
    here, client = loading
    client.send("SHUTDOWN")
    assert here.server.wait_for_end() == 0
    assert here.rdb.read_bytes() == snapshot


@points(1)
def test_a_signal_ends_it_too(loading, snapshot):
    here, _ = loading
    here.terminate()
    here.server.wait_for_end()
    assert here.rdb.read_bytes() == snapshot


@points(2)
def test_clients_are_told_while_an_append_only_file_loads(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    here.start()
    here.kill()
    here.manifest.incremental.write_bytes(b"".join(encode("SET", n, "v") for n in range(10_000)))
    here.begin("--key-load-delay", 200, "--loading-process-events-interval-bytes", 1024)
    client = connected(here)
    assert client.error("GET", 1) == LOADING
    assert persistence(client)["loading"] == "1"
    finish(client)
    assert client("DBSIZE") == 10_000


@points(1)
def test_reload_keeps_clients_waiting_no_longer_than_it_takes(client):
    client("SET", "k", "v")
    assert client.pipeline(("DEBUG", "RELOAD"), ("GET", "k")) == ["OK", b"v"]
    assert everything(client) == {(0, "k"): (b"v", -1)}
