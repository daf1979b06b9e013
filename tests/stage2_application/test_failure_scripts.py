"""Each scenario, quick: it happens, and its figures say what the lesson says."""

import json
import os
import subprocess
import sys

import pytest

from lab import gate
from lab.processes import REPOSITORY
from stage2_persistence.inject_failure import SCENARIOS

NEEDS_GATE = {"power-cut", "slow-disk"}  # on both engines; elsewhere it only makes a scenario more thorough


@pytest.fixture
def inject(engine):
    async def run(name: str):
        if name in NEEDS_GATE and (reason := gate.why_unavailable()):
            pytest.skip(f"no disk can be watched here: {reason}")
        async with engine:
            result = await SCENARIOS[name](engine, 1, quick=True)
        assert result.happened, result.checks
        return result

    return run


async def test_a_crash_costs_memory_all_snapshots_some_and_a_log_nothing(inject):
    figures = (await inject("crash")).figures
    assert figures["nothing: lost"] == figures["nothing: confirmed"] > 0
    assert figures["RDB save 1 1: lost"] < figures["RDB save 1 1: confirmed"]
    assert figures["RDB save 5 1: lost"] > 0
    assert figures["AOF no: lost"] == figures["AOF everysec: lost"] == figures["AOF always: lost"] == 0


async def test_a_power_cut_takes_what_was_not_synced(inject):
    figures = (await inject("power-cut")).figures
    assert figures["AOF always: lost"] == 0
    assert figures["AOF everysec: lost"] < figures["AOF everysec: confirmed"]  # none, if it had just fsynced
    assert figures["AOF no: lost"] == figures["AOF no: confirmed"] > 0


async def test_a_torn_last_command_costs_no_more_than_itself(inject):
    result = await inject("torn-tail")
    assert result.figures["lost"] <= 1
    assert [row[1] for row in result.rows] == ["yes", "no", "no"]


async def test_a_snapshot_under_load_is_one_moment_and_copies_what_is_written_to(inject):
    figures = (await inject("bgsave-under-load")).figures
    assert figures["fork seconds"] > 0
    assert figures["bytes copied beside a writer"] > 0


async def test_a_slow_disk_is_waited_for_under_always_and_lost_from_under_everysec(inject):
    figures = (await inject("slow-disk")).figures
    assert figures["p50 always, sick"] > 10 * figures["p50 everysec, sick"]
    assert figures["late writes everysec"] > 0
    assert figures["seconds lost everysec"] > 2
    assert figures["lost always"] == 0


async def test_a_full_disk_takes_nothing_that_was_confirmed(inject):
    result = await inject("full-disk")
    assert result.figures["AOF always: lost"] == result.figures["AOF everysec: lost"] == 0
    assert result.rows[0][1].startswith("ended: ")


async def test_no_step_of_a_rewrite_can_lose_anything(inject):
    figures = (await inject("rewrite-crash")).figures
    assert figures["ends"] > 0
    assert figures["lost"] == figures["not started"] == 0


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


def test_the_failure_script_prints_a_verdict_and_succeeds(engine_name):
    ended = run_program("stage2_persistence.inject_failure", "torn-tail", "--engine", engine_name, "--quick")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "verdict" in ended.stdout and "aof-load-truncated no" in ended.stdout


def test_the_demo_explains_itself_and_saves_its_rows(engine_name, tmp_path):
    path = tmp_path / "rows.json"
    ended = run_program("stage2_persistence.demo", "--engine", engine_name, "--quick", "--scoreboard", str(path))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Predict" in ended.stdout and "the process crashes" in ended.stdout and "the power fails" in ended.stdout
    rows = json.loads(path.read_text())
    assert all(row["acknowledged_writes"] > 0 and row["recovery_seconds"] > 0 for row in rows)
    assert rows[-1]["fault"] == "a power cut, kept by AOF always" and rows[-1]["lost_writes"] == 0
