"""Waiting for a condition, with a deadline. No test sleeps a fixed time: that is either too long or too short."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

DEADLINE_SECONDS = 5.0  # far beyond what any of these waits takes, so that a busy machine fails no test
POLL_SECONDS = 0.005


def eventually(condition: Callable[[], Result], deadline: float = DEADLINE_SECONDS) -> Result:
    """The first true result of `condition`; AssertionError where none came within `deadline` seconds."""
    end = time.monotonic() + deadline
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"did not become true within {deadline:g} seconds; the last result was {result!r}")
        time.sleep(POLL_SECONDS)
    return result
