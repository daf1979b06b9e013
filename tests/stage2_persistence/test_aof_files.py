"""The append-only file is a directory: a manifest, a base, and what was written since, in files of its own."""

import pytest

from tests.stage2_persistence.asking import everything, field, now_ms, persistence, wait_for_rewrite
from tests.stage2_persistence.files import commands
from tests.stage2_persistence.samples import make_samples
from tests.waiting import eventually

points = pytest.mark.points

ON = ("--appendonly", "yes", "--appendfsync", "no")
DIRECTORY = "appendonlydir"
OLD_FILE = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nold\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"


@points(2)
def test_a_new_server_makes_a_base_a_part_and_a_manifest(node):
    here = node(*ON)
    here.start()
    names = ["appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"]
    assert here.names == [f"{DIRECTORY}/{name}" for name in names]
    assert here.manifest.path.read_text() == (
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
    )


@points(1)
def test_the_first_base_is_a_snapshot_of_nothing(node):
    here = node(*ON)
    here.start()
    assert here.manifest.base.read_bytes().startswith(b"REDIS00")
    assert here.manifest.incremental.read_bytes() == b""


@points(1)
def test_names_can_be_chosen(node):
    here = node(*ON, "--appendfilename", "log.aof", "--appenddirname", "logs")
    here.start()("SET", "k", "v")
    assert here.names == ["logs/log.aof.1.base.rdb", "logs/log.aof.1.incr.aof", "logs/log.aof.manifest"]
    assert here.restart()("GET", "k") == b"v"


@points(1)
def test_without_preamble_every_part_is_made_of_commands(node):
    here = node(*ON, "--aof-use-rdb-preamble", "no")
    here.start()
    assert [path.name for path in (here.manifest.base, here.manifest.incremental)] == [
        "appendonly.aof.1.base.aof",
        "appendonly.aof.1.incr.aof",
    ]
    assert here.manifest.base.read_bytes() == b""


@points(1)
def test_a_part_begins_with_the_database_that_it_writes_to(node):
    here = node(*ON)
    here.start()("SET", "k", "v")
    assert commands(here.manifest.incremental.read_bytes()) == ["SELECT 0", "SET k v"]


@points(1)
def test_a_restart_writes_on_in_the_same_part(node):
    here = node(*ON)
    here.start()("SET", "k", "v")
    before = here.contents()
    here.restart()("SET", "k", "w")
    after = here.contents()
    part = f"{DIRECTORY}/appendonly.aof.1.incr.aof"
    assert after.keys() == before.keys()
    assert after[part].startswith(before[part])
    assert commands(after[part][len(before[part]) :]) == ["SELECT 0", "SET k w"]


@points(1)
def test_info_knows_the_sizes_of_the_parts(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v" * 500)
    sizes = [len(data) for name, data in here.contents().items() if not name.endswith("manifest")]
    client = here.restart()
    assert field(client, "aof_current_size") == sum(sizes)
    assert field(client, "aof_base_size") > 0


# Turned on and off while it runs -------------------------------------------------------------------------------------


@points(2)
def test_turning_it_on_writes_down_what_is_there(node):
    here = node("--appendfsync", "no")
    client = here.start()
    make_samples(client)
    before = everything(client)
    assert client("CONFIG", "SET", "appendonly", "yes") == "OK"
    assert wait_for_rewrite(client) == "ok"
    client("SET", "later", "v")
    assert persistence(client)["aof_enabled"] == "1"
    assert here.manifest.kinds == "bi"
    client = here.restart("--appendonly", "yes")
    assert client("GET", "later") == b"v"
    client("DEL", "later")
    assert everything(client) == before


@points(2)
def test_what_is_written_while_the_first_base_is_made_is_not_lost(node):
    here = node("--appendfsync", "no", "--rdb-key-save-delay", 10_000)
    client = here.start()
    client("MSET", *range(40))
    client("CONFIG", "SET", "appendonly", "yes")
    client("RPUSH", "l", "while it was made")
    assert persistence(client)["aof_rewrite_in_progress"] == "1"
    assert wait_for_rewrite(client) == "ok"
    client("RPUSH", "l", "afterwards")
    client = here.restart("--appendonly", "yes")
    assert client("LRANGE", "l", 0, -1) == [b"while it was made", b"afterwards"]
    assert client("DBSIZE") == 21


@points(1)
def test_turning_it_off_stops_the_writing_and_leaves_the_files(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v")
    assert client("CONFIG", "SET", "appendonly", "no") == "OK"
    before = here.contents()
    client("SET", "k", "w")
    assert here.contents() == before
    assert persistence(client)["aof_enabled"] == "0"
    assert here.restart()("GET", "k") == b"v"


@points(1)
def test_turning_it_off_and_on_again_starts_from_a_new_base(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v")
    client("CONFIG", "SET", "appendonly", "no")
    client("SET", "k", "unwritten")
    client("CONFIG", "SET", "appendonly", "yes")
    assert wait_for_rewrite(client) == "ok"
    client("APPEND", "k", " and more")
    assert here.manifest.base.name == "appendonly.aof.2.base.rdb"
    assert here.restart()("GET", "k") == b"unwritten and more"


@points(1)
def test_what_is_on_is_turned_on_again_for_nothing(node):
    here = node(*ON)
    client = here.start()
    before = here.contents()
    assert client("CONFIG", "SET", "appendonly", "yes") == "OK"
    assert persistence(client)["aof_rewrite_in_progress"] == "0"
    assert here.contents() == before


# The single file of Redis 6 ------------------------------------------------------------------------------------------


@points(2)
def test_an_old_single_file_is_taken_over_as_the_base(node):
    here = node(*ON)
    (here.directory / "appendonly.aof").write_bytes(OLD_FILE)
    client = here.start()
    assert client("MGET", "k", "n") == [b"old", b"1"]
    assert here.manifest.path.read_text() == (
        "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
    )
    assert here.manifest.base.read_bytes() == OLD_FILE
    assert not (here.directory / "appendonly.aof").exists()
    client("INCR", "n")
    assert here.restart()("MGET", "k", "n") == [b"old", b"2"]


@points(1)
def test_an_old_single_file_may_begin_with_a_snapshot(node):
    here = node(*ON)
    source = node()
    client = source.start()
    client("SET", "k", "in the preamble")
    client("SAVE")
    (here.directory / "appendonly.aof").write_bytes(source.rdb.read_bytes() + b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n")
    assert here.start()("MGET", "k", "n") == [b"in the preamble", b"1"]


@points(1)
def test_the_next_rewrite_replaces_the_old_file(node):
    here = node(*ON)
    (here.directory / "appendonly.aof").write_bytes(OLD_FILE)
    client = here.start()
    client("BGREWRITEAOF")
    assert wait_for_rewrite(client) == "ok"
    names = [f"{DIRECTORY}/{name}" for name in ("appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof")]
    eventually(lambda: here.names == [*names, f"{DIRECTORY}/appendonly.aof.manifest"])
    assert here.restart()("MGET", "k", "n") == [b"old", b"1"]


# Timestamps ----------------------------------------------------------------------------------------------------------


@points(2)
def test_timestamps_stand_between_commands_once_a_second(node):
    here = node(*ON, "--aof-timestamp-enabled", "yes")
    client = here.start()
    second = now_ms(client) // 1000
    for n in range(10):
        client("SET", "k", n)
    client.transaction(("SET", "a", 1), ("SET", "b", 2))
    lines = commands(here.manifest.incremental.read_bytes())
    stamps = [int(line.removeprefix("#TS:")) for line in lines if line.startswith("#")]
    assert lines[0] == f"#TS:{stamps[0]}"
    assert stamps == sorted(set(stamps)) and second <= stamps[0] and len(stamps) <= 3
    first = lines.index("MULTI")
    assert lines[first : first + 4] == ["MULTI", "SET a 1", "SET b 2", "EXEC"]
    assert here.restart()("MGET", "k", "a", "b") == [b"9", b"1", b"2"]


@points(1)
def test_timestamps_can_be_turned_on_and_are_off_by_default(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", 1)
    client("CONFIG", "SET", "aof-timestamp-enabled", "yes")
    client("SET", "k", 2)
    lines = commands(here.manifest.incremental.read_bytes())
    assert [line.startswith("#TS:") for line in lines] == [False, False, True, False]
    assert here.restart()("GET", "k") == b"2"
