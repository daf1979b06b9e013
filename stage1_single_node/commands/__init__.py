"""The commands of stage 1, a file a topic. A handler is one function: arguments in, a plain value out."""

from stage1_single_node.command import table
from stage1_single_node.commands import connection, strings

TABLE = table(connection, strings)
