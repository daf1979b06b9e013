"""The stream of writes: whatever clients send, however it is cut into reads, the file has what happened."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stage1_single_node.fast_parser import FastRequestParser
from stage2_persistence.encoding import encode_commands
from tests.stage2_persistence_parts.machine import CountingDisk, HeldClock
from tests.stage2_persistence_parts.node import Node, encoded, running

INCREMENTAL = "appendonlydir/appendonly.aof.1.incr.aof"
DIRECTIVES = {"appendonly": "yes", "appendfsync": "no", "save": '""'}


@pytest.fixture
def disk() -> CountingDisk:
    return CountingDisk()


@pytest.fixture
def node(disk):
    with running(disk, **DIRECTIVES) as node:
        yield node


def stream(node: Node) -> bytes:
    return node.disk.read_whole(node.server.aof.path)


# ── bytes passed on as they came ──


def test_a_read_of_nothing_but_writes_is_passed_on_as_it_came(node):
    data = encoded("set k v", "INCR n", "lpush L a b")
    node.during(node.connect().client.data_received, data)
    assert stream(node) == encoded("SELECT 0") + data


@pytest.mark.parametrize(
    "commands",
    [
        ["SET k v", "GET k", "SET l v"],
        ["SET k v", "DEL missing", "SET l v"],
        ["SET k v", "PEXPIRE k 100", "SET l v"],
        ["SET k v", "INCRBYFLOAT f 1.5", "SET l v"],
        ["SET k v", "INCR k", "SET l v"],
        ["SET k v", "SELECT 1", "SET l v", "SELECT 0", "SET m v"],
        ["SET k v", "MULTI", "SET l v", "EXEC", "SET m v"],
        ["SET k v", "SPOP s", "SADD s a", "SPOP s", "SET m v"],
        ["SET k v", "GET gone", "SET m v"],
        ["SET k v", "SET gone w", "SET m v"],
    ],
    ids="; ".join,
)
def test_whatever_is_in_a_read_comes_in_its_order(node, commands):
    client = node.connect()
    client("SET gone v PX 5", "SADD s b")
    node.clock.ms += 10
    before = len(stream(node))
    client(*commands)
    at_once = stream(node)[before:]
    with running(CountingDisk(), HeldClock(), **DIRECTIVES) as careful:
        other = careful.connect()
        other("SET gone v PX 5", "SADD s b")
        careful.clock.ms += 10
        before = len(stream(careful))
        for command in commands:
            other(command)
        assert at_once == stream(careful)[before:]
        assert node.digest() == careful.digest()


def test_inline_commands_are_encoded(node):
    node.during(node.connect().client.data_received, b"SET k v\r\nSET l 'a b'\r\n")
    assert stream(node) == encode_commands([[b"SELECT", b"0"], [b"SET", b"k", b"v"], [b"SET", b"l", b"a b"]])


NUMBERS = st.sampled_from([b"3", b"03", b"+3", b" 3", b"3 ", b"-0", b"3\n", b"1", b"2", b"0", b"-1", b"\t3", b"3_0"])


@settings(deadline=None, max_examples=500)
@given(st.lists(st.tuples(NUMBERS, st.lists(st.tuples(NUMBERS, st.sampled_from([b"SET", b"k", b"v", b"", b"abc"])),
    min_size=1, max_size=4)), min_size=1, max_size=4), st.integers(0, 3))  # fmt: skip
def test_only_canonical_bytes_are_called_verbatim(requests, padding):
    """The loaders are strict about numbers, ours and redis-check-aof: `*03` must not get into the file."""
    data = b"".join(
        b"*" + number + b"\r\n" + b"".join(b"$" + size + b"\r\n" + word + b"\r\n" for size, word in words)
        for number, words in requests
    )
    data += encode_commands([[b"SET", b"k", b"x" * 300]] * padding)  # long reads go another way
    parser = FastRequestParser()
    commands = parser.feed(data)
    if parser.verbatim:
        assert encode_commands(commands) == data


# ── which database ──


def test_select_stands_before_the_first_command_and_where_the_database_changes(node):
    one, two = node.connect(), node.connect()
    one("SELECT 1")
    node.turn((one, "SET a 1"), (two, "SET b 2", "SET c 3"), (one, "SET d 4"))
    one("SET e 5")
    assert stream(node) == encoded(
        "SELECT 1", "SET a 1", "SELECT 0", "SET b 2", "SET c 3", "SELECT 1", "SET d 4", "SET e 5"
    )


def test_a_key_that_expires_by_itself_is_deleted_in_its_own_database(node):
    client = node.connect()
    client("SELECT 5", "SET k v PX 5", "SELECT 0", "SET l v")
    before = len(stream(node))
    node.cron(10)
    assert stream(node)[before:] == encoded("SELECT 5", "DEL k")


# ── the stream begins and ends ──


def test_an_expired_key_from_before_the_stream_began_is_not_deleted_in_it(node):
    """GET finds it expired, and before that is passed on the stream ends; it begins again when there is a new one."""
    client = node.connect()
    client("SET k old PX 5")
    node.clock.ms += 10
    client("GET k", "CONFIG SET appendonly no", "SET k new")
    client("CONFIG SET appendonly yes", "SET l v")
    node.cron()
    with running(node.disk, node.clock, **DIRECTIVES) as later:
        assert later.connect()("GET k") == b"new"


def test_a_write_replaced_as_the_stream_ends_replaces_nothing_later(node):
    client = node.connect()
    client("MULTI", "SET k v", "PEXPIRE k 100", "CONFIG SET appendonly no", "EXEC")
    client("CONFIG SET appendonly yes")
    node.cron()
    client("SET l v")
    assert stream(node) == encoded("SELECT 0", "SET l v")


def test_in_one_batch_the_stream_begins_exactly_with_what_the_snapshot_has_not(node):
    client = node.connect()
    client("SET n 0", "CONFIG SET appendonly no", "INCR n", "CONFIG SET appendonly yes", "INCR n", "INCR n")
    node.cron()
    assert stream(node) == encoded("SELECT 0", "INCR n", "INCR n")
    with running(node.disk, node.clock, **DIRECTIVES) as later:
        assert later.connect()("GET n") == b"3"


def test_turned_on_in_a_transaction_it_begins_after_that(node):
    client = node.connect()
    client("CONFIG SET appendonly no", "SET n 0")
    client("MULTI", "INCR n", "CONFIG SET appendonly yes", "INCR n", "EXEC", "INCR n")
    node.cron()
    client("INCR n")
    node.cron()
    with running(node.disk, node.clock, **DIRECTIVES) as later:
        assert later.connect()("GET n") == b"4"


# ── everything at once ──

KEYS = st.sampled_from(["k", "l", "m"])
REWRITE = st.just("BGREWRITEAOF")
COMMANDS = st.one_of(
    st.builds("SET {} {}".format, KEYS, st.integers(0, 99)),
    st.builds("SET {} 5 PX {}".format, KEYS, st.sampled_from([1, 20, 500])),
    st.builds("SET {} 5 {}".format, KEYS, st.sampled_from(["NX", "XX", "KEEPTTL", "GET"])),
    st.builds("{} {}".format, st.sampled_from(["INCR", "DEL", "GET", "PERSIST", "GETDEL", "UNLINK", "TYPE"]), KEYS),
    st.builds("PEXPIRE {} {}".format, KEYS, st.sampled_from([-1, 1, 20, 500])),
    st.builds("{} {} {}".format, st.sampled_from(["RENAME", "COPY", "SMOVE", "RPOPLPUSH"]), KEYS, KEYS),
    st.builds("{} list {}".format, st.sampled_from(["RPUSH", "LPUSH", "LPUSHX", "LREM 0"]), st.integers(0, 9)),
    st.builds("{} set {}".format, st.sampled_from(["SADD", "SREM"]), st.integers(0, 9)),
    st.builds("ZADD zset {} {}".format, st.sampled_from(["1", "2.5", "-inf", "NX 3", "XX 4", "INCR 1"]), KEYS),
    st.builds("HSET hash {} {}".format, KEYS, st.integers(0, 9)),
    st.sampled_from(["LPOP list", "RPOP list 2", "SPOP set", "SPOP set 2", "ZPOPMIN zset", "INCRBYFLOAT f 1.1",
        "HINCRBYFLOAT hash f 0.5", "SORT list BY nosort STORE sorted", "SUNIONSTORE all set", "FLUSHDB", "SWAPDB 0 1",
        "MOVE k 1", "APPEND s x", "SETRANGE s 2 y", "GETEX k PX 20", "MSET k 1 l 2", "MSETNX k 1 q 2",
        "LMPOP 1 list LEFT", "BLPOP list 0", "BRPOPLPUSH list other 0", "BLMOVE other list LEFT RIGHT 0", "PING",
        "BZPOPMIN zset 0", "NOSUCH", "SET k", "SELECT 0", "SELECT 1", "SELECT 2", "MULTI", "EXEC", "DISCARD", "WATCH k",
        "RANDOMKEY", "DEBUG SLEEP 0", "OBJECT FREQ k", "GEOADD g 1 2 here", "PFADD p x", "SETBIT b 7 1"]),
)  # fmt: skip


def steps(commands: st.SearchStrategy[str]) -> st.SearchStrategy[list]:
    """Who sends which commands, where their bytes are cut, and how long nothing happens afterwards."""
    reads = st.lists(commands, min_size=1, max_size=6)
    cuts = st.lists(st.integers(0, 150), max_size=2)
    return st.lists(st.tuples(st.integers(0, 2), reads, cuts, st.sampled_from([0, 0, 0, 3, 30])), max_size=12)


@settings(deadline=None, max_examples=150)
@given(steps(COMMANDS | REWRITE), st.booleans())
def test_what_stands_in_the_file_makes_the_same_data_again(story, preamble):
    disk, clock = CountingDisk(), HeldClock()
    directives = {**DIRECTIVES, "aof_use_rdb_preamble": "yes" if preamble else "no"}
    with running(disk, clock, **directives) as node:
        tell(node, story)
        look_at_all(node)
        before = node.digest()
    with running(disk, clock, **directives) as later:
        look_at_all(later)
        assert later.digest() == before


@settings(deadline=None, max_examples=150)
@given(steps(COMMANDS))
def test_the_short_cuts_change_nothing_in_the_stream(story):
    """The same reads on the fast way and all on the careful one: the same stream."""
    with running(CountingDisk(), HeldClock(), **DIRECTIVES) as fast:
        tell(fast, story)
        hurried = stream(fast)
    with running(CountingDisk(), HeldClock(), **DIRECTIVES) as careful:
        careful.server.fast_by_gate = NoFastWay()
        careful.server.set_gate("test", 0)
        tell(careful, story)
        assert hurried == stream(careful)


class NoFastWay(dict):
    def __contains__(self, gate: object) -> bool:
        return True

    def __missing__(self, gate: int) -> dict:
        return {}


def tell(node: Node, story: list) -> None:
    clients = [node.connect() for _ in range(3)]
    for number, commands, cuts, pause_ms in story:
        data = encoded(*commands)
        edges = [0, *sorted(set(cuts)), len(data)]
        for start, end in pairwise(edges):
            node.during(clients[number].client.data_received, data[start:end])
        node.clock.ms += pause_ms
        if pause_ms == 30:
            node.cron(0)
    for client in clients:  # what they began and did not finish is no part of the data
        node.during(client.client.connection_lost, None)
    node.cron(0)
    node.cron(0)


def look_at_all(node: Node) -> None:
    """What has expired goes."""
    client = node.connect()
    for database in range(4):
        client(f"SELECT {database}", "EXISTS k l m list set zset hash f s b g p other sorted all q")
