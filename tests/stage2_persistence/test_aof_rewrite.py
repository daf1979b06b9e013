"""BGREWRITEAOF: a new base from what is in memory, while writes go on into a new part."""

import pytest

from tests.stage2_persistence.asking import everything, field, persistence, wait_for_rewrite, wait_for_save
from tests.stage2_persistence.files import commands
from tests.stage2_persistence.samples import make_samples
from tests.waiting import eventually

points = pytest.mark.points

ON = ("--appendonly", "yes", "--appendfsync", "no")
IN_COMMANDS = (*ON, "--aof-use-rdb-preamble", "no")
SLOW = ("--rdb-key-save-delay", 20_000)
ITEMS_PER_COMMAND = 64


def rewrite(client):
    assert client("BGREWRITEAOF") == "Background append only file rewriting started"
    assert wait_for_rewrite(client) == "ok"


def part_names(number):
    names = [f"{number}.base.rdb", f"{number}.incr.aof", "manifest"]
    return [f"appendonlydir/appendonly.aof.{name}" for name in names]


@points(2)
def test_a_rewrite_makes_new_parts_and_removes_the_old_ones(node):
    here = node(*ON)
    client = here.start()
    for n in range(100):
        client("SET", "k", n)
    grown = field(client, "aof_current_size")
    rewrite(client)
    eventually(lambda: here.names == part_names(2))
    rewrite(client)
    eventually(lambda: here.names == part_names(3))
    assert here.manifest.kinds == "bi"
    assert field(client, "aof_current_size") < grown / 10
    assert here.manifest.incremental.read_bytes() == b""
    assert here.restart()("GET", "k") == b"99"


@points(2)
def test_everything_survives_a_rewrite(node):
    here = node(*ON)
    client = here.start()
    make_samples(client)
    client("PEXPIREAT", "small hash", 4_102_444_800_123)
    client("SELECT", 9)
    client("SET", "k", "v")
    before, digest = everything(client, (0, 9)), client("DEBUG", "DIGEST")
    rewrite(client)
    client = here.restart()
    assert (everything(client, (0, 9)), client("DEBUG", "DIGEST")) == (before, digest)


@points(1)
def test_the_new_base_is_a_snapshot(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v")
    rewrite(client)
    data = here.manifest.base.read_bytes()
    assert data.startswith(b"REDIS00")
    assert b"\xfa\x08aof-base\xc0\x01" in data, "it says of itself that it is a base"


@points(3)
def test_writes_during_a_rewrite_go_to_a_part_of_their_own(node):
    here = node(*ON, *SLOW)
    client = here.start()
    client("MSET", *range(40))
    client("RPUSH", "l", "before")
    client("BGREWRITEAOF")
    client("RPUSH", "l", "during")
    assert persistence(client)["aof_rewrite_in_progress"] == "1"
    assert here.manifest.kinds == "bii"
    assert commands(here.manifest.incremental.read_bytes()) == ["SELECT 0", "RPUSH l during"]
    assert wait_for_rewrite(client) == "ok"
    client("RPUSH", "l", "after")
    assert here.manifest.kinds == "bi"
    assert here.restart()("LRANGE", "l", 0, -1) == [b"before", b"during", b"after"]


@points(3)
def test_a_server_killed_during_a_rewrite_loses_nothing(node):
    here = node(*ON, *SLOW)
    client = here.start()
    client("MSET", *range(40))
    client("RPUSH", "l", "before")
    client("BGREWRITEAOF")
    client("RPUSH", "l", "during")
    client = here.restart()
    assert client("LRANGE", "l", 0, -1) == [b"before", b"during"]
    assert client("DBSIZE") == 21
    client("RPUSH", "l", "after")
    client = here.restart()
    assert client("LRANGE", "l", 0, -1) == [b"before", b"during", b"after"]


@points(2)
def test_several_parts_are_loaded_in_their_order_and_rewritten_into_one(node):
    here = node(*ON, *SLOW)
    client = here.start()
    client("MSET", *range(40))
    for n in range(3):
        client("RPUSH", "l", n)
        client("BGREWRITEAOF")
        client = here.restart()
    assert here.manifest.kinds == "biiii"
    assert client("LRANGE", "l", 0, -1) == [b"0", b"1", b"2"]
    client("CONFIG", "SET", "rdb-key-save-delay", 0)
    rewrite(client)
    assert here.manifest.kinds == "bi"
    assert here.restart()("LRANGE", "l", 0, -1) == [b"0", b"1", b"2"]


@points(1)
def test_there_is_one_rewrite_at_a_time(node):
    client = node(*ON, *SLOW).start()
    client("MSET", *range(200))
    client("BGREWRITEAOF")
    assert client.error("BGREWRITEAOF") == "ERR Background append only file rewriting already in progress"


@points(1)
def test_a_rewrite_waits_for_the_snapshot_that_is_being_taken(node):
    client = node(*ON, *SLOW).start()
    client("MSET", *range(20))
    client("BGSAVE")
    assert client("BGREWRITEAOF") == "Background append only file rewriting scheduled"
    assert persistence(client)["aof_rewrite_scheduled"] == "1"
    assert persistence(client)["aof_pending_rewrite"] == "1"
    assert wait_for_save(client) == "ok"
    assert wait_for_rewrite(client) == "ok"
    assert field(client, "aof_rewrites") == 1


@points(1)
def test_a_snapshot_waits_for_a_rewrite_if_it_is_told_to(node):
    here = node(*ON, *SLOW)
    client = here.start()
    client("MSET", *range(20))
    client("BGREWRITEAOF")
    assert client.error("BGSAVE") == (
        "ERR Another child process is active (AOF?): can't BGSAVE right now. "
        "Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."
    )
    assert client("BGSAVE", "SCHEDULE") == "Background saving scheduled"
    eventually(here.rdb.exists)


@points(1)
def test_a_rewrite_needs_no_append_only_file(node):
    here = node()
    client = here.start()
    client("SET", "k", "v")
    rewrite(client)
    assert here.manifest.kinds == "b"
    assert here.restart("--appendonly", "yes")("GET", "k") == b"v"


@points(1)
def test_info_tells_about_the_last_rewrite(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v" * 1000)
    rewrite(client)
    info = persistence(client)
    assert (info["aof_last_bgrewrite_status"], info["aof_rewrites_consecutive_failures"]) == ("ok", "0")
    assert int(info["aof_last_rewrite_time_sec"]) >= 0
    assert info["aof_current_rewrite_time_sec"] == "-1"
    assert int(info["aof_base_size"]) == here.manifest.base.stat().st_size == int(info["aof_current_size"])


# By itself -----------------------------------------------------------------------------------------------------------


@points(2)
def test_a_file_that_has_grown_enough_is_rewritten_by_itself(node):
    here = node(*ON, "--auto-aof-rewrite-min-size", 5000, "--auto-aof-rewrite-percentage", 100)
    client = here.start()
    client("SET", "k", "v" * 3000)
    assert field(client, "aof_rewrites") == 0
    client("SET", "k", "w" * 3000)
    eventually(lambda: field(client, "aof_rewrites") == 1)
    assert wait_for_rewrite(client) == "ok"
    assert field(client, "aof_current_size") < 5000
    assert "Starting automatic rewriting of AOF on" in here.log
    assert here.restart()("GET", "k") == b"w" * 3000


@points(1)
def test_the_next_one_waits_until_the_base_has_doubled(node):
    client = node(*ON, "--auto-aof-rewrite-min-size", 1, "--auto-aof-rewrite-percentage", 100).start()
    client("CONFIG", "SET", "rdbcompression", "no")
    client("SET", "k", "v" * 20_000)
    eventually(lambda: field(client, "aof_rewrites") > 0 and field(client, "aof_base_size") > 20_000)
    wait_for_rewrite(client)
    before = field(client, "aof_rewrites")
    client("SET", "other", "v" * 10_000)
    client("CONFIG", "SET", "hz", 100)  # several rounds of the periodic work pass meanwhile
    for _ in range(100):
        client("PING")
    assert field(client, "aof_rewrites") == before
    client("SET", "other", "w" * 15_000)
    eventually(lambda: field(client, "aof_rewrites") == before + 1)


@points(1)
def test_a_percentage_of_zero_turns_it_off(node):
    client = node(*ON, "--auto-aof-rewrite-min-size", 1, "--auto-aof-rewrite-percentage", 0).start()
    client("SET", "k", "v" * 10_000)
    client("BGSAVE")  # takes longer than the server takes to look at the size
    wait_for_save(client)
    assert field(client, "aof_rewrites") == 0


# In commands ---------------------------------------------------------------------------------------------------------


@points(2)
def test_without_preamble_the_base_is_made_of_the_fewest_commands(node):
    here = node(*IN_COMMANDS)
    client = here.start()
    client("SET", "s", "v")
    client("PEXPIREAT", "s", 4_102_444_800_123)
    rewrite(client)
    assert commands(here.manifest.base.read_bytes()) == ["SELECT 0", "SET s v", "PEXPIREAT s 4102444800123"]


@pytest.mark.parametrize(
    ("command", "rebuilt"),
    [
        (("RPUSH", "k", "a", 1, "b"), "RPUSH k a 1 b"),
        (("SADD", "k", 3, 1, 2), "SADD k 1 2 3"),
        (("HSET", "k", "f", 1, "g", "x"), "HMSET k f 1 g x"),
        (("ZADD", "k", 2.5, "b", -1, "a", "inf", "c"), "ZADD k -1 a 2.5 b inf c"),
        (("SET", "k", 12), "SET k 12"),
    ],
    ids=str,
)
@points(1)
def test_each_type_is_rebuilt_by_its_own_command(node, command, rebuilt):
    here = node(*IN_COMMANDS)
    client = here.start()
    client(*command)
    rewrite(client)
    assert commands(here.manifest.base.read_bytes()) == ["SELECT 0", rebuilt]


@points(1)
def test_large_values_are_rebuilt_in_pieces(node):
    here = node(*IN_COMMANDS)
    client = here.start()
    client("RPUSH", "l", *range(150))
    rewrite(client)
    _, *pieces = commands(here.manifest.base.read_bytes())
    assert [len(piece.split(" ")) - 2 for piece in pieces] == [ITEMS_PER_COMMAND, ITEMS_PER_COMMAND, 22]


@points(2)
def test_everything_survives_a_rewrite_in_commands(node):
    here = node(*IN_COMMANDS)
    client = here.start()
    make_samples(client)
    client("PEXPIREAT", "small hash", 4_102_444_800_123)
    client("SELECT", 9)
    client("SET", "k", "v")
    before, digest = everything(client, (0, 9)), client("DEBUG", "DIGEST")
    rewrite(client)
    assert here.manifest.base.name.endswith(".base.aof")
    assert here.manifest.incremental.read_bytes() == b""
    client = here.restart()
    assert (everything(client, (0, 9)), client("DEBUG", "DIGEST")) == (before, digest)


@points(1)
def test_the_kind_of_base_can_change_between_rewrites(node):
    here = node(*ON)
    client = here.start()
    client("SET", "k", "v")
    for preamble, ending in [("no", ".base.aof"), ("yes", ".base.rdb"), ("no", ".base.aof")]:
        client("CONFIG", "SET", "aof-use-rdb-preamble", preamble)
        rewrite(client)
        assert here.manifest.base.name.endswith(ending)
    assert here.restart()("GET", "k") == b"v"


# That fails ----------------------------------------------------------------------------------------------------------


@points(2)
def test_a_rewrite_that_fails_loses_nothing_and_is_told(node):
    here = node(*ON)
    client = here.start()
    client("RPUSH", "l", "before")
    obstacle = here.manifest.directory / "appendonly.aof.2.base.rdb"
    obstacle.mkdir()
    client("BGREWRITEAOF")
    assert wait_for_rewrite(client) == "err"
    assert field(client, "aof_rewrites_consecutive_failures") == 1
    client("RPUSH", "l", "after")
    client = here.restart()
    assert client("LRANGE", "l", 0, -1) == [b"before", b"after"]
    obstacle.rmdir()
    rewrite(client)
    assert here.restart()("LRANGE", "l", 0, -1) == [b"before", b"after"]
