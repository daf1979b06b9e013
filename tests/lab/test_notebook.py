"""The notebooks' helper: what it runs it also ends, and what did not happen is not shown as if it had."""

import pytest

from lab import notebook
from lab.result import Result
from tests.lab.test_processes import alive

STAGE = "tests.lab.tiny_server"  # a server of a few lines, so that this tests the laboratory alone


SEEN = {"it rained": True}


def scenario_on(pids: list[int], checks=(SEEN,)):
    """A scenario with these checks, in turn; it notes the process that it started."""

    async def scenario(engine, seed, **_options):
        pids.append((await engine.start("node")).pid)
        assert alive(pids[-1])
        return Result("tiny", engine.name, seed, "It rained.", checks[len(pids) - 1])

    return scenario


@pytest.fixture
def said(monkeypatch):
    """The Markdown that was shown."""
    texts = []
    monkeypatch.setattr(notebook, "display", lambda markdown: texts.append(markdown.data))
    return texts


async def test_a_run_hands_back_the_result_and_ends_its_servers():
    pids = []
    result = await notebook.run(scenario_on(pids), STAGE, seed=7)
    assert (result.engine, result.seed) == ("python", 7)
    assert not alive(pids[0])


async def test_what_a_busy_machine_hid_is_tried_once_more_and_that_is_said(said):
    pids = []
    result = await notebook.run(scenario_on(pids, checks=[{"it rained": False}, {"it rained": True}]), STAGE)
    assert result.happened and len(pids) == 2
    assert len(said) == 1 and "Attempt 1 is void" in said[0]


async def test_a_run_in_which_the_fault_never_struck_is_an_error_that_says_what_was_not_seen(said):
    pids = []
    with pytest.raises(notebook.DidNotHappen, match="^tiny: not seen: it rained$"):
        await notebook.run(scenario_on(pids, checks=[{"it rained": False, "it was day": True}] * 2), STAGE)
    assert not any(alive(pid) for pid in pids)


def test_a_table_is_markdown_with_its_figures_to_the_right():
    assert notebook.table(["company", "took"], [["KEYS *", "3 ms"]]).splitlines() == [
        "| company | took |",
        "| :-- | --: |",
        r"| KEYS \* | 3 ms |",
    ]


def test_a_report_shows_the_table_and_the_verdict(said):
    notebook.report(Result("tiny", "python", 1, "KEYS * took long.", {}, ["company"], [["GET"]]))
    assert said[0].startswith("| company |")
    assert said[1] == r"**Verdict.** KEYS \* took long."
