"""Append-only files that a crash, a disk or a hand has damaged: what may be repaired is, the rest ends the start."""

import pytest

from tests.stage2_persistence.asking import everything
from tests.stage2_persistence.payload import snapshot
from tests.wire import encode

points = pytest.mark.points

ON = ("--appendonly", "yes", "--appendfsync", "no")
BASE = "file appendonly.aof.1.base.rdb seq 1 type b\n"
PART = "file appendonly.aof.1.incr.aof seq 1 type i\n"
WHOLE = encode("SELECT", 0) + encode("SET", "a", "kept") + encode("SET", "b", "kept")
LAST = encode("SET", "c", "torn value")


@pytest.fixture
def here(node):
    """A node with the files that a server would have left, and WHOLE in the one part."""
    here = node(*ON)
    here.manifest.directory.mkdir()
    here.manifest.path.write_text(BASE + PART)
    here.manifest.base.write_bytes(snapshot(b""))
    here.manifest.incremental.write_bytes(WHOLE)
    return here


@pytest.fixture
def refused(here):
    """refused(data) with this in the part, the server ends, says which file, and changes nothing on the disk."""

    def refused(data, *directives):
        part = here.manifest.incremental
        part.write_bytes(data)
        before = here.contents()
        log = here.refusal(*directives)
        assert part.name in log
        assert here.contents() == before
        return log

    return refused


# A torn tail ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 9, 20, len(LAST) - 12, len(LAST) - 2, len(LAST) - 1])
@points(1)
def test_a_half_written_last_command_is_cut_off(here, size):
    here.manifest.incremental.write_bytes(WHOLE + LAST[:size])
    client = here.start()
    assert client("MGET", "a", "b", "c") == [b"kept", b"kept", None]
    assert here.manifest.incremental.read_bytes() == WHOLE
    assert f"{here.manifest.incremental.name} at offset {len(WHOLE)} " in here.log


@points(2)
def test_what_is_written_after_a_cut_survives(here):
    here.manifest.incremental.write_bytes(WHOLE + LAST[:-3])
    here.start()("SET", "d", "new")
    client = here.restart()
    assert client("MGET", "a", "b", "c", "d") == [b"kept", b"kept", None, b"new"]


@points(2)
def test_a_half_written_transaction_is_cut_off_whole(here):
    here.manifest.incremental.write_bytes(WHOLE + encode("MULTI") + encode("SET", "a", "changed") + LAST)
    client = here.start()
    assert client("MGET", "a", "b", "c") == [b"kept", b"kept", None]
    assert here.manifest.incremental.read_bytes() == WHOLE


@points(2)
def test_a_transaction_torn_within_a_command_is_cut_off_whole(here, target):
    if target.is_redis:
        pytest.skip("Redis 7.0 leaves the open MULTI standing, and the start after next takes all that follows back")
    here.manifest.incremental.write_bytes(WHOLE + encode("MULTI") + encode("SET", "a", "changed") + LAST[:10])
    client = here.start()
    assert client("GET", "a") == b"kept"
    client("SET", "b", "written later")
    assert here.restart()("MGET", "a", "b") == [b"kept", b"written later"]


@pytest.mark.parametrize("tail", [LAST[:1], LAST[:-1], encode("MULTI") + LAST], ids=["*", "command", "transaction"])
@points(1)
def test_nothing_is_cut_off_when_that_is_forbidden(refused, tail):
    log = refused(WHOLE + tail, "--aof-load-truncated", "no")
    assert "Unexpected end of file reading the append only file" in log


@points(1)
def test_an_empty_part_is_whole(here):
    here.manifest.incremental.write_bytes(b"")
    assert here.start("--aof-load-truncated", "no")("DBSIZE") == 0


@points(2)
def test_only_the_last_part_may_be_torn(node):
    here = node(*ON, "--rdb-key-save-delay", 100_000)
    client = here.start()
    client("MSET", *range(40))
    client("BGREWRITEAOF")
    client("SET", "k", "v")
    here.kill()
    first = here.manifest.directory / "appendonly.aof.1.incr.aof"
    first.write_bytes(first.read_bytes()[:-3])
    assert first.name in here.refusal()


# Damage elsewhere ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        b"\x00" * 16,
        b"SET c v\r\n",
        b"*x\r\n",
        b"*0\r\n",
        b"*-1\r\n",
        b"*2\r\n$3\r\nSET\r\n:1\r\n",
        b"*1\r\n+PING\r\n",
    ],
    ids=bytes.hex,
)
@points(1)
def test_what_is_no_command_ends_the_start(refused, damage):
    refused(WHOLE + damage + LAST)


@points(1)
def test_a_command_that_does_not_exist_ends_the_start(refused):
    assert "Unknown command 'NOSUCH'" in refused(WHOLE + encode("NOSUCH", 1) + LAST)


@points(1)
def test_damage_at_the_very_end_is_no_torn_tail(refused):
    refused(WHOLE + b"nonsense\r\n")


@pytest.mark.parametrize("huge", [b"*1000000000000\r\n", b"*1\r\n$1000000000000\r\n"], ids=["count", "length"])
@points(1)
def test_a_length_of_terabytes_ends_the_start(here, huge):
    here.manifest.incremental.write_bytes(WHOLE + huge + LAST)
    before = here.contents()
    here.refusal("--aof-load-truncated", "no")
    assert here.contents() == before


@points(1)
def test_comments_are_skipped(here):
    here.manifest.incremental.write_bytes(b"#TS:1\r\n" + WHOLE + b"# anything\r\n" + LAST)
    assert everything(here.start()) == {
        (0, "a"): (b"kept", -1),
        (0, "b"): (b"kept", -1),
        (0, "c"): (b"torn value", -1),
    }


@points(1)
def test_a_base_of_commands_may_not_be_torn(node):
    here = node(*ON, "--aof-use-rdb-preamble", "no")
    here.start()
    here.kill()
    here.manifest.incremental.write_bytes(WHOLE)
    here.manifest.base.write_bytes(encode("SET", "k", "v")[:-3])
    assert here.manifest.base.name in here.refusal()


@pytest.mark.parametrize("size", [5, 12, -1])
@points(1)
def test_a_base_that_is_no_whole_snapshot_ends_the_start(here, size):
    base = here.manifest.base
    base.write_bytes(base.read_bytes()[:size])
    before = here.contents()
    assert base.name in here.refusal()
    assert here.contents() == before


# The manifest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["base", "incremental"])
@points(1)
def test_a_part_that_is_missing_ends_the_start(here, kind):
    missing = getattr(here.manifest, kind)
    missing.unlink()
    before = here.contents()
    assert missing.name in here.refusal()
    assert here.contents() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "nonsense\n",
        BASE + PART[:-20] + "\n",
        BASE + BASE + PART,
        BASE + PART + PART,
        BASE + PART.replace("seq 1", "seq x"),
        BASE + PART.replace("seq 1", "seq 0"),
        BASE + PART.replace("type i", "type x"),
        BASE + PART.replace("appendonly", "../appendonly"),
        BASE + PART + "file " + "x" * 2000 + " seq 2 type i\n",
        BASE + PART.rstrip("\n"),
    ],
    ids=lambda text: repr(text)[-60:],
)
@points(1)
def test_a_manifest_that_cannot_be_read_ends_the_start(here, text):
    here.manifest.path.write_text(text)
    before = here.contents()
    here.refusal()
    assert here.contents() == before


@points(1)
def test_a_manifest_may_have_comments(here):
    here.manifest.path.write_text("# a comment\n" + BASE + PART)
    assert here.start()("GET", "a") == b"kept"


@points(1)
def test_a_manifest_may_name_parts_in_quotes(here):
    here.manifest.incremental.rename(here.manifest.directory / "a part.aof")
    here.manifest.path.write_text(BASE + 'file "a part.aof" seq 1 type i\n')
    client = here.start()
    assert client("GET", "a") == b"kept"


@points(1)
def test_history_that_a_crash_left_is_removed(here):
    old = here.manifest.directory / "appendonly.aof.0.incr.aof"
    old.write_bytes(LAST)
    here.manifest.path.write_text(BASE + f"file {old.name} seq 9 type h\n" + PART)
    client = here.start()
    assert client("GET", "c") is None
    assert not old.exists()


@points(1)
def test_a_temporary_manifest_that_a_crash_left_is_no_manifest(here):
    (here.manifest.directory / "temp-appendonly.aof.manifest").write_text("half a li")
    client = here.start()
    assert client("MGET", "a", "b") == [b"kept", b"kept"]


@points(2)
def test_a_damaged_length_in_the_middle_ends_the_start_instead_of_dropping_all_that_follows(refused, target):
    if target.is_redis:
        pytest.skip("Redis 7.0 takes it for a torn tail, and drops every command behind it")
    assert f"offset {len(WHOLE)}" in refused(WHOLE + LAST.replace(b"$10", b"$9999") + WHOLE)


@points(1)
def test_a_shutdown_in_the_file_ends_nobody(here):
    here.manifest.incremental.write_bytes(WHOLE + encode("SHUTDOWN", "NOSAVE") + LAST)
    client = here.start()
    assert client("MGET", "a", "c") == [b"kept", b"torn value"]
