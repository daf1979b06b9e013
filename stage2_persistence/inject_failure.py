"""Break stage 2: `python -m stage2_persistence.inject_failure SCENARIO --engine python|redis --seed N`."""

import sys

from lab.injection import Scenario, main
from stage2_persistence.scenarios.bgsave_under_load import bgsave_under_load
from stage2_persistence.scenarios.crash import crash
from stage2_persistence.scenarios.full_disk import full_disk
from stage2_persistence.scenarios.power_cut import power_cut
from stage2_persistence.scenarios.rewrite_crash import rewrite_crash
from stage2_persistence.scenarios.slow_disk import slow_disk
from stage2_persistence.scenarios.torn_tail import torn_tail

SCENARIOS: dict[str, Scenario] = {
    "crash": crash,
    "power-cut": power_cut,
    "torn-tail": torn_tail,
    "bgsave-under-load": bgsave_under_load,
    "slow-disk": slow_disk,
    "full-disk": full_disk,
    "rewrite-crash": rewrite_crash,
}

if __name__ == "__main__":
    sys.exit(main("stage2_persistence", SCENARIOS))
