"""A keyspace as commands: the same as the real server's rewrite, and loaded by both."""

import io
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from stage1_single_node.config import Config
from stage1_single_node.keyspace import Keyspace
from stage1_single_node.structures.list import List
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence.aof_commands import write_commands
from stage2_persistence.aof_reader import CommandReader
from stage2_persistence.rdb_reader import RdbReader
from tests.stage2_persistence.asking import wait_for_rewrite
from tests.stage2_persistence.node import Node
from tests.stage2_persistence.samples import make_samples
from tests.target import Target
from tests.wire import Connection

BASE = "appendonly.aof.1.base.aof"
AS_COMMANDS = ("--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--auto-aof-rewrite-percentage", 0)
FAR_MS = 4102444800000  # the year 2100


def fill(client: Connection) -> None:
    """Every type and encoding, in three databases, some with a deadline, and collections of about 64 elements."""
    make_samples(client)
    client("SELECT", 3)
    for size in (1, 63, 64, 65, 128, 129, 1000):
        client("RPUSH", f"list {size}", *range(size))
        client("SADD", f"intset {size}", *range(size))
        client("SADD", f"set {size}", *[f"m{number}" for number in range(size)])
        client("ZADD", f"zset {size}", *[word for number in range(size) for word in (number / 3, f"m{number}")])
        client("HSET", f"hash {size}", *[word for number in range(size) for word in (f"f{number}", number)])
        client("PEXPIREAT", f"hash {size}", FAR_MS + size)
    client("SELECT", 15)
    client("SET", "with a deadline", "v", "PXAT", FAR_MS)
    client("APPEND", "edited in place", "v" * 100)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory):
    """A real server that has written its data both ways: as an RDB file and as commands."""
    node = Node(Target("redis", stage=""), tmp_path_factory.mktemp("real"), *AS_COMMANDS)
    client = node.start()
    fill(client)
    client("BGREWRITEAOF")
    assert wait_for_rewrite(client) == "ok"
    assert client("SAVE") == "OK"
    yield node
    node.end()


@pytest.fixture(scope="module")
def databases(real: Node):
    """The same data in ours."""
    keyspace = Keyspace(16, Random(0))
    data = real.rdb.read_bytes()
    for _ in RdbReader(io.BytesIO(data), len(data), keyspace.databases, Config()).load():
        pass
    return keyspace.databases


def written(databases, **options) -> bytes:
    chunks: list[bytes] = []
    write_commands(chunks.append, databases, **options)
    return b"".join(chunks)


def by_key(data: bytes) -> dict:
    """Of each key in each database what its commands say, without the order of what has none."""
    found: dict = defaultdict(list)
    database = b"0"
    for batch in CommandReader(io.BytesIO(data), 0, len(data)):
        for name, key, *words in batch:
            if name == b"SELECT":
                database = key
            else:
                found[database, key].append((name, words))
    return {key: summary(commands) for key, commands in found.items()}


def summary(commands):
    """How long each command is, and all elements: in the order of the commands, or sorted."""
    lengths = [(name, len(words)) for name, words in commands]
    first = commands[0][0]
    width = 2 if first in (b"ZADD", b"HMSET") else 1
    words = [word for name, words in commands if name == first for word in words]
    elements = [words[at : at + width] for at in range(0, len(words), width)]
    others = [words for name, words in commands if name != first]
    return lengths, elements if first in (b"RPUSH", b"SET") else sorted(elements), others


def test_a_rewrite_is_the_real_servers(real, databases):
    theirs, ours = by_key(real.manifest.base.read_bytes()), by_key(written(databases))
    assert len(ours) > 50
    assert ours == theirs


@pytest.mark.parametrize("engine", ["redis", "ours"])
def test_it_loads_in_both_and_the_data_is_the_same(engine, real, databases, tmp_path):
    node = Node(Target(engine, stage="stage2_persistence"), tmp_path, *AS_COMMANDS)
    place(node.directory, written(databases, timestamp=1668902400))
    try:
        assert node.start()("DEBUG", "DIGEST") == real.server.connect()("DEBUG", "DIGEST")
    finally:
        node.end()


def test_what_the_real_server_wrote_loads_in_ours(real, tmp_path):
    node = Node(Target("ours", stage="stage2_persistence"), tmp_path, *AS_COMMANDS)
    place(node.directory, real.manifest.base.read_bytes())
    try:
        assert node.start()("DEBUG", "DIGEST") == real.server.connect()("DEBUG", "DIGEST")
    finally:
        node.end()


def place(directory: Path, base: bytes) -> None:
    """A data set that is one file of commands."""
    folder = directory / "appendonlydir"
    folder.mkdir()
    (folder / BASE).write_bytes(base)
    (folder / "appendonly.aof.manifest").write_text(f"file {BASE} seq 1 type b\n")


@pytest.mark.parametrize("engine", ["redis", "ours"])
def test_a_stream_goes_into_the_file_and_comes_out_of_it(engine, tmp_path):
    source = Node(Target("redis", stage=""), tmp_path)
    client = source.start()
    client("XADD", "stream", "1-1", "field", "value")
    client("XGROUP", "CREATE", "stream", "group", 0)
    client("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "stream", ">")
    client("PEXPIREAT", "stream", FAR_MS)
    client("SAVE")
    data = source.rdb.read_bytes()
    keyspace = Keyspace(16, Random(0))
    list(RdbReader(io.BytesIO(data), len(data), keyspace.databases, Config()).load())
    (tmp_path / "second").mkdir()
    second = Node(Target(engine, stage="stage2_persistence"), tmp_path / "second", *AS_COMMANDS)

    place(second.directory, written(keyspace.databases))

    try:
        loaded = second.start()
        for question in (("DUMP", "stream"), ("PEXPIRETIME", "stream"), ("TYPE", "stream")):
            assert loaded(*question) == client(*question)
    finally:
        second.end()
        source.end()


def test_the_annotation_comes_first():
    assert written([], timestamp=1668902400) == b"#TS:1668902400\r\n"


def test_a_large_collection_is_handed_out_in_chunks_and_progress_is_told():
    keyspace = Keyspace(1, Random(0))
    data = keyspace.databases[0].data
    data[b"list"] = List([b"x" * 1000] * 5000)
    data[b"zset"] = SortedSet.of({b"%01000d" % number: 1.0 for number in range(3000)}, 128, 64)
    data[b"text"] = bytearray(b"edited in place")
    chunks: list[bytes] = []
    told: list[int] = []
    assert write_commands(chunks.append, keyspace.databases, progress=told.append) == 3
    assert max(map(len, chunks)) < 1.2 * (1 << 20)
    assert len(told) == len(chunks) > 7
    assert told == sorted(told) and told[-1] == 3


def test_an_empty_keyspace_is_an_empty_file():
    assert written(Keyspace(16, Random(0)).databases) == b""


def test_what_write_raises_passes_through(databases):
    def full(data):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_commands(full, databases)
