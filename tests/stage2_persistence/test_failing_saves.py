"""A snapshot that cannot be written: the old one stays, writes are refused until one succeeds again."""

import pytest

from tests.stage2_persistence.asking import field, persistence, wait_for_save
from tests.waiting import eventually

points = pytest.mark.points

MISCONF = (
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that "
    "may modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
    "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "
    "error."
)
SAVE_POINT = ("--save", "3600 1000000")


@pytest.fixture
def broken(node):
    """A node with a save point whose last snapshot has failed; it holds k."""
    here = node(*SAVE_POINT)
    client = here.start()
    client("SET", "k", "v")
    break_saving(here, client)
    return here, client


def break_saving(here, client):
    here.rdb.mkdir()  # even root cannot rename a file over a directory
    client("BGSAVE")
    assert wait_for_save(client) == "err"


def mend(here, client):
    here.rdb.rmdir()
    client("BGSAVE")
    assert wait_for_save(client) == "ok"


@points(2)
def test_writes_are_refused_after_a_failed_snapshot(broken):
    _, client = broken
    for command in [("SET", "k", "w"), ("LPUSH", "l", 1), ("DEL", "k"), ("EXPIRE", "k", 10), ("INCR", "n")]:
        assert client.error(*command) == MISCONF
    assert client("GET", "k") == b"v"


@points(1)
def test_ping_is_refused_too_so_that_monitors_notice(broken):
    _, client = broken
    assert client.error("PING") == MISCONF
    assert client("ECHO", "still here") == b"still here"


@points(1)
def test_transactions_with_writes_are_refused(broken):
    _, client = broken
    client("MULTI")
    assert client.error("SET", "k", "w") == MISCONF
    assert client.error("EXEC") == "EXECABORT Transaction discarded because of previous errors."
    assert client.transaction(("GET", "k")) == [b"v"]


@points(2)
def test_writes_are_taken_again_after_a_good_snapshot(broken):
    here, client = broken
    mend(here, client)
    assert client("SET", "k", "w") == "OK"
    assert client("PING") == "PONG"


@points(1)
def test_save_is_as_good_as_bgsave(broken):
    here, client = broken
    assert client.error("SAVE").startswith("ERR")
    here.rdb.rmdir()
    assert client("SAVE") == "OK"
    assert client("SET", "k", "w") == "OK"


@points(1)
def test_writes_go_on_where_that_is_wanted(broken):
    _, client = broken
    client("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
    assert client("SET", "k", "w") == "OK"
    client("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
    assert client.error("SET", "k", "w") == MISCONF


@points(1)
def test_without_save_points_nobody_minds(broken):
    _, client = broken
    client("CONFIG", "SET", "save", "")
    assert client("SET", "k", "w") == "OK"


@points(2)
def test_the_old_snapshot_stays_until_the_new_one_is_whole(node):
    here = node()
    client = here.start()
    client("SET", "k", "old")
    client("SAVE")
    before = here.rdb.read_bytes()
    client("SET", "k", "new")
    client("CONFIG", "SET", "rdb-key-save-delay", 1_000_000)
    client("MSET", *range(200))
    client("BGSAVE")
    eventually(lambda: here.contents() != {"dump.rdb": before})  # it has begun to write, somewhere
    assert here.rdb.read_bytes() == before
    assert here.restart()("GET", "k") == b"old"
    assert here.rdb.read_bytes() == before


@points(1)
def test_a_failed_snapshot_leaves_no_temporary_file_and_forgets_no_change(broken):
    here, client = broken
    assert [path.name for path in here.directory.iterdir()] == ["dump.rdb"]
    assert field(client, "rdb_changes_since_last_save") == 1
    assert persistence(client)["rdb_last_bgsave_status"] == "err"


@points(2)
def test_a_snapshot_that_finds_no_room_is_a_failed_one(node, limit_files):
    here = node(*SAVE_POINT)
    client = here.start()
    client("SET", "k", "v")
    client("SAVE")
    before = here.rdb.read_bytes()
    client("SET", "large", "x" * 500_000)
    client("CONFIG", "SET", "rdbcompression", "no")
    limit_files(here, 200_000)
    client("BGSAVE")
    assert wait_for_save(client) == "err"
    assert client.error("SET", "k", "w") == MISCONF
    assert here.names == ["dump.rdb"]
    assert here.rdb.read_bytes() == before
    limit_files(here, None)
    client("BGSAVE")
    assert wait_for_save(client) == "ok"
    assert here.restart()("STRLEN", "large") == 500_000


@points(1)
def test_a_directory_that_is_gone_is_told(node):
    here = node()
    client = here.start()
    client("SET", "k", "v")
    here.directory.rmdir()
    assert client.error("SAVE").startswith("ERR")
    here.directory.mkdir()
    assert client("GET", "k") == b"v"
    eventually(lambda: client("PING") == "PONG")
