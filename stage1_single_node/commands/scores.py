"""What the sorted-set commands share: scores as arguments, and additions within the configured limits."""

from stage1_single_node.errors import NOT_A_FLOAT, ReplyError
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.sorted_set import SortedSet


def parse_score(text: bytes, error: str = NOT_A_FLOAT) -> float:
    """A score, which may be infinite and is never NaN; raises ReplyError(error)."""
    if len(text) < 20 and text.isdigit():
        return float(text)  # what most scores are needs no closer look: a third of the time
    try:
        return parse_float(text)
    except ValueError:
        raise ReplyError(error) from None


def put(client, zset: SortedSet, member: bytes, score: float) -> float | None:
    """Give a member its score; the one that it had, None for a new member."""
    if zset.encoding == "listpack":
        config = client.server.config
        zset.make_room(member, config.zset_max_listpack_entries, config.zset_max_listpack_value)
    return zset.put(member, score)


def sorted_set_of(client, scores: dict[bytes, float]) -> SortedSet:
    """A sorted set with these members, made in one go."""
    config = client.server.config
    return SortedSet.of(scores, config.zset_max_listpack_entries, config.zset_max_listpack_value)
