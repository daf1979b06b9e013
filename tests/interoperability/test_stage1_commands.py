"""The same random commands on ours and on the real Redis: the same replies, byte for byte.

pytest tests/interoperability/test_stage1_commands.py --seeds 1000:200       two hundred scripts more
"""

import pytest

from tests.interoperability.scripts import script
from tests.interoperability.side_by_side import first_difference, shortest

COMMANDS_PER_SCRIPT = 400
REPLAY = "replay: pytest tests/interoperability/test_stage1_commands.py -k random_commands --seeds {seed}:1"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        first, _, count = metafunc.config.getoption("--seeds").partition(":")
        metafunc.parametrize("seed", range(int(first), int(first) + int(count or 1)))


@pytest.mark.parametrize("protocol", [2, 3])
def test_random_commands_are_answered_alike(stage1, real, protocol, seed):
    commands = script(seed, COMMANDS_PER_SCRIPT)
    difference = first_difference(stage1, real, protocol, commands)
    if difference is None:
        return
    minimal = shortest(difference.script, lambda shorter: first_difference(stage1, real, protocol, shorter))
    shown = first_difference(stage1, real, protocol, minimal)
    pytest.fail(f"seed {seed}, RESP{protocol}; shortened to\n{shown}\n{REPLAY.format(seed=seed)}", pytrace=False)
