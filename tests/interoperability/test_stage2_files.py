"""Whole data directories, both ways: what the real server wrote ours loads, and what ours wrote the real one loads.

Both start on copies of one directory and must then hold the same, to the encoding and the millisecond; and Redis's own
tools must find nothing wrong with it.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from lab.programs import require_program
from tests.interoperability.keyspaces import Picture, fill, picture
from tests.stage2_persistence.asking import persistence, wait_for_rewrite
from tests.stage2_persistence.node import Node
from tests.target import Target

GET_TOOLS = "apt-get install redis-tools"
COMMANDS = 6000
COMMANDS_BETWEEN = 500
AOF = ("--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", 0)
NEVER_DONE = ("--rdb-key-save-delay", 1_000_000)


@pytest.fixture
def make(request, tmp_path):
    """make("ours"), make("redis"): a directory and the server that will run in it."""
    ours = Target(request.config.getoption("--target"), stage="stage2_persistence")
    targets = {"ours": ours, "redis": Target("redis", stage="")}
    nodes: list[Node] = []

    def make(name: str, *directives) -> Node:
        home = tmp_path / f"{name}-{len(nodes)}"
        home.mkdir()
        nodes.append(Node(targets[name], home, *directives))
        return nodes[-1]

    yield make
    for each in nodes:
        each.end()


# What a server may leave ---------------------------------------------------------------------------------------------


def leave_a_snapshot(here: Node, dice: Random) -> None:
    client = here.start("--appendonly", "no")
    fill(client, dice, COMMANDS)
    client("SAVE")


def leave_commands_alone(here: Node, dice: Random) -> None:
    fill(here.start("--aof-use-rdb-preamble", "no"), dice, COMMANDS)


def leave_a_base_and_commands(here: Node, dice: Random, *directives) -> None:
    client = here.start(*directives)
    fill(client, dice, COMMANDS)
    client("BGREWRITEAOF")
    assert wait_for_rewrite(client) == "ok"
    fill(client, dice, COMMANDS_BETWEEN)


def leave_a_base_in_commands(here: Node, dice: Random) -> None:
    leave_a_base_and_commands(here, dice, "--aof-use-rdb-preamble", "no")


def leave_many_parts(here: Node, dice: Random) -> None:
    leave_a_base_and_commands(here, dice)
    for _ in range(3):
        client = here.restart(*NEVER_DONE)
        client("BGREWRITEAOF")
        assert persistence(client)["aof_rewrite_in_progress"] == "1"
        fill(client, dice, COMMANDS_BETWEEN)
    assert here.manifest.kinds == "biiii"


def leave_a_torn_tail(here: Node, dice: Random) -> None:
    leave_a_base_and_commands(here, dice)
    here.kill()
    part = here.manifest.incremental
    part.write_bytes(part.read_bytes()[:-5])
    here.start()  # which cuts the rest off


def leave_timestamps(here: Node, dice: Random) -> None:
    leave_a_base_and_commands(here, dice, "--aof-timestamp-enabled", "yes")


def leave_an_old_single_file(here: Node, dice: Random) -> None:
    leave_a_base_and_commands(here, dice)
    here.kill()
    data = here.manifest.base.read_bytes() + here.manifest.incremental.read_bytes()
    shutil.rmtree(here.manifest.directory)
    (here.directory / "appendonly.aof").write_bytes(data)


KINDS: list[Callable[[Node, Random], None]] = [
    leave_a_snapshot,
    leave_commands_alone,
    leave_a_base_and_commands,
    leave_a_base_in_commands,
    leave_many_parts,
    leave_a_torn_tail,
    leave_timestamps,
    leave_an_old_single_file,
]


@pytest.mark.parametrize("writer", ["redis", "ours"])
@pytest.mark.parametrize("leave", KINDS, ids=lambda leave: leave.__name__)
def test_both_servers_make_the_same_of_a_directory(make, leave, writer):
    left = make(writer, *AOF)
    leave(left, Random(leave.__name__))
    left.end()
    mode = ("--appendonly", "no") if leave is leave_a_snapshot else ()
    pictures = {}
    for reader in ("redis", "ours"):
        here = make(reader, *AOF)
        shutil.copytree(left.directory, here.directory, dirs_exist_ok=True)
        pictures[reader] = picture(here.start(*mode))
        here.end()
    assert len(pictures["redis"][1]) > 1000
    assert pictures["ours"] == pictures["redis"]


@pytest.mark.parametrize("order", [("redis", "ours"), ("ours", "redis")], ids=" ".join)
def test_servers_take_turns_in_one_directory(make, order):
    dice = Random(7)
    here, other = (make(name, *AOF) for name in order)
    fill(here.start(), dice, COMMANDS_BETWEEN)
    for current, following in [(here, other), (other, here), (here, other)]:
        client = current.server.connect()
        fill(client, dice, COMMANDS_BETWEEN)
        client("BGREWRITEAOF")
        assert wait_for_rewrite(client) == "ok"
        fill(client, dice, COMMANDS_BETWEEN)
        digest = client("DEBUG", "DIGEST")
        current.kill()
        shutil.rmtree(following.directory)
        shutil.copytree(current.directory, following.directory)
        assert following.start()("DEBUG", "DIGEST") == digest


@pytest.mark.parametrize("preamble", ["yes", "no"])
@pytest.mark.parametrize("reader", ["ours", "redis"])
def test_a_file_that_is_rewritten_all_the_time_loses_nothing(make, reader, preamble):
    dice = Random(11)
    always_due = ("--auto-aof-rewrite-percentage", 1, "--auto-aof-rewrite-min-size", 1)
    here = make("ours", *AOF, "--aof-use-rdb-preamble", preamble, *always_due)
    client = here.start()
    for _ in range(8):
        fill(client, dice, COMMANDS_BETWEEN)
    expected = picture(client)
    assert int(persistence(client)["aof_rewrites"]) > 2
    here.kill()
    after = make(reader, *AOF)
    shutil.copytree(here.directory, after.directory, dirs_exist_ok=True)
    assert without_encodings(picture(after.start())) == without_encodings(expected)


def without_encodings(told: tuple[str, Picture]) -> tuple[str, dict]:
    """A value that has shrunk is compact again after it was loaded."""
    digest, keys = told
    return digest, {key: facts[1:] for key, facts in keys.items()}


LIBRARY = "#!lua name=lib\nredis.register_function('answer', function() return 42 end)"


@pytest.mark.parametrize("way", ["snapshot", "base", "base in commands"])
def test_what_ours_does_not_serve_yet_goes_through_it_whole(make, way):
    """Streams and libraries of functions: read from the real server's snapshot, kept, and written again."""
    real = make("redis")
    client = real.start()
    for n in range(300):
        client("XADD", "stream", f"{n + 1}-1", "field", n, "other", "x" * (n % 50))
    client("XDEL", "stream", "7-1")
    client("XGROUP", "CREATE", "stream", "group", 0)
    client("XREADGROUP", "GROUP", "group", "consumer", "COUNT", 10, "STREAMS", "stream", ">")
    client("PFADD", "hyperloglog", *range(1000))
    client("GEOADD", "geo", 13.36, 38.11, "Palermo")
    client("SETBIT", "bits", 1000, 1)
    client("FUNCTION", "LOAD", LIBRARY)
    client("PEXPIREAT", "stream", 4_102_444_800_123)
    digest = client("DEBUG", "DIGEST")
    client("SAVE")
    ours, after = make("ours"), make("redis")
    shutil.copy(real.rdb, ours.rdb)
    client = ours.start("--aof-use-rdb-preamble", "no" if way == "base in commands" else "yes")
    assert client("TYPE", "stream") == "stream"
    if way == "snapshot":
        client("SAVE")
    else:
        client("BGREWRITEAOF")
        assert wait_for_rewrite(client) == "ok"
    ours.kill()
    shutil.copytree(ours.directory, after.directory, dirs_exist_ok=True)
    client = after.start("--appendonly", "no" if way == "snapshot" else "yes")
    assert client("DEBUG", "DIGEST") == digest
    assert client("PEXPIRETIME", "stream") == 4_102_444_800_123
    assert client("XPENDING", "stream", "group")[0] == 10
    assert client("FCALL", "answer", 0) == 42


# The tools -----------------------------------------------------------------------------------------------------------


def checked(program: str, path: Path) -> str:
    """What a tool prints about a file that it finds nothing wrong with."""
    ended = subprocess.run([require_program(program, GET_TOOLS), path], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended
    return ended.stdout


def test_redis_check_rdb_finds_our_snapshots_good(make):
    here = make("ours", *AOF)
    leave_a_snapshot(here, Random(1))
    output = checked("redis-check-rdb", here.rdb)
    assert "Checksum OK" in output
    assert "\\o/ RDB looks OK! \\o/" in output
    assert f"{len(picture(here.server.connect())[1])} keys read" in output


@pytest.mark.parametrize("leave", [leave_commands_alone, leave_a_base_and_commands, leave_many_parts])
def test_redis_check_aof_finds_our_files_good(make, leave):
    here = make("ours", *AOF)
    leave(here, Random(2))
    here.kill()
    output = checked("redis-check-aof", here.manifest.path)
    assert "All AOF files and manifest are valid" in output
