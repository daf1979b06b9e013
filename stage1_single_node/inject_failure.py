"""Break stage 1: `python -m stage1_single_node.inject_failure SCENARIO --engine python|redis --seed N`."""

import sys

from lab.injection import Scenario, main
from stage1_single_node.scenarios.crash import crash
from stage1_single_node.scenarios.memory_pressure import memory_pressure
from stage1_single_node.scenarios.pause import pause
from stage1_single_node.scenarios.slow_command import slow_command
from stage1_single_node.scenarios.stampede import stampede

SCENARIOS: dict[str, Scenario] = {
    "crash": crash,
    "stampede": stampede,
    "memory-pressure": memory_pressure,
    "slow-command": slow_command,
    "pause": pause,
}

if __name__ == "__main__":
    sys.exit(main("stage1_single_node", SCENARIOS))
