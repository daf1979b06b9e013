"""RDB files and payloads, byte for byte beside the real server: what it writes we load, what we write it loads.

Without a server of ours: the parts that read and write, so that every form and every option can be asked for.
"""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from lab.programs import require_program
from stage1_single_node import digest
from stage1_single_node.config import Config
from stage1_single_node.keyspace import Keyspace
from stage2_persistence.opaque import Opaque
from stage2_persistence.payload import dump, restore
from stage2_persistence.rdb_reader import RdbReader
from stage2_persistence.rdb_writer import write_rdb
from tests.interoperability.keyspaces import fill, picture
from tests.stage2_persistence_parts.old_files import file_of
from tests.stage2_persistence_parts.rdb_files import load
from tests.stage2_persistence_parts.values import values
from tests.target import Server, Target
from tests.wire import Connection

GET_TOOLS = "apt-get install redis-tools"
COMMANDS = 8000
AS_IT_IS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LIBRARY = b"#!lua name=library\nredis.register_function('f', function() return 1 end)"
DEFAULTS = ("maxmemory-policy", "noeviction", "rdbcompression", "yes", "list-max-listpack-size", -2)
# The elements of the other encodings are written in the order of the real server's hash table.
ORDERED = {"listpack", "intset", "skiplist", "quicklist"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def real_server(directory: Path) -> Iterator[Server]:
    server = Target("redis", stage="").start(directory, "--dir", directory, "--enable-debug-command", "yes")
    yield server
    server.end()


@pytest.fixture
def real(real_server: Server) -> Connection:
    client = real_server.connect()
    client.pipeline(("FLUSHALL",), ("FUNCTION", "FLUSH"), ("CONFIG", "SET", *DEFAULTS))
    return client


def load_file(path: Path, config: Config | None = None) -> tuple[RdbReader, Keyspace]:
    keyspace = Keyspace(16, Random(0))
    with path.open("rb") as file:
        reader = RdbReader(file, path.stat().st_size, keyspace.databases, config or Config())
        for _ in reader.load():
            pass
    return reader, keyspace


def save_ours(path: Path, keyspace: Keyspace, **options) -> None:
    with path.open("wb") as file:
        write_rdb(file.write, keyspace.databases, aux=[(b"redis-ver", b"7.0.15")], **options)


def load_into(real: Connection) -> None:
    assert real("DEBUG", "RELOAD", "NOSAVE") == "OK"


def check(path: Path) -> str:
    """What redis-check-rdb says of a good file."""
    ended = subprocess.run([require_program("redis-check-rdb", GET_TOOLS), path], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout
    assert "\\o/ RDB looks OK! \\o/" in ended.stdout
    return ended.stdout


# Whole files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["yes", "no"])
@pytest.mark.parametrize("checksum", ["yes", "no"])
def test_thousands_of_keys_go_there_and_back(real, directory, compression, checksum):
    real("CONFIG", "SET", "rdbcompression", compression)
    fill(real, Random(f"{compression} {checksum}"), COMMANDS)
    real("DEBUG", "RELOAD")  # which takes a collection that has shrunk back to its compact form
    before = picture(real)
    real("SAVE")
    reader, keyspace = load_file(directory / "dump.rdb")
    assert reader.offset == (directory / "dump.rdb").stat().st_size
    assert reader.keys_loaded == len(before[1]) > 1000
    assert reader.aux[b"redis-ver"] == b"7.0.15"
    assert str(digest.of_keyspace(keyspace)) == before[0]
    save_ours(directory / "dump.rdb", keyspace, compression=compression == "yes", checksum=checksum == "yes")
    report = check(directory / "dump.rdb")
    assert f"{reader.keys_loaded} keys read" in report
    assert f"{sum(len(database.expires) for database in keyspace.databases)} expires" in report
    load_into(real)
    assert picture(real) == before


def test_a_file_of_ours_has_the_size_of_the_real_one(real, directory):
    """The same bytes, but for the order of keys and of elements: of those alone the size knows nothing."""
    fill(real, Random(3), COMMANDS)
    real("SAVE")
    load_into(real)  # so that its lists and integers have the form in which they are loaded
    real("SAVE")
    reader, keyspace = load_file(directory / "dump.rdb")
    pieces: list[bytes] = []
    write_rdb(pieces.append, keyspace.databases, aux=reader.aux.items())
    assert sum(map(len, pieces)) == pytest.approx((directory / "dump.rdb").stat().st_size, rel=0.001)


@pytest.mark.parametrize("version", range(1, 11))
def test_old_files_are_to_us_what_they_are_to_the_real_server(real, directory, version):
    data = file_of(version)
    (directory / "dump.rdb").write_bytes(data)
    load_into(real)
    keyspace = load(data)
    assert str(digest.of_keyspace(keyspace)) == real("DEBUG", "DIGEST")
    for name, value in keyspace.databases[0].data.items():
        if not isinstance(value, bytes):
            assert value.encoding == real("OBJECT", "ENCODING", name).decode()  # type: ignore[attr-defined]
    deadlines = real.pipeline(*[("PEXPIRETIME", name) for name in keyspace.databases[0].expires])
    assert deadlines == list(keyspace.databases[0].expires.values())


def test_streams_and_functions_come_through_whole(real, directory):
    for number in range(300):
        real("XADD", "stream", f"{number + 1}-0", "field", number, "other", "x" * number)
    real.pipeline(
        ("XDEL", "stream", "7-0"),
        ("XGROUP", "CREATE", "stream", "group", 0),
        ("XREADGROUP", "GROUP", "group", "consumer", "COUNT", 20, "STREAMS", "stream", ">"),
        ("XREADGROUP", "GROUP", "group", "another", "COUNT", 20, "STREAMS", "stream", ">"),
        ("XACK", "stream", "group", "3-0", "25-0"),
        ("XADD", "empty", "1-1", "a", "b"),
        ("XDEL", "empty", "1-1"),
        ("FUNCTION", "LOAD", LIBRARY),
    )
    before = [real("DEBUG", "DIGEST"), real("XINFO", "STREAM", "stream", "FULL"), real("XINFO", "GROUPS", "stream")]
    payload = real("DUMP", "stream")
    real("SAVE")
    reader, keyspace = load_file(directory / "dump.rdb")
    value = keyspace.databases[0].data[b"stream"]
    assert isinstance(value, Opaque) and value.type_name == "stream"
    assert dump(value) == payload
    assert reader.functions == [LIBRARY]
    save_ours(directory / "dump.rdb", keyspace, functions=reader.functions)
    check(directory / "dump.rdb")
    load_into(real)
    assert before == [
        real("DEBUG", "DIGEST"),
        real("XINFO", "STREAM", "stream", "FULL"),
        real("XINFO", "GROUPS", "stream"),
    ]
    assert b"library" in real("FUNCTION", "LIST")[0]


@pytest.mark.parametrize("policy, access, question", [("lru", "idle", "IDLETIME"), ("lfu", "freq", "FREQ")])
def test_how_keys_were_used_goes_there_and_back(real, directory, policy, access, question):
    real("CONFIG", "SET", "maxmemory-policy", f"allkeys-{policy}")
    real("SET", "k", "v")
    payload = real("DUMP", "k")
    real("RESTORE", "used", 0, payload, question, 200)
    real("SAVE")
    config = Config()
    config.set({"maxmemory-policy": f"allkeys-{policy}"})
    keyspace = Keyspace(16, Random(0))
    keyspace.second = 600_000
    data = (directory / "dump.rdb").read_bytes()
    for _ in RdbReader(BytesIO(data), len(data), keyspace.databases, config).load():
        pass
    used = keyspace.databases[0].accessed[b"used"]
    assert (used & 0xFF) == 200 if access == "freq" else 195 <= 600_000 - used <= 200 + 60
    save_ours(directory / "dump.rdb", keyspace, access=access)
    check(directory / "dump.rdb")
    load_into(real)
    assert 195 <= real("OBJECT", question, "used") <= 200 + 60


# Single values -------------------------------------------------------------------------------------------------------


@AS_IT_IS
@given(value=values)
def test_a_payload_of_ours_is_the_real_server_s_own(real, value):
    ours = dump(value)
    real("DEL", "k")
    assert real("RESTORE", "k", 0, ours) == "OK"
    encoding = real("OBJECT", "ENCODING", "k").decode()
    theirs = real("DUMP", "k")
    if isinstance(value, bytes | bytearray) or encoding in ORDERED:
        assert ours == theirs
    assert len(ours) == len(theirs) or encoding == "hashtable"
    if not isinstance(value, bytes | bytearray):
        assert value.encoding == encoding
    back = Keyspace(1, Random(0)).databases[0]
    back.data[b"k"] = restore(theirs, Config())
    assert str(digest.of_value(back, b"k")) == real("DEBUG", "DIGEST-VALUE", "k")[0]


@pytest.mark.parametrize("size", [-5, -3, -2, -1, 1, 7, 128])
def test_long_lists_are_cut_into_the_same_nodes(real, size):
    dice = Random(size)
    real("CONFIG", "SET", "list-max-listpack-size", size)
    elements = [dice.randbytes(dice.choice([0, 3, 80, 500, 4000, 9000])) for _ in range(300)]
    elements += [b"%d" % dice.randrange(10 ** dice.randrange(1, 18)) for _ in range(3000)]
    real("RPUSH", "k", *elements)
    theirs = real("DUMP", "k")
    config = Config()
    config.set({"list-max-listpack-size": str(size)})
    assert dump(restore(theirs, config), config) == theirs


def test_huge_elements_are_read_from_nodes_by_themselves(real):
    real("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "1000B")
    real("RPUSH", "k", "a", "x" * 1000, "y" * 999, "z" * 5000, 12)
    payload = real("DUMP", "k")
    real("DEBUG", "QUICKLIST-PACKED-THRESHOLD", 0)
    assert list(restore(payload, Config())) == [b"a", b"x" * 1000, b"y" * 999, b"z" * 5000, b"12"]
