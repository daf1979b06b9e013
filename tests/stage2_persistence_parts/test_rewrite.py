"""Rewrites, and appendonly turned on and off: what is written when, what fails, and when it is tried again."""

import pytest

from stage2_persistence.manifest import parse
from tests.stage2_persistence_parts.machine import FAULTY, NO_SPACE, CountingDisk
from tests.stage2_persistence_parts.node import Node, encoded, running

DIRECTORY = "appendonlydir"
DIRECTIVES = {"appendonly": "yes", "appendfsync": "no", "save": '""'}


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
def node(disk):
    with running(disk, **DIRECTIVES) as node:
        yield node


def manifest(disk: CountingDisk) -> list[str]:
    """The files that it names, the base first."""
    text = disk.read_whole(f"{DIRECTORY}/appendonly.aof.manifest").decode()
    return [file.name.removeprefix("appendonly.aof.") for file in parse(text, "appendonly.aof").files]


def files(disk: CountingDisk) -> list[str]:
    return [name.removeprefix("appendonly.aof.") for name in disk.names(DIRECTORY)]


def restarted(node: Node, question: str):
    """What a server answers that starts on the same disk now."""
    with running(node.disk, node.clock, **DIRECTIVES) as later:
        return later.connect()(question)


# ── the files ──


def test_a_first_start_makes_a_base_and_an_incremental(disk, node):
    assert manifest(disk) == ["1.base.rdb", "1.incr.aof"]
    assert files(disk) == ["1.base.rdb", "1.incr.aof", "manifest"]


def test_a_rewrite_leaves_the_new_base_and_the_newest_incremental(disk, node):
    client = node.connect()
    client("SET k v", "BGREWRITEAOF", "SET l v")
    assert manifest(disk) == ["1.base.rdb", "1.incr.aof", "2.incr.aof"]
    node.cron()
    assert manifest(disk) == ["2.base.rdb", "2.incr.aof"]
    assert files(disk) == ["2.base.rdb", "2.incr.aof", "manifest"]
    assert restarted(node, "DBSIZE") == 2


def test_history_stays_where_it_is_not_to_be_deleted(disk):
    with running(disk, aof_disable_auto_gc="yes", **DIRECTIVES) as node:
        node.connect()("SET k v", "BGREWRITEAOF")
        node.cron()
        assert files(disk) == ["1.base.rdb", "1.incr.aof", "2.base.rdb", "2.incr.aof", "manifest"]
    with running(disk, **DIRECTIVES):
        assert files(disk) == ["2.base.rdb", "2.incr.aof", "manifest"]


def test_a_rewrite_without_appendonly_makes_a_base_alone(disk):
    with running(disk, appendonly="no", save='""') as node:
        node.connect()("SET k v", "BGREWRITEAOF")
        node.cron()
        assert manifest(disk) == ["1.base.rdb"]
        assert restarted(node, "GET k") == b"v"


def test_writes_while_the_child_runs_are_in_no_base_and_in_one_incremental(disk, node):
    client = node.connect()
    node.outside.child_operations_per_poll = 1
    client("SET n 0", "BGREWRITEAOF")
    while node.server.background.child:
        client("INCR n")
        node.cron()
    client("INCR n")
    assert restarted(node, "GET n") == client("GET n")


# ── failures ──


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename", "sync_directory", "make_directory"])
def test_a_rewrite_that_cannot_begin_or_end_is_told_and_the_next_one_works(disk, node, operation):
    client = node.connect()
    client("SET n 0")
    disk.fail(operation, FAULTY)
    client("BGREWRITEAOF", "INCR n")
    node.cron()
    assert node.server.rewriter.failed and not node.server.background.child
    assert disk.names("") == [DIRECTORY], "no temporary file is left"
    assert client("INCR n") == 2
    assert restarted(node, "GET n") == b"2"
    client("BGREWRITEAOF", "INCR n")
    node.cron()
    assert not node.server.rewriter.failed
    assert restarted(node, "GET n") == b"3"


def test_without_a_fork_there_is_no_rewrite_and_nothing_is_lost(disk, node):
    client = node.connect()
    client("SET n 0")
    node.outside.fork_error = NO_SPACE
    assert str(client("BGREWRITEAOF")).startswith("ERR Can't execute an AOF background rewriting")
    client("INCR n")
    assert restarted(node, "GET n") == b"1"
    node.outside.fork_error = None
    client("BGREWRITEAOF")
    node.cron()
    assert restarted(node, "GET n") == b"1"


def test_after_three_failures_automatic_rewrites_wait_longer_and_longer(disk):
    directives = {**DIRECTIVES, "auto_aof_rewrite_min_size": "100", "auto_aof_rewrite_percentage": "100"}
    with running(disk, **directives) as node:
        client = node.connect()
        client([b"SET", b"k", b"x" * 1000])
        node.outside.fork_error = NO_SPACE
        node.server.rewriter.failures = 3
        node.cron()
        assert "has repeatedly failed and triggered the limit, will retry in 1 minutes" in node.log
        node.outside.fork_error = None
        node.cron(59_000)
        assert not node.server.background.child
        node.cron(2_000)
        assert "Background append only file rewriting started" in node.log
        node.cron()
        assert node.server.rewriter.failures == 0


def test_forks_that_fail_again_and_again_leave_no_heap_of_files(disk):
    directives = {**DIRECTIVES, "auto_aof_rewrite_min_size": "100", "auto_aof_rewrite_percentage": "100"}
    with running(disk, **directives) as node:
        client = node.connect()
        node.outside.fork_error = NO_SPACE
        client([b"SET", b"k", b"x" * 1000])
        for _ in range(100):
            node.cron()
        assert len(files(disk)) < 10


# ── by itself ──


def test_a_rewrite_begins_by_itself_when_the_file_has_grown(disk):
    directives = {**DIRECTIVES, "auto_aof_rewrite_min_size": "2000", "auto_aof_rewrite_percentage": "100"}
    with running(disk, **directives) as node:
        client = node.connect()
        client([b"SET", b"k", b"x" * 1000])
        node.cron()
        assert node.server.rewriter.rewrites == 0
        client([b"SET", b"k", b"x" * 1000])
        node.cron()
        assert node.server.rewriter.rewrites == 1
        node.cron()
        assert node.server.rewriter.base_bytes == node.server.rewriter.current_bytes
        for _ in range(5):
            node.cron()
        assert node.server.rewriter.rewrites == 1, "it has not grown since"


def test_debug_reload_leaves_the_measure_of_growth_alone(disk):
    directives = {**DIRECTIVES, "auto_aof_rewrite_min_size": "100", "enable_debug_command": "yes"}
    with running(disk, **directives) as node:
        client = node.connect()
        client([b"SET", b"k", b"x" * 1000], "BGREWRITEAOF")
        node.cron()
        rewrites = node.server.rewriter.rewrites
        client("DEBUG RELOAD")
        node.cron()
        assert node.server.rewriter.rewrites == rewrites


def test_a_rewrite_asked_for_while_a_snapshot_is_written_comes_after_it(disk, node):
    client = node.connect()
    node.outside.child_operations_per_poll = 1
    client("BGSAVE")
    assert b"scheduled" in client("BGREWRITEAOF")
    while node.server.background.kind == "rdb":
        node.cron()
    node.cron()
    assert node.server.rewriter.rewrites == 1


# ── on and off ──


@pytest.fixture
def off(disk):
    with running(disk, **{**DIRECTIVES, "appendonly": "no"}) as node:
        yield node


def test_turned_on_it_is_whole_when_the_first_base_is(disk, off):
    client = off.connect()
    off.outside.child_operations_per_poll = 1
    client("SET n 0", "CONFIG SET appendonly yes", "INCR n")
    assert off.server.rewriter.enabling and not disk.exists(f"{DIRECTORY}/appendonly.aof.manifest")
    while off.server.rewriter.enabling:
        client("INCR n")
        off.cron()
    assert manifest(disk) == ["1.base.rdb", "1.incr.aof"]
    assert restarted(off, "GET n") == client("GET n")


def test_a_first_base_that_fails_is_tried_again_until_it_works(disk, off):
    client = off.connect()
    client("SET n 0")
    disk.fail("write", NO_SPACE, "temp-rewriteaof-bg-1.aof")
    client("CONFIG SET appendonly yes", "INCR n")
    off.cron()
    assert "Background AOF rewrite terminated with error" in off.log
    client("INCR n")
    off.cron()
    off.cron()
    assert not off.server.rewriter.enabling
    client("INCR n")
    assert restarted(off, "GET n") == b"3"


@pytest.mark.parametrize("operation", ["create", "sync", "sync_directory"])
def test_what_cannot_be_turned_on_stays_off(disk, off, operation):
    client = off.connect()
    disk.fail(operation, FAULTY)
    assert "Unable to turn on AOF" in str(client("CONFIG SET appendonly yes"))
    assert client("CONFIG GET appendonly") == [b"appendonly", b"no"]
    assert not off.server.rewriter.enabling and not off.server.aof.file and not off.server.effects.wanted


def test_a_fork_that_fails_while_turning_on_again_leaves_no_double_writes(disk, off):
    """What went to the temporary file before the second attempt is in the base of that attempt already."""
    client = off.connect()
    off.server.config.set({"appendfsync": "everysec"})
    off.outside.child_operations_per_poll = 1
    client("SET n 0", "CONFIG SET appendonly yes")
    off.server.background.child.kill()
    off.outside.fork_error = NO_SPACE
    off.cron()
    off.cron(2000)
    client("INCR n")
    client("INCR n")
    off.cron(0)
    client("INCR n")
    off.outside.fork_error = None
    off.outside.child_operations_per_poll = 1_000_000
    while off.server.rewriter.enabling:
        off.cron()
    off.finish_syncs()
    off.cron(3000)
    assert restarted(off, "GET n") == b"3"


def test_turned_off_while_the_first_base_is_written_nothing_is_left_of_it(disk, off):
    client = off.connect()
    off.outside.child_operations_per_poll = 1
    client("SET n 0", "CONFIG SET appendonly yes", "INCR n", "CONFIG SET appendonly no", "INCR n")
    off.cron()
    assert not off.server.background.child and not off.server.aof.file and not off.server.rewriter.scheduled
    client("CONFIG SET appendonly yes", "INCR n")
    off.outside.child_operations_per_poll = 1_000_000
    while off.server.rewriter.enabling:
        off.server.background.child.operations_per_poll = 1_000_000
        off.cron()
    assert restarted(off, "GET n") == b"3"


def test_who_shuts_down_before_the_first_base_is_whole_must_force_it(disk, off):
    client = off.connect()
    off.outside.child_operations_per_poll = 1
    client("CONFIG SET appendonly yes")
    assert str(client("SHUTDOWN")) == "ERR Errors trying to SHUTDOWN. Check logs."
    assert "Writing initial AOF, can't exit." in off.log and not off.server.stopping.is_set()
    client.transport.received = b"+x\r\n"
    client("SHUTDOWN FORCE")
    assert off.server.stopping.is_set()


def test_a_file_of_timestamps_begins_its_base_of_commands_with_one(disk):
    directives = {**DIRECTIVES, "aof_use_rdb_preamble": "no", "aof_timestamp_enabled": "yes"}
    with running(disk, **directives) as node:
        second = node.clock.ms // 1000
        node.connect()("SET k v", "BGREWRITEAOF")
        node.cron()
        base = disk.read_whole(f"{DIRECTORY}/appendonly.aof.2.base.aof")
        assert base == b"#TS:%d\r\n" % second + encoded("SELECT 0", "SET k v")
