"""How a server goes: saving or not, by SHUTDOWN or a signal, and when it refuses to go."""

import signal

import pytest

from tests.stage2_persistence.asking import persistence
from tests.waiting import eventually

points = pytest.mark.points

SAVE_POINT = ("--save", "3600 1")
REFUSED = "ERR Errors trying to SHUTDOWN. Check logs."


def block_saving(here):
    """A directory stands where the snapshot would go: even root cannot rename a file over it."""
    here.rdb.mkdir()


@pytest.mark.parametrize(
    ("directives", "options", "saved"),
    [
        (SAVE_POINT, (), True),
        (SAVE_POINT, ("NOW",), True),
        (SAVE_POINT, ("FORCE",), True),
        (SAVE_POINT, ("NOSAVE",), False),
        ((), (), False),
        ((), ("SAVE",), True),
        ((), ("SAVE", "NOW", "FORCE"), True),
        ((), ("NOSAVE", "FORCE"), False),
    ],
    ids=str,
)
@points(1)
def test_shutdown_saves_where_there_are_save_points_or_it_is_told_to(node, directives, options, saved):
    here = node(*directives)
    client = here.start()
    client("SET", "k", "v")
    here.shut_down(*options)
    assert here.names == (["dump.rdb"] if saved else [])
    assert here.restart()("GET", "k") == (b"v" if saved else None)


@points(1)
def test_shutdown_closes_every_connection_without_a_reply(node):
    here = node(*SAVE_POINT)
    client, other = here.start(), here.server.connect()
    client.send("SHUTDOWN")
    client.expect_closed()
    other.expect_closed()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@points(1)
def test_a_signal_is_a_shutdown(node, number):
    here = node(*SAVE_POINT)
    here.start()("SET", "k", "v")
    here.server.process.signal(number)
    assert here.server.wait_for_end() == 0
    assert here.restart()("GET", "k") == b"v"


@points(1)
def test_what_a_signal_does_can_be_chosen(node):
    here = node(*SAVE_POINT)
    here.start("--shutdown-on-sigterm", "nosave")("SET", "k", "v")
    here.terminate()
    assert here.server.wait_for_end() == 0
    assert here.restart()("DBSIZE") == 0


@points(2)
def test_a_server_that_cannot_save_refuses_to_go(node):
    here = node(*SAVE_POINT)
    client = here.start()
    client("SET", "k", "v")
    block_saving(here)
    assert client.error("SHUTDOWN") == REFUSED
    assert client.error("SHUTDOWN", "SAVE") == REFUSED
    assert client("GET", "k") == b"v"
    here.rdb.rmdir()
    here.shut_down()
    assert here.restart()("GET", "k") == b"v"


@points(2)
def test_a_signal_is_refused_too(node):
    here = node(*SAVE_POINT)
    client = here.start()
    client("SET", "k", "v")
    block_saving(here)
    here.terminate()
    eventually(lambda: "can't exit" in here.log)
    assert client("GET", "k") == b"v"


@pytest.mark.parametrize("options", [("FORCE",), ("NOSAVE",)], ids=str)
@points(1)
def test_force_and_nosave_end_a_server_that_cannot_save(node, options):
    here = node(*SAVE_POINT)
    here.start()("SET", "k", "v")
    block_saving(here)
    here.shut_down(*options)


@points(1)
def test_a_snapshot_in_the_background_is_given_up(node):
    here = node("--rdb-key-save-delay", 1_000_000)
    client = here.start()
    client("MSET", *range(200))
    client("BGSAVE")
    assert persistence(client)["rdb_bgsave_in_progress"] == "1"
    here.shut_down("NOSAVE")
    eventually(lambda: here.names == [])


@pytest.mark.parametrize("policy", ["always", "everysec", "no"])
@points(1)
def test_shutdown_leaves_every_write_in_the_append_only_file(node, policy):
    here = node("--appendonly", "yes", "--appendfsync", policy)
    client = here.start()
    client.pipeline(*[("RPUSH", "l", n) for n in range(100)])
    here.shut_down()
    assert "dump.rdb" not in here.names
    assert here.restart()("LLEN", "l") == 100


@points(1)
def test_both_kinds_of_files_are_left_and_the_append_only_one_is_loaded(node):
    here = node("--appendonly", "yes", *SAVE_POINT)
    here.start()("SET", "k", "v")
    here.shut_down()
    assert "dump.rdb" in here.names
    client = here.start()
    client("SET", "k", "w")
    assert here.restart()("GET", "k") == b"w"


@points(2)
def test_a_server_whose_first_append_only_file_is_not_whole_refuses_to_go(node):
    here = node("--rdb-key-save-delay", 1_000_000)
    client = here.start()
    client("MSET", *range(200))
    client("CONFIG", "SET", "appendonly", "yes")
    assert client.error("SHUTDOWN") == REFUSED
    here.shut_down("FORCE")
