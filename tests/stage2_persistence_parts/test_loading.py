"""Loading: what was true when a command ran first is true when it is replayed, and what is wrong is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stage1_single_node.errors import CannotStart
from tests.stage2_persistence_parts.machine import FAULTY, CountingDisk, HeldClock
from tests.stage2_persistence_parts.node import Node, encoded, running

DIRECTORY = "appendonlydir"


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


def put(disk: CountingDisk, path: str, content: bytes) -> None:
    if "/" in path:
        disk.make_directory(path.rpartition("/")[0])
    disk.replace(path, content, f"{path}.new")


def with_log(disk: CountingDisk, *commands: str | list[bytes], tail: bytes = b"") -> CountingDisk:
    """An append-only directory of one incremental file."""
    put(disk, f"{DIRECTORY}/appendonly.aof.1.incr.aof", encoded(*commands) + tail)
    put(disk, f"{DIRECTORY}/appendonly.aof.manifest", b"file appendonly.aof.1.incr.aof seq 1 type i\n")
    return disk


def loaded(disk: CountingDisk, *questions: str, clock: HeldClock | None = None, **directives: str) -> list:
    with running(disk, clock, **{"appendonly": "yes", **directives}) as node:
        client = node.connect()
        client(*questions)
        return client.replies


def refused(disk: CountingDisk, **directives: str) -> str:
    """The log of a server that does not start."""
    node = Node(disk, **{"appendonly": "yes", **directives})
    with pytest.raises(CannotStart):
        node.start()
    node.leave()
    return node.log


# ── time ──


def test_a_key_that_has_expired_by_now_had_not_when_its_commands_ran(disk):
    """INCR found 10, and PERSIST a deadline: at the replay the deadline has long passed."""
    with_log(disk, "SET k 10", "PEXPIREAT k 1000", "INCR k", "PERSIST k")
    assert loaded(disk, "GET k", "PTTL k") == [b"11", -1]


def test_the_same_with_every_way_to_a_deadline(disk):
    with_log(disk, "SET k 10 PXAT 1000", "INCR k", "PERSIST k", "RPUSH l a", "EXPIREAT l 1", "RPUSH l b", "PERSIST l")
    assert loaded(disk, "GET k", "LRANGE l 0 -1") == [b"11", [b"a", b"b"]]


def test_the_same_for_debug_loadaof(disk):
    with running(disk, appendonly="yes", enable_debug_command="yes") as node:
        client = node.connect()
        client("SET k 10", "PEXPIRE k 50", "INCR k", "PERSIST k")
        client("SET l v", "PEXPIRE l 50")
        node.clock.ms += 100
        assert client("DEBUG LOADAOF") == b"OK"
        assert client("GET k", "DBSIZE", "GET l", "DBSIZE") == 1
        assert client.replies[-4:] == [b"11", 2, None, 1]


def test_what_has_expired_by_the_end_goes_when_somebody_looks_or_by_itself(disk):
    with_log(disk, "SET k v", "PEXPIREAT k 1000", "SET l v", "PEXPIREAT l 1000")
    with running(disk, appendonly="yes", appendfsync="no") as node:
        client = node.connect()
        assert client("GET k") is None
        node.cron()
        assert client("DBSIZE") == 0
    assert disk.read_whole(f"{DIRECTORY}/appendonly.aof.1.incr.aof").count(b"DEL") == 2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["SET k 5 PX 30", "PEXPIRE k 30", "PEXPIRE k -1", "INCR k", "GET k",
    "PERSIST k", "GETEX k PX 20", "SET k 7 KEEPTTL", "DEL k", "COPY k l REPLACE", "RENAME k l", "GETDEL k",
    "MULTI;INCR k;PEXPIRE k 10;EXEC", "EXPIRE k 1 NX", "PEXPIRE k 40 GT", "SET k 6 XX"]),
    st.sampled_from([0, 0, 5, 15, 30]))))  # fmt: skip
def test_whatever_the_time_did_the_replay_ends_in_the_same_data(steps):
    disk, clock = CountingDisk(), HeldClock()
    directives = {"appendonly": "yes", "appendfsync": "no", "save": '""'}
    with running(disk, clock, **directives) as node:
        client = node.connect()
        for commands, pause_ms in steps:
            client(*commands.split(";"))
            clock.ms += pause_ms
            if pause_ms == 15:
                node.cron(0)
        client("DBSIZE", "GET k", "GET l")  # what has expired goes
        before = node.digest()
    for later_ms in (0, 1_000_000):
        with running(disk, clock, **directives) as node:
            client = node.connect()
            if not later_ms:
                client("GET k", "GET l")
                assert node.digest() == before
            data = node.server.keyspace.databases[0]
            assert all(type(deadline) is int for deadline in data.expires.values())
        clock.ms += 1_000_000


# ── databases and transactions ──


def test_select_holds_until_the_next_one_and_for_one_file(disk):
    with_log(disk, "SELECT 2", "SET a 1", "MULTI", "SET b 2", "SELECT 3", "SET c 3", "EXEC", "SET d 4")
    put(disk, f"{DIRECTORY}/second", encoded("SET e 5"))
    manifest = b"file appendonly.aof.1.incr.aof seq 1 type i\nfile second seq 2 type i\n"
    put(disk, f"{DIRECTORY}/appendonly.aof.manifest", manifest)
    assert loaded(disk, "KEYS *", "SELECT 2", "DBSIZE", "SELECT 3", "DBSIZE") == [[b"e"], b"OK", 2, b"OK", 2]


def test_an_unfinished_transaction_is_cut_off_for_good(disk):
    path = f"{DIRECTORY}/appendonly.aof.1.incr.aof"
    with_log(disk, "SET a 1", "MULTI", "SET a 2")
    assert loaded(disk, "GET a") == [b"1"]
    assert disk.read_whole(path) == encoded("SET a 1")


def test_a_torn_tail_is_not_cut_off_where_that_is_not_allowed(disk):
    with_log(disk, "SET a 1", tail=b"*3\r\n$3\r\nSE")
    log = refused(disk, aof_load_truncated="no")
    assert "Unexpected end of file reading the append only file appendonlydir/appendonly.aof.1.incr.aof" in log
    assert disk.read_whole(f"{DIRECTORY}/appendonly.aof.1.incr.aof").endswith(b"SE")


def test_a_torn_file_that_is_not_the_last_is_damage(disk):
    with_log(disk, "SET a 1", tail=b"*3\r\n$3\r\nSE")
    put(disk, f"{DIRECTORY}/second", encoded("SET b 2"))
    manifest = b"file appendonly.aof.1.incr.aof seq 1 type i\nfile second seq 2 type i\n"
    put(disk, f"{DIRECTORY}/appendonly.aof.manifest", manifest)
    assert "is not the last file" in refused(disk)


# ── what is there and what is not ──


def test_with_appendonly_the_snapshot_is_not_even_looked_at(disk):
    put(disk, "dump.rdb", b"no snapshot at all")
    with_log(disk, "SET a 1")
    assert loaded(disk, "GET a") == [b"1"]
    assert "dump.rdb: no RDB file: wrong signature at offset 0" in refused(disk, appendonly="no")


def test_a_file_that_the_manifest_names_and_that_is_missing_is_an_end(disk):
    with_log(disk, "SET a 1")
    disk.remove(f"{DIRECTORY}/appendonly.aof.1.incr.aof")
    assert "appendonly.aof.1.incr.aof" in refused(disk)


def test_a_file_that_cannot_be_read_is_an_end(disk):
    with_log(disk, "SET a 1")
    disk.fail("read", FAULTY, f"{DIRECTORY}/appendonly.aof.1.incr.aof")
    assert "Input/output error" in refused(disk)


def test_an_unknown_command_is_an_end(disk):
    assert "Unknown command 'nosuch'" in refused(with_log(disk, "SET a 1", "nosuch 1"))


def test_a_server_that_could_not_start_has_changed_nothing(disk):
    with_log(disk, "SET a 1", "nosuch 1")
    before = disk.done
    refused(disk)
    assert disk.done == before


def test_what_an_older_file_of_functions_brought_along_stays_through_a_rewrite(disk):
    with running(disk, save='""') as node:
        node.server.snapshot_writer.functions = [b"#!lua name=lib\nredis.register_function('f', f)"]
        node.connect()("SAVE")
    with running(disk, appendonly="yes") as node:
        assert node.server.snapshot_writer.functions == []
    with running(disk) as node:
        assert len(node.server.snapshot_writer.functions) == 1
