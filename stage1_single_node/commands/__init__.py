"""The commands of stage 1, a file a topic. A handler is one function: arguments in, a plain value out."""

from stage1_single_node import transactions
from stage1_single_node.command import table
from stage1_single_node.commands import (
    blocking_lists,
    clients,
    configuration,
    connection,
    counters,
    databases,
    expiration,
    hashes,
    keys,
    lists,
    publish_subscribe,
    set_algebra,
    sets,
    sorted_set_algebra,
    sorted_set_pops,
    sorted_set_ranges,
    sorted_sets,
    sorting,
    strings,
)

TABLE = table(
    blocking_lists,
    clients,
    configuration,
    connection,
    counters,
    databases,
    expiration,
    hashes,
    keys,
    lists,
    publish_subscribe,
    set_algebra,
    sets,
    sorted_set_algebra,
    sorted_set_pops,
    sorted_set_ranges,
    sorted_sets,
    sorting,
    strings,
    transactions,
)
