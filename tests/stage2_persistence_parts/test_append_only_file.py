"""The append-only file: when what was appended is written, when it is synced, and what happens when the disk fails."""

import errno

import pytest

from tests.stage2_persistence_parts.machine import FAULTY, NO_SPACE, CountingDisk
from tests.stage2_persistence_parts.node import encoded, running

INCREMENTAL = "appendonlydir/appendonly.aof.1.incr.aof"


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
def always(disk):
    with running(disk, appendonly="yes", appendfsync="always", save='""') as node:
        yield node


@pytest.fixture
def everysec(disk):
    with running(disk, appendonly="yes", appendfsync="everysec", save='""') as node:
        node.cron(2000)
        yield node


def operations(disk: CountingDisk, action) -> list[str]:
    """What is done to the incremental file meanwhile."""
    before = len(disk.trace)
    action()
    return [operation for operation, path in disk.trace[before:] if path == INCREMENTAL]


# ── group commit ──


def test_all_commands_of_a_turn_share_one_write_and_one_fsync(disk, always):
    clients = [always.connect() for _ in range(5)]
    sendings = [(client, f"SET k{n} v", f"INCR n{n}", "GET k0") for n, client in enumerate(clients)]
    assert operations(disk, lambda: always.turn(*sendings)) == ["write", "sync"]
    assert all(len(client.replies) == 3 for client in clients)


def test_no_reply_leaves_before_the_fsync_has_returned(disk, always):
    writer, reader = always.connect(), always.connect()
    seen = []
    disk.before = lambda operation, path: seen.append((operation, writer.replies, reader.replies))
    always.turn((writer, "SET k v"), (reader, "GET k", "PING"))
    assert seen == [("write", [], []), ("sync", [], [])]
    assert writer.replies == [b"OK"] and reader.replies == [b"v", b"PONG"]


def test_a_reader_who_came_before_any_write_of_his_turn_does_not_wait(disk, always):
    reader, writer = always.connect(), always.connect()
    seen = []
    disk.before = lambda operation, path: seen.append(reader.replies)
    always.turn((reader, "GET k"), (writer, "SET k v"))
    assert seen == [[None], [None]]


def test_what_a_subscriber_hears_of_a_write_waits_as_well(disk, always):
    always.connect()("CONFIG SET notify-keyspace-events KEA")
    listener, writer = always.connect(), always.connect()
    listener("SUBSCRIBE __keyevent@0__:set")
    seen = []
    disk.before = lambda operation, path: seen.append(len(listener.replies))
    always.turn((writer, "SET k v"))
    assert seen == [1, 1] and len(listener.replies) == 2


def test_a_waiting_client_hears_of_its_element_after_the_fsync(disk, always):
    waiter, writer = always.connect(), always.connect()
    always.turn((waiter, "BLPOP l 0"))
    seen = []
    disk.before = lambda operation, path: seen.append(waiter.replies)
    always.turn((writer, "RPUSH l x"))
    assert seen == [[], []] and waiter.replies == [[b"l", b"x"]]


def test_reading_alone_touches_no_file(disk, always):
    client = always.connect()
    assert operations(disk, lambda: client("GET k", "PING", "MULTI", "GET k", "EXEC")) == []


def test_a_client_who_leaves_while_its_reply_is_held_is_forgotten(disk, always):
    leaving, staying = always.connect(), always.connect()

    def receive():
        leaving.client.data_received(encoded("SET k v"))
        leaving.client.connection_lost(None)
        staying.client.data_received(encoded("GET k"))

    always.during(receive)
    assert leaving.replies == [] and staying.replies == [b"v"] and not always.server.held


# ── everysec ──


def test_everysec_writes_at_once_and_syncs_in_a_thread_once_a_second(disk, everysec):
    client = everysec.connect()
    assert operations(disk, lambda: client("SET k v")) == ["write"]
    assert client.replies[-1] == b"OK" and len(everysec.loop.jobs) == 1
    assert operations(disk, lambda: everysec.finish_syncs()) == ["sync"]
    assert everysec.server.aof.synced_bytes == everysec.server.aof.size
    client("SET k w")
    assert not everysec.loop.jobs, "not yet a second later"
    everysec.cron(1000)
    assert len(everysec.loop.jobs) == 1


def test_nothing_new_is_no_reason_for_a_fsync(disk, everysec):
    everysec.connect()("SET k v")
    everysec.finish_syncs()
    everysec.cron(1000)
    everysec.cron(1000)
    assert not everysec.loop.jobs


def test_a_write_behind_a_slow_fsync_waits_two_seconds_and_is_then_made_and_counted(disk, everysec):
    client, aof = everysec.connect(), everysec.server.aof
    client("SET k 1")
    assert operations(disk, lambda: client("SET k 2")) == []
    assert client.replies == [b"OK", b"OK"], "under everysec that keeps no reply back"
    assert operations(disk, lambda: everysec.cron(1900)) == []
    assert aof.delayed_fsyncs == 0 and aof.buffered_bytes
    assert operations(disk, lambda: everysec.cron(100)) == ["write"]
    assert aof.delayed_fsyncs == 1 and not aof.buffered_bytes
    assert "Asynchronous AOF fsync is taking too long" in everysec.log
    assert operations(disk, lambda: client("SET k 3")) == [], "the next one has two seconds of its own"
    everysec.finish_syncs()
    assert operations(disk, lambda: everysec.cron()) == ["write"]
    assert aof.delayed_fsyncs == 1


def test_what_was_written_after_a_fsync_began_is_not_said_to_be_synced(disk, everysec):
    client, aof = everysec.connect(), everysec.server.aof
    client("SET k 1")
    synced = aof.size
    client("SET k 2")
    everysec.cron(3000)
    assert aof.size > synced
    everysec.finish_syncs()
    assert aof.synced_bytes == synced


def test_appendfsync_no_never_syncs(disk):
    with running(disk, appendonly="yes", appendfsync="no") as node:
        client = node.connect()
        assert operations(disk, lambda: (client("SET k v"), node.cron(5000))) == ["write"]
        assert not node.loop.jobs


def test_a_stronger_promise_holds_for_what_was_written_before_it(disk):
    with running(disk, appendonly="yes", appendfsync="no") as node:
        client = node.connect()
        client("SET k v")
        assert operations(disk, lambda: client("CONFIG SET appendfsync always")) == ["sync"]
        assert node.server.aof.synced_bytes == node.server.aof.size


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_no_appendfsync_on_rewrite_leaves_the_disk_to_the_child(disk, policy):
    with running(disk, appendonly="yes", appendfsync=policy, no_appendfsync_on_rewrite="yes") as node:
        client, aof = node.connect(), node.server.aof
        client("SET k v")
        node.finish_syncs()
        node.outside.child_operations_per_poll = 0
        client("BGSAVE")
        assert operations(disk, lambda: (client("SET k w"), node.cron(3000))) == ["write"]
        assert client.replies[-1] == b"OK" and not node.loop.jobs
        node.server.background.child.operations_per_poll = 100
        node.cron(1000)
        node.cron(1000)
        node.finish_syncs()
        assert aof.synced_bytes == aof.size


# ── timestamps ──


def test_a_timestamp_stands_before_the_first_command_of_a_second(disk):
    with running(disk, appendonly="yes", appendfsync="no", aof_timestamp_enabled="yes") as node:
        client = node.connect()
        second = node.clock.ms // 1000
        client("SET a 1")
        client("SET b 2")
        node.cron(1000)
        client("SET c 3")
    assert disk.read_whole(INCREMENTAL) == (
        b"#TS:%d\r\n" % second + encoded("SELECT 0", "SET a 1", "SET b 2") + b"#TS:%d\r\n" % (second + 1)
        + encoded("SET c 3")
    )  # fmt: skip


# ── a disk that fails, under everysec ──


def test_a_full_disk_in_the_middle_of_a_command_leaves_no_half_of_it(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    whole = disk.read_whole(INCREMENTAL)
    disk.capacity_bytes = sum(disk.size(f"appendonlydir/{name}") for name in disk.names("appendonlydir")) + 10
    everysec.finish_syncs()
    assert client("SET k w") == b"OK", "under everysec what could not be written is tried again"
    assert disk.read_whole(INCREMENTAL) == whole
    assert str(client("SET k x")).startswith("MISCONF Errors writing to the AOF")
    assert str(client("PING")).startswith("MISCONF")
    assert client("GET k") == b"w"
    disk.capacity_bytes = None
    everysec.cron()
    assert client("SET k y") == b"OK"
    assert disk.read_whole(INCREMENTAL) == whole + encoded("SET k w", "SET k y")
    assert "AOF write error looks solved, Redis can write again." in everysec.log


def test_what_cannot_be_cut_off_is_completed(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    everysec.finish_syncs()
    whole = disk.read_whole(INCREMENTAL)
    disk.capacity_bytes = sum(disk.size(f"appendonlydir/{name}") for name in disk.names("appendonlydir")) + 10
    disk.fail("truncate", FAULTY)
    client("SET k w")
    assert disk.read_whole(INCREMENTAL) == whole + encoded("SET k w")[:10]
    assert "Could not remove short write" in everysec.log
    disk.capacity_bytes += 3
    disk.fail("truncate", FAULTY)
    everysec.cron()
    assert disk.read_whole(INCREMENTAL) == whole + encoded("SET k w")[:13]
    disk.capacity_bytes = None
    everysec.cron()
    assert disk.read_whole(INCREMENTAL) == whole + encoded("SET k w")


def test_errors_of_a_full_disk_are_logged_now_and_then(disk, everysec):
    client = everysec.connect()
    disk.capacity_bytes = 0
    client("SET k v")
    for _ in range(50):
        everysec.cron(1000)
    assert everysec.log.count("Error writing to the AOF file: No space left on device") == 2


def test_a_fsync_that_fails_in_its_thread_stops_the_writes_until_one_works(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    disk.fail("sync", FAULTY)
    everysec.finish_syncs()
    everysec.cron()
    assert str(client("SET k w")).startswith("MISCONF Errors writing to the AOF file: Input/output error")
    everysec.cron(1000)
    everysec.finish_syncs()
    everysec.cron()
    assert client("SET k w") == b"OK"


# ── a disk that fails, under always ──


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_under_always_a_failure_is_the_end_and_nobody_is_told_ok(disk, always, operation):
    writer, reader, other = always.connect(), always.connect(), always.connect()
    writer("SET k old")
    disk.fail(operation, NO_SPACE)
    always.turn((writer, "SET k new", "SET l new"), (reader, "GET k"))
    assert [str(reply)[:7] for reply in reader.replies] == ["MISCONF"]
    assert [str(reply)[:7] for reply in writer.replies[1:]] == ["MISCONF"]
    assert all(client.transport.closed for client in (writer, reader))
    assert always.server.exit_code == 1 and always.server.stopping.is_set()
    assert "Can't recover from AOF" in always.log or "Can't recover from fsync" in always.log
    before = disk.read_whole(INCREMENTAL)
    always.turn((other, "SET k other"), (writer, "SET k again"))
    always.cron()
    always.shut_down()
    assert other.replies == [] and disk.read_whole(INCREMENTAL) == before


@pytest.mark.parametrize("operation", ["write", "sync"])
@pytest.mark.parametrize(
    "last", ["BGREWRITEAOF", "CONFIG SET appendonly no", "SHUTDOWN", "SHUTDOWN FORCE", "DEBUG LOADAOF", "PING"]
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_failure_found_in_the_middle_of_a_batch_acknowledges_nothing_of_it(disk, always, operation, last, alone):
    writer, other = always.connect(), always.connect()
    writer("CONFIG SET enable-debug-command yes")
    before = len(writer.replies)
    disk.fail(operation, NO_SPACE)
    disk.fail(operation, NO_SPACE)
    commands = ["SET k v", last] if alone else ["SET k v", "MULTI", "SET l v", last, "EXEC"]
    always.turn((writer, *commands), (other, "GET k"))
    assert b"OK" not in writer.replies[before:]
    assert other.replies in ([], [None]) or str(other.replies[0]).startswith("MISCONF")
    always.shut_down()
    assert b"OK" not in writer.replies[before:]
    if always.server.stopping.is_set():
        assert always.server.exit_code == 1


# ── another file ──


def test_after_a_switch_the_first_command_names_its_database(disk, always):
    client = always.connect()
    client("SELECT 3", "SET a 1")
    client("BGREWRITEAOF", "SET b 2")
    always.cron()
    path = always.server.aof.path
    assert path == "appendonlydir/appendonly.aof.2.incr.aof"
    assert disk.read_whole(path) == encoded("SELECT 3", "SET b 2")


def test_a_switch_while_a_fsync_is_in_progress_keeps_the_old_file_open_for_it(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    closed = []
    disk.before = lambda operation, path: closed.append(path) if operation == "close" and path == INCREMENTAL else None
    client("BGREWRITEAOF")
    assert closed == [] and everysec.server.aof.syncing
    everysec.finish_syncs()
    assert closed == [INCREMENTAL] and not everysec.server.aof.syncing
    assert everysec.server.aof.synced_bytes == 0
    client("SET k w")
    everysec.cron(1000)
    everysec.finish_syncs()
    assert everysec.server.aof.synced_bytes == everysec.server.aof.size > 0


def test_a_late_error_of_an_old_files_fsync_is_nobodys(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    client("BGREWRITEAOF")
    disk.fail("sync", FAULTY, INCREMENTAL)
    everysec.finish_syncs()
    everysec.cron()
    assert client("SET k w") == b"OK"


def test_what_cannot_be_written_keeps_the_file_from_being_left(disk, everysec):
    client = everysec.connect()
    client("SET k v")
    disk.fail("write", OSError(errno.ENOSPC, "No space left on device"), INCREMENTAL)
    disk.fail("write", OSError(errno.ENOSPC, "No space left on device"), INCREMENTAL)
    everysec.finish_syncs()
    client("SET k w")
    assert str(client("BGREWRITEAOF")).startswith("ERR Can't execute an AOF background rewriting")
    assert everysec.server.aof.path == INCREMENTAL
    everysec.cron()
    assert disk.read_whole(INCREMENTAL).endswith(encoded("SET k v", "SET k w"))
