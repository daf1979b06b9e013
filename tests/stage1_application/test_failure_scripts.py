"""Each scenario, quick: it happens, and its figures say what the lesson says."""

import json
import os
import subprocess
import sys

import pytest

from lab.processes import REPOSITORY
from stage1_single_node.inject_failure import SCENARIOS


@pytest.fixture
def inject(engine):
    async def run(name: str):
        async with engine:
            result = await SCENARIOS[name](engine, 1, quick=True)
        assert result.happened, result.checks
        return result

    return run


async def test_a_crash_of_the_cache_puts_its_load_on_the_database_and_loses_what_was_only_there(inject):
    figures = (await inject("crash")).figures
    assert figures["queries during"] > 3 * figures["queries before"]
    assert figures["hit rate before"] > 0.9 and figures["hit rate during"] < 0.1
    assert figures["carts lost"] == figures["carts acknowledged"] > 0
    assert figures["seconds until warm"] > 0


async def test_a_lease_and_jitter_tame_a_stampede(inject):
    figures = (await inject("stampede")).figures
    assert figures["queries for a hot key"] > 2 * figures["queries for a hot key with a lease"]
    assert figures["misses together, many keys"] > figures["misses together, many keys with jitter"]


async def test_every_eviction_policy_is_measured_on_the_same_workload(inject):
    figures = (await inject("memory-pressure")).figures
    assert len(figures) == 8
    assert all(0 < rate < 1 for rate in figures.values())
    assert figures["allkeys-lfu"] > figures["allkeys-random"]


async def test_keys_stalls_bystanders_for_as_long_as_it_takes(inject):
    figures = (await inject("slow-command")).figures
    assert figures["slowest read during KEYS"] > 0.5 * figures["seconds of KEYS"]


async def test_a_paused_cache_costs_every_read_its_timeout(inject):
    figures = (await inject("pause")).figures
    assert figures["p50 during"] > 20 * figures["p50 before"]
    assert figures["seconds waited without a timeout"] >= 0.9 * figures["seconds paused"]


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_failure_script_prints_a_verdict_and_succeeds(engine_name):
    ended = run_program("stage1_single_node.inject_failure", "slow-command", "--engine", engine_name, "--quick")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "verdict" in ended.stdout and "KEYS * took" in ended.stdout


def test_the_demo_explains_itself_and_saves_its_row(engine_name, tmp_path):
    row = tmp_path / "row.json"
    ended = run_program("stage1_single_node.demo", "--engine", engine_name, "--quick", "--scoreboard", str(row))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Predict" in ended.stdout and "the cache crashes" in ended.stdout
    (saved,) = json.loads(row.read_text())
    assert saved["lost_writes"] == saved["acknowledged_writes"] > 0
