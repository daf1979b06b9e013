"""A disk without room for the append-only file: nothing acknowledged is lost, and clients are told.

The room is that of one process: the limit of the size of its files (setrlimit(2)'s RLIMIT_FSIZE), set from outside.
"""

import pytest

from tests.stage2_persistence.asking import persistence
from tests.stage2_persistence.files import commands
from tests.waiting import eventually
from tests.wire import Closed, ReplyError

points = pytest.mark.points

# Larger than any log, of which a word may be needed.
BALLAST = "x" * 100_000
TOLD = "MISCONF Errors writing to the AOF file: "


def fill(here, client, limit_files, room):
    """BALLAST stands in the file, and there is room for so many bytes more."""
    client("SET", "ballast", BALLAST)
    eventually(lambda: here.manifest.incremental.stat().st_size > len(BALLAST))
    limit_files(here, here.manifest.incremental.stat().st_size + room)


def write_until_refused(client):
    """RPUSH l 0, 1, 2 …: how many were acknowledged before the first that was not."""
    for n in range(10_000):
        try:
            client("RPUSH", "l", n)
        except (ReplyError, Closed, ConnectionError):
            return n
    raise AssertionError("there was no end to it")


@pytest.mark.parametrize("policy", ["everysec", "no"])
@points(2)
def test_writes_are_refused_until_there_is_room_again(node, limit_files, policy):
    here = node("--appendonly", "yes", "--appendfsync", policy)
    client = here.start()
    fill(here, client, limit_files, room=200)
    write_until_refused(client)
    assert client.error("SET", "k", "v").startswith(TOLD)
    assert client.error("PING").startswith(TOLD)
    assert client("STRLEN", "ballast") == len(BALLAST)
    assert persistence(client)["aof_last_write_status"] == "err"
    limit_files(here, None)
    eventually(lambda: persistence(client)["aof_last_write_status"] == "ok")
    assert client("SET", "k", "v") == "OK"


@points(3)
def test_what_was_acknowledged_is_written_when_there_is_room_again(node, limit_files):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    fill(here, client, limit_files, room=200)
    count = write_until_refused(client)
    held = client("LRANGE", "l", 0, -1)
    assert len(held) >= count > 0
    limit_files(here, None)
    eventually(lambda: persistence(client)["aof_last_write_status"] == "ok")
    client("RPUSH", "l", "afterwards")
    assert here.restart()("LRANGE", "l", 0, -1) == [*held, b"afterwards"]


@points(2)
def test_no_half_command_stays_in_the_file(node, limit_files):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    fill(here, client, limit_files, room=45)
    write_until_refused(client)
    names = [line.split(" ")[0] for line in commands(here.manifest.incremental.read_bytes())]
    assert names[:2] == ["SELECT", "SET"] and set(names[2:]) <= {"RPUSH"}
    client = here.restart("--aof-load-truncated", "no")
    assert client("STRLEN", "ballast") == len(BALLAST)


@points(3)
def test_under_always_a_server_that_cannot_write_ends_without_a_reply(node, limit_files):
    here = node("--appendonly", "yes", "--appendfsync", "always")
    client = here.start()
    fill(here, client, limit_files, room=200)
    count = write_until_refused(client)
    assert here.server.wait_for_end() == 1
    assert 0 < count < 20
    assert "Can't recover from AOF write error when the AOF fsync policy is 'always'" in here.log
    held = here.restart()("LRANGE", "l", 0, -1)
    assert held[:count] == [b"%d" % n for n in range(count)]
    assert len(held) <= count + 1, "at most the one that was not answered may be there"


@points(1)
def test_a_rewrite_that_finds_no_room_fails_and_the_file_goes_on(node, limit_files):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    client("CONFIG", "SET", "rdbcompression", "no")
    for n in range(4):
        client("SET", n, BALLAST)
    client("BGREWRITEAOF")
    eventually(lambda: persistence(client)["aof_rewrite_in_progress"] == "0")
    client("SET", "k", "v")
    limit_files(here, 200_000)
    client("BGREWRITEAOF")
    eventually(lambda: persistence(client)["aof_last_bgrewrite_status"] == "err")
    client("APPEND", "k", "w")
    limit_files(here, None)
    assert here.restart()("GET", "k") == b"vw"
