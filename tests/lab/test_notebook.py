"""The notebooks' helper: what it runs it also ends, and what did not happen is not shown as if it had."""

import re

import pytest

from lab import notebook
from lab.result import Result
from tests.lab.test_processes import alive

STAGE = "tests.lab.tiny_server"  # a server of a few lines, so that this tests the laboratory alone


def scenario_on(pids: list[int], **result):
    async def scenario(engine, seed, **_options):
        """Starts a server"""
        pids.append((await engine.start("node")).pid)
        assert alive(pids[-1])
        return Result("tiny", engine.name, seed, "It rained.", **{"checks": {"it rained": True}, **result})

    return scenario


async def test_a_run_hands_back_the_result_and_ends_its_servers():
    pids = []
    result = await notebook.run(scenario_on(pids), STAGE, seed=7)
    assert (result.engine, result.seed) == ("python", 7)
    assert not alive(pids[0])


async def test_a_run_in_which_the_fault_did_not_strike_is_an_error_that_says_what_was_not_seen():
    pids = []
    with pytest.raises(notebook.DidNotHappen, match="tiny: not seen: it rained"):
        await notebook.run(scenario_on(pids, checks={"it rained": False, "it was day": True}), STAGE)
    assert not alive(pids[0])


def test_a_table_is_markdown_with_its_figures_to_the_right():
    assert notebook.table(["company", "took"], [["KEYS *", "3 ms"]]).splitlines() == [
        "| company | took |",
        "| :-- | --: |",
        r"| KEYS \* | 3 ms |",
    ]


def test_a_report_shows_the_table_and_the_verdict(monkeypatch):
    shown = []
    monkeypatch.setattr(notebook, "display", lambda markdown: shown.append(markdown.data))
    notebook.report(Result("tiny", "python", 1, "KEYS * took long.", {}, ["company"], [["GET"]]))
    assert re.match(r"\| company \|", shown[0])
    assert shown[1] == r"**Verdict.** KEYS \* took long."
