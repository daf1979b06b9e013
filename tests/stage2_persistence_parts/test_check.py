"""The tool that looks into files: it judges as Redis's own tools do, and cuts off what they cut off."""

import subprocess
from pathlib import Path
from random import Random

import pytest

from stage2_persistence.check import main
from stage2_persistence.checking import check
from stage2_persistence.disk import Disk
from stage2_persistence.rdb_format import checksum
from tests.stage2_persistence.node import Node
from tests.stage2_persistence.samples import make_samples
from tests.target import Target

NOW_MS = 1_700_000_000_000
COMMANDS = b"".join(b"*2\r\n$4\r\nINCR\r\n$3\r\nk%02d\r\n" % number for number in range(30))
TRANSACTION = b"*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """What a real server has written: snapshot, append-only directory."""
    node = Node(Target("redis", stage=""), tmp_path_factory.mktemp("real"), "--appendonly", "yes")
    client = node.start()
    make_samples(client)
    client("SELECT", 5)
    client("SET", "expiring", "v", "PXAT", 4102444800000)
    client("XADD", "stream", "1-1", "f", "v")
    client("SAVE")
    yield node
    node.end()


def verdict(program: str, path: Path) -> bool:
    """Does Redis's own tool find the file whole?"""
    return subprocess.run([program, path], capture_output=True, stdin=subprocess.DEVNULL, timeout=20).returncode == 0


def ours(path: Path) -> bool:
    return not any(finding.damage for finding in check(Disk(), str(path), NOW_MS))


def damaged(data: bytes, seed: int, first: int = 0) -> bytes:
    """One bit flipped, or the end cut off."""
    dice = Random(seed)
    at = dice.randrange(first, len(data))
    return data[:at] if seed % 2 else data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


# ── the same verdicts as redis-check-rdb and redis-check-aof ──


def test_what_a_real_server_wrote_is_whole(made, capsys):
    assert main([str(made.directory / "appendonlydir"), str(made.rdb)]) == 0
    told = capsys.readouterr().out
    assert told.count("whole") == 4
    assert "28 keys (" in told and "1 stream" in told and "in 2 databases" in told
    assert "1 with a deadline, 0 of them expired; checksum OK" in told
    assert "base appendonly.aof.1.base.rdb; 1 incremental file" in told


@pytest.mark.parametrize("seed", range(20))
def test_verdicts_on_damaged_rdb_files(made, tmp_path, seed):
    path = tmp_path / "dump.rdb"
    path.write_bytes(damaged(made.rdb.read_bytes(), seed, first=9))  # redis-check-rdb reads "001p" as version 1
    assert not ours(path)
    assert not verdict("redis-check-rdb", path)


@pytest.mark.parametrize("seed", range(40))
def test_verdicts_on_damaged_files_of_commands(tmp_path, seed):
    path = tmp_path / "file.aof"
    path.write_bytes(damaged(COMMANDS + TRANSACTION + COMMANDS, seed))
    assert ours(path) == verdict("redis-check-aof", path)


@pytest.mark.parametrize("cut", range(0, len(COMMANDS + TRANSACTION), 29))
def test_what_is_kept_of_a_cut_file_is_what_redis_keeps(tmp_path, cut):
    ours, theirs = tmp_path / "ours.aof", tmp_path / "theirs.aof"
    for path in (ours, theirs):
        path.write_bytes((COMMANDS + TRANSACTION)[:cut])
    subprocess.run(["redis-check-aof", "--fix", theirs], input=b"y\n", capture_output=True, timeout=20)
    assert main([str(ours), "--fix", "--yes"]) == 0
    assert ours.read_bytes() == theirs.read_bytes()


# ── what it says ──


def told(path: Path, capsys, *options: str) -> tuple[int, str]:
    code = main([str(path), *options])
    return code, capsys.readouterr().out


def test_damage_is_told_with_its_offset(tmp_path, capsys):
    path = tmp_path / "file.aof"
    path.write_bytes(COMMANDS + b"*1\r\n$4\r\nPI")
    code, said = told(path, capsys)
    assert code == 1
    assert f"{path}: AOF, damaged: the file ends inside the command at offset {len(COMMANDS)}" in said
    assert "in front of the damage: 30 commands (30 INCR)" in said


def test_a_wrong_checksum_is_damage_and_no_checksum_is_none(made, tmp_path, capsys):
    path = tmp_path / "dump.rdb"
    data = made.rdb.read_bytes()
    path.write_bytes(data[:-8] + b"12345678")
    code, said = told(path, capsys)
    assert code == 1 and f"at offset {len(data) - 8}" in said and "wrong checksum" in said
    path.write_bytes(data[:-8] + bytes(8))
    code, said = told(path, capsys)
    assert code == 0 and "no checksum" in said


def test_expired_keys_are_counted(tmp_path, capsys):
    path = tmp_path / "dump.rdb"
    body = b"REDIS0010\xfe\x00" + b"".join(
        b"\xfc" + deadline.to_bytes(8, "little") + b"\x00\x01%c\x01v" % name
        for name, deadline in [(97, 1000), (98, 4102444800000)]
    )
    path.write_bytes(body + b"\xff" + checksum(body + b"\xff").to_bytes(8, "little"))
    assert "2 keys (2 string) in 1 database; 2 with a deadline, 1 of them expired" in told(path, capsys)[1]


def test_commands_behind_an_rdb_file_are_checked_too(made, tmp_path, capsys):
    path = tmp_path / "appendonly.aof"
    path.write_bytes(made.rdb.read_bytes() + COMMANDS + b"*1\r\n")
    code, said = told(path, capsys)
    assert code == 1 and "RDB and AOF, damaged" in said and f"offset {path.stat().st_size - 4}" in said
    assert told(path, capsys, "--fix", "--yes")[0] == 0
    assert path.read_bytes() == made.rdb.read_bytes() + COMMANDS


def test_an_empty_file_of_commands_is_whole_and_an_empty_rdb_file_is_not(tmp_path):
    for name, whole in (("a.aof", True), ("a.rdb", False)):
        (tmp_path / name).touch()
        assert ours(tmp_path / name) == whole


def test_what_is_not_there_or_no_data_set_is_told(tmp_path, capsys):
    assert told(tmp_path / "missing", capsys) == (1, f"{tmp_path}/missing: file, damaged: No such file or directory\n")
    assert "no manifest in this directory" in told(tmp_path, capsys)[1]


def test_names_do_not_move_the_cursor(tmp_path, capsys):
    path = tmp_path / "\x1b[2J[red].aof"
    path.write_bytes(COMMANDS)
    assert "\\x1b[2J[red].aof: AOF, whole" in told(path, capsys)[1]


# ── manifests ──


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data set of three files of commands, and what a crash has left beside them."""
    lines = [("base", 1, "b"), ("incr", 1, "i"), ("incr", 2, "i")]
    for kind, number, _ in lines:
        (tmp_path / f"a.{number}.{kind}.aof").write_bytes(COMMANDS)
    manifest = "".join(f"file a.{number}.{kind}.aof seq {number} type {letter}\n" for kind, number, letter in lines)
    (tmp_path / "a.manifest").write_text(manifest)
    (tmp_path / "temp-a.manifest").write_text("half a li")
    return tmp_path


@pytest.mark.parametrize("name", ["", "a.manifest"])
def test_all_files_of_a_manifest_are_checked(directory, name, capsys):
    code, said = told(directory / name, capsys)
    assert (code, said.count("whole")) == (0, 4)
    assert verdict("redis-check-aof", directory / "a.manifest")


def test_a_torn_file_that_is_not_the_last_one_is_not_cut(directory, capsys):
    torn = directory / "a.1.incr.aof"
    torn.write_bytes(COMMANDS + b"*1")
    code, said = told(directory, capsys, "--fix", "--yes")
    assert code == 1 and "it is not the last file" in said
    assert torn.read_bytes() == COMMANDS + b"*1"


def test_the_last_file_is_cut(directory, capsys):
    torn = directory / "a.2.incr.aof"
    torn.write_bytes(COMMANDS + b"*1")
    assert told(directory, capsys, "--fix", "--yes")[0] == 0
    assert torn.read_bytes() == COMMANDS


def test_a_missing_file_and_a_bad_manifest_are_damage(directory, capsys):
    (directory / "a.1.base.aof").unlink()
    code, said = told(directory, capsys)
    assert code == 1 and "No such file or directory, and the manifest names it" in said
    (directory / "a.manifest").write_text("file a.1.base.aof seq x type b\n")
    code, said = told(directory, capsys)
    assert code == 1 and "at line 1" in said


# ── cutting ──


@pytest.mark.parametrize("answer, code, left", [("y\n", 0, COMMANDS), ("n\n", 1, None), ("", 1, None), ("\n", 1, None)])
def test_nothing_is_cut_without_a_yes(tmp_path, capsys, monkeypatch, answer, code, left):
    path = tmp_path / "file.aof"
    path.write_bytes(COMMANDS + b"*1\r\n$4\r\nPI")
    answers = iter([answer.strip()] if answer else [])

    def reply(prompt: str = "") -> str:
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", reply)
    assert told(path, capsys, "--fix")[0] == code
    assert path.read_bytes() == (left or COMMANDS + b"*1\r\n$4\r\nPI")


def test_an_rdb_file_cannot_be_mended(made, tmp_path, capsys):
    path = tmp_path / "dump.rdb"
    path.write_bytes(made.rdb.read_bytes()[:-20])
    code, said = told(path, capsys, "--fix", "--yes")
    assert code == 1 and "cannot be mended" in said
    assert path.stat().st_size == made.rdb.stat().st_size - 20
