"""Programs that a test needs and a machine may lack."""

import os
import shutil

import pytest


def require_program(name: str, how_to_get_it: str) -> str:
    """The path of the program; where it is missing, the test is skipped with one clear line.

    With REQUIRE_ALL=1 in the environment (continuous integration) a missing program is a failure instead.
    """
    path = shutil.which(name)
    if path is None:
        reason = f"{name} is not installed; to get it: {how_to_get_it}"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return path
