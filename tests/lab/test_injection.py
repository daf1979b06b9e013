"""The failure scripts' command line, on scenarios that need no server."""

import sys

import pytest

from lab import injection
from lab.dashboard import NOBODY
from lab.engine import EngineFailure
from lab.result import Result


async def happens(engine, seed, *, watch=NOBODY, quick=False):
    """It happens"""
    watch.phase("the fault strikes", "as it should")
    return Result("happens", engine.name, seed, "Seen with 42 figures.", checks={"it rained": True})


async def does_not_happen(engine, seed, *, watch=NOBODY, quick=False):
    """It doesn't"""
    return Result("does-not-happen", engine.name, seed, "Nothing to see.", checks={"it rained": False})


async def cannot_run(engine, seed, *, watch=NOBODY, quick=False):
    """It can't"""
    raise EngineFailure("no server today")


@pytest.fixture
def run(monkeypatch, capsys):
    def run_with(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["inject_failure", *arguments])
        scenarios = {"happens": happens, "does-not-happen": does_not_happen, "cannot-run": cannot_run}
        status = injection.main("no_stage", scenarios)
        return status, capsys.readouterr().out

    return run_with


def test_a_scenario_that_happened_succeeds_and_prints_its_verdict(run):
    status, output = run("happens")
    assert status == 0
    assert "the fault strikes" in output and "42 figures" in output


def test_a_scenario_that_did_not_happen_fails_and_says_what_was_not_seen(run):
    status, output = run("does-not-happen")
    assert status == 1
    assert "not seen: it rained" in output


def test_a_scenario_that_cannot_run_fails_without_a_traceback(run):
    status, output = run("cannot-run")
    assert status == 2
    assert "no server today" in output and "Traceback" not in output


def test_the_help_lists_the_scenarios(run, capsys):
    with pytest.raises(SystemExit):
        run("--help")
    assert "does-not-happen  It doesn't" in capsys.readouterr().out
