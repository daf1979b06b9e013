"""Snapshots: when one is due, what a failed one leaves behind, and what a child's failure means for clients."""

import pytest

from tests.stage2_persistence_parts.machine import FAULTY, NO_SPACE, CountingDisk
from tests.stage2_persistence_parts.node import running

SAVING = {"save": "60 2", "appendonly": "no"}


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
def node(disk):
    with running(disk, **SAVING) as node:
        yield node


def saved(node, question: str):
    """What a server answers that starts on the same disk now."""
    with running(node.disk, node.clock, **SAVING) as later:
        return later.connect()(question)


# ── the file ──


@pytest.mark.parametrize("word", ["SAVE", "BGSAVE"])
@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename"])
def test_a_failure_leaves_the_last_good_snapshot_and_no_temporary_file(disk, node, word, operation):
    client = node.connect()
    client("SET k old", word)
    node.cron()
    disk.fail(operation, NO_SPACE)
    reply = client("SET k new", word)
    node.cron()
    assert (word == "BGSAVE") == (reply == b"Background saving started")
    assert disk.names("") == ["dump.rdb"]
    assert saved(node, "GET k") == b"old"
    client(word)
    node.cron()
    assert saved(node, "GET k") == b"new"


def test_the_order_is_write_sync_rename_and_sync_of_the_directory(disk, node):
    client = node.connect()
    client("SET k v")
    before = len(disk.trace)
    client("SAVE")
    operations = [operation for operation, _ in disk.trace[before:]]
    assert operations[0] == "create" and operations[-3:] == ["sync", "rename", "sync_directory"]
    assert set(operations[1:-3]) == {"write"}


def test_a_big_file_is_synced_bit_by_bit_if_that_is_wanted(disk):
    for wanted in ("yes", "no"):
        with running(disk, rdb_save_incremental_fsync=wanted, rdbcompression="no", **SAVING) as node:
            client = node.connect()
            client(*([b"SET", b"k%d" % n, b"x" * 1_000_000] for n in range(9)))
            before = len(disk.trace)
            client("SAVE")
            syncs = [operation for operation, _ in disk.trace[before:]].count("sync")
            assert (syncs > 1) == (wanted == "yes")


def test_a_child_has_the_data_of_its_beginning(disk, node):
    client = node.connect()
    node.outside.child_operations_per_poll = 1
    client("SET k before", "BGSAVE", "SET k after")
    while node.server.background.child:
        node.cron()
    assert saved(node, "GET k") == b"before"
    assert node.server.snapshots.changes == 1


# ── save points ──


def test_a_snapshot_is_due_when_enough_changes_are_old_enough(node):
    client, snapshots = node.connect(), node.server.snapshots
    client("SET a 1")
    node.cron(61_000)
    assert snapshots.saves == 0
    client("SET b 2")
    node.cron(0)
    node.cron()
    assert snapshots.saves == 1 and snapshots.changes == 0
    client("SET a 1", "SET b 1", "SET c 1")
    node.cron(60_000)
    assert not node.server.background.child
    node.cron(1_000)
    assert node.server.background.child


def test_after_a_failure_a_save_point_waits_five_seconds(disk, node):
    client = node.connect()
    client("SET a 1", "SET b 2")
    disk.fail("write", NO_SPACE)
    node.cron(61_000)
    node.cron()
    assert node.server.snapshots.failed
    forks = node.server.background.forks
    node.cron(4_000)
    assert node.server.background.forks == forks
    node.cron(2_000)
    assert node.server.background.forks == forks + 1
    node.cron()
    assert not node.server.snapshots.failed


# ── failures and clients ──


def test_while_snapshots_fail_writes_are_refused_and_reads_are_not(disk, node):
    client = node.connect()
    disk.fail("write", NO_SPACE)
    client("SET k v", "BGSAVE")
    node.cron()
    assert str(client("SET k w")).startswith("MISCONF Redis is configured to save RDB snapshots")
    assert client("GET k") == b"v"
    client("MULTI")
    assert str(client("SET k w")).startswith("MISCONF") and str(client("EXEC")).startswith("EXECABORT")
    assert client("CONFIG SET stop-writes-on-bgsave-error no", "SET k x") == b"OK"
    assert client("CONFIG SET stop-writes-on-bgsave-error yes") == b"OK"
    assert str(client("SET k w")).startswith("MISCONF")
    assert client("SAVE") == b"OK"
    assert client("SET k y") == b"OK"


def test_a_transaction_queued_before_the_failure_is_refused_at_exec(disk, node):
    client, other = node.connect(), node.connect()
    disk.fail("write", NO_SPACE)
    client("MULTI", "SET k v")
    other("BGSAVE")
    node.cron()
    assert str(client("EXEC")).startswith("EXECABORT Transaction discarded because of: MISCONF")


def test_without_save_points_a_failed_snapshot_stops_nobody(disk):
    with running(disk, save='""') as node:
        client = node.connect()
        disk.fail("write", NO_SPACE)
        client("BGSAVE")
        node.cron()
        assert client("SET k v") == b"OK"


def test_a_failed_save_is_told_and_is_no_failed_bgsave(disk, node):
    client = node.connect()
    disk.fail("sync", FAULTY)
    assert str(client("SAVE")) == "ERR"
    assert "Write error while saving DB to the disk: Input/output error" in node.log
    assert client("SET k v") == b"OK"


def test_a_shutdown_that_cannot_save_is_refused_unless_forced(disk, node):
    client = node.connect()
    client("SET k v")
    disk.fail("write", NO_SPACE)
    assert str(client("SHUTDOWN")) == "ERR Errors trying to SHUTDOWN. Check logs."
    assert client("GET k") == b"v" and not node.server.stopping.is_set()
    disk.fail("write", NO_SPACE)
    client.node.turn((client, "SHUTDOWN FORCE"))
    assert node.server.stopping.is_set()


def test_nothing_that_comes_after_the_last_snapshot_is_acknowledged(disk, node):
    """Who writes in the turn in which another one shuts the server down gets no OK for what is lost."""
    one, two = node.connect(), node.connect()
    node.turn((one, "SHUTDOWN"), (two, "SET late v"))
    node.shut_down()
    assert (two.replies == [b"OK"]) <= (saved(node, "GET late") == b"v")


# ── FLUSHALL ──


def test_flushall_empties_the_snapshot_too_where_there_are_save_points(disk, node):
    client = node.connect()
    client("SET k v", "SAVE", "FLUSHALL")
    assert saved(node, "DBSIZE") == 0 and node.server.snapshots.changes > 0


def test_flushall_ends_a_snapshot_of_what_was(disk, node):
    client = node.connect()
    node.outside.child_operations_per_poll = 1
    client("SET k v", "BGSAVE", "FLUSHALL")
    assert not node.server.background.child and not node.server.snapshots.failed
    node.cron()
    assert saved(node, "DBSIZE") == 0
