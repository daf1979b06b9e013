"""Reads the output of programs that never end by themselves."""

import subprocess
import threading
from collections.abc import Callable

SECONDS = 20.0


def read_lines(command: list[str], count: int, act: Callable[[str], None] = lambda line: None) -> list[str]:
    """The program's first lines, each handed to `act` as it comes; then the program is ended.

    A program that prints too little is ended after SECONDS, and the lines are as many as there were.
    """
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        alarm = threading.Timer(SECONDS, program.kill)
        alarm.start()
        lines: list[str] = []
        try:
            for line in program.stdout:
                lines.append(line.rstrip("\n"))
                act(lines[-1])
                if len(lines) == count:
                    break
        finally:
            alarm.cancel()
            program.kill()
    return lines
