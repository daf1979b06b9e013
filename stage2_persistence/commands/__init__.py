"""The commands that stage 2 adds, and the few of stage 1 that a disk changes."""

from stage1_single_node.command import table
from stage2_persistence.commands import debugging, payloads, saving

TABLE = table(debugging, payloads, saving)
