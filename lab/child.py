"""A child process that surely ends.

It ends by `end()` or `kill()`, at the interpreter's exit and, on Linux, when this process dies of whatever
signal (see leash.py). It runs in a session of its own, so that Ctrl-C in the terminal reaches the laboratory
alone, which then ends its children in order.
"""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TERMINATION_SECONDS = 5.0  # what a server may take for a clean end before it is killed
LOG_TAIL_LINES = 25


class Child:
    """One running program, its output in a log file; it inherits the `descriptors`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*leash(), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                pass_fds=descriptors,
            )
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative when a signal ended it."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        """To the program and to its own children, which share its process group."""
        if self.running:
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """SIGKILL: no chance to write anything down. A stopped program dies of it too."""
        self.signal(signal.SIGKILL)
        self._process.wait()
        atexit.unregister(self.kill)

    def end(self) -> None:
        """SIGTERM, and SIGKILL for one that doesn't listen."""
        self.signal(signal.SIGCONT)  # a stopped program would not see SIGTERM
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(TERMINATION_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])


def leash() -> list[str]:
    """What to put in front of a command so that it dies with this process; nothing where the system can't do it."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py")), str(os.getpid())]
