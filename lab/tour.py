"""The guided demo of every stage that exists, one after the other, and the scoreboard: `python -m lab.tour`.

Each stage's demo is a program of its own, found by its name. It runs in a session of its own, so that Ctrl-C
reaches the tour alone, which then asks the demo to end in order; on Linux the demo also dies with the tour.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from lab import scoreboard
from lab.child import leash

REPOSITORY = Path(__file__).resolve().parent.parent

INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended
ENDING_SECONDS = 10.0  # for a demo to end its servers, before it is killed


def stages(repository: Path = REPOSITORY) -> list[str]:
    """The packages stage1_…, stage2_… that have a demo, in order."""
    return sorted(demo.parent.name for demo in repository.glob("stage[0-9]*_*/demo.py"))


def main(options: Sequence[str], repository: Path = REPOSITORY) -> int:
    """Options go to every demo. The status is that of the first demo that failed, else 0."""
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console()
    failures = []
    with tempfile.TemporaryDirectory(prefix="scoreboard-") as directory:
        for stage in stages(repository):
            console.rule(f"[bold]{stage.replace('_', ' ')}")
            try:
                status = _run_demo(repository, stage, Path(directory) / f"{stage}.json", options)
            except KeyboardInterrupt:
                console.print("[yellow]The tour ends here; no process is left.")
                return INTERRUPTED
            if status:
                failures.append(status)
                console.print(f"[bold red]The demo of {stage} failed (exit status {status}).")
        rows = scoreboard.load(Path(directory).glob("*.json"))
    console.rule()
    console.print(scoreboard.table(rows))
    return failures[0] if failures else 0


def _run_demo(repository: Path, stage: str, row: Path, options: Sequence[str]) -> int:
    command = [*leash(), sys.executable, "-m", f"{stage}.demo", "--scoreboard", str(row), *options]
    demo = subprocess.Popen(command, cwd=repository, start_new_session=True)
    try:
        return demo.wait()
    except KeyboardInterrupt:
        demo.terminate()
        try:
            demo.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            demo.kill()
        raise


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
