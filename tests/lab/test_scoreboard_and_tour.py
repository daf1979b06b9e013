import io
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from rich.console import Console

from lab import scoreboard, tour
from lab.scoreboard import Row
from tests.waiting import eventually


def drawn(rows: list[Row]) -> str:
    output = io.StringIO()
    Console(file=output, width=120).print(scoreboard.table(rows))
    return output.getvalue()


def test_rows_survive_their_files(tmp_path):
    killed = Row("1 single node", "killed", "python", acknowledged_writes=72, lost_writes=71, downtime_seconds=2.5)
    rows = [Row("2 persistence", fault, "python") for fault in ("killed", "power cut")]
    scoreboard.save(rows, tmp_path / "2.json")
    scoreboard.save([killed], tmp_path / "1.json")
    assert scoreboard.load(tmp_path.glob("*.json")) == [killed, *rows]


def test_the_table_shows_what_was_measured_and_a_dash_for_the_rest():
    table = drawn([Row("1 single node", "killed", "python", 72, 71, downtime_seconds=0.0)])
    assert "71 of 72" in table and "0.0 s" in table and "–" in table


def demo(repository: Path, stage: str, code: str) -> None:
    package = repository / stage
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "demo.py").write_text(textwrap.dedent(code))


WELL = """
import json, sys
row = {"stage": __name__ and "STAGE", "fault": "none", "engine": "none", "lost_writes": 3, "acknowledged_writes": 9}
open(sys.argv[sys.argv.index("--scoreboard") + 1], "w").write(json.dumps([row]))
"""


def test_stages_are_found_by_name_and_in_order(tmp_path):
    for stage in ("stage2_persistence", "stage1_single_node", "other"):
        demo(tmp_path, stage, "")
    (tmp_path / "stage3_replication").mkdir()  # no demo yet
    assert tour.stages(tmp_path) == ["stage1_single_node", "stage2_persistence"]


def test_the_tour_goes_on_after_a_failed_demo_and_fails(tmp_path, capsys):
    demo(tmp_path, "stage1_single_node", "raise SystemExit(3)")
    demo(tmp_path, "stage2_persistence", WELL)
    assert tour.main([], tmp_path) == 3
    output = capsys.readouterr().out
    assert "stage1_single_node failed (exit status 3)" in output
    assert "3 of 9" in output


def test_an_interrupted_tour_ends_its_demo_in_order(tmp_path):
    demo(
        tmp_path,
        "stage1_single_node",
        """
        import pathlib, signal, sys, time
        def end(*_):
            pathlib.Path("ended").touch()
            sys.exit(130)
        signal.signal(signal.SIGTERM, end)
        pathlib.Path("started").touch()
        time.sleep(600)
        """,
    )
    code = f"import sys, pathlib; from lab import tour; sys.exit(tour.main([], pathlib.Path({str(tmp_path)!r})))"
    environment = {**os.environ, "PYTHONPATH": str(tour.REPOSITORY)}
    running = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    eventually((tmp_path / "started").exists)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=10)
    assert (running.returncode, errors) == (130, "")
    assert "The tour ends here" in output
    assert (tmp_path / "ended").exists()
