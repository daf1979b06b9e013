"""Random elements of a collection: what HRANDFIELD, SRANDMEMBER and ZRANDMEMBER have in common.

A count of n asks for n different elements, or all there are; a count of -n for n draws, which may repeat.
"""

from stage1_single_node.commands.arguments import integer
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.structures.numbers import MAX_INTEGER

COUNT_OUT_OF_RANGE = f"ERR value is out of range, value must between -{MAX_INTEGER} and {MAX_INTEGER}"
MAX_COUNT_WITH_PAIRS = MAX_INTEGER // 2  # each draw makes two elements of the reply


def parse_count(text: bytes) -> int:
    """The count; raises ReplyError."""
    count = integer(text)
    if count < -MAX_INTEGER:
        raise ReplyError(COUNT_OUT_OF_RANGE)
    return count


def parse_options(words: tuple[bytes, ...], pairs_option: bytes) -> tuple[int, bool]:
    """`count [WITHVALUES]`: the count and whether that option, whose name is given, was there; raises ReplyError."""
    count = parse_count(words[0])
    if len(words) > 2 or (len(words) == 2 and words[1].upper() != pairs_option):
        raise ReplyError(SYNTAX)
    if len(words) == 2 and abs(count) > MAX_COUNT_WITH_PAIRS:
        raise ReplyError("ERR value is out of range")
    return count, len(words) == 2


def draw_many(client, collection, count: int) -> list[bytes]:
    """Random elements (fields, members) of a collection that is not empty, as `count` asks for them."""
    random = client.server.keyspace.random
    if count < 0:
        return [collection.draw(random) for _ in range(-count)]
    if count >= len(collection):
        return list(collection)
    return collection.sample(random, count)
