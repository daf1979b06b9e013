"""What the sorted-set commands share: scores as arguments, the encoding after an addition."""

from stage1_single_node.errors import NOT_A_FLOAT, ReplyError
from stage1_single_node.structures.numbers import parse_float
from stage1_single_node.structures.sorted_set import SortedSet


def parse_score(text: bytes, error: str = NOT_A_FLOAT) -> float:
    """A score, which may be infinite and is never NaN; raises ReplyError(error)."""
    try:
        return parse_float(text)
    except ValueError:
        raise ReplyError(error) from None


def settle(client, zset: SortedSet, members) -> None:
    """The sorted set's encoding, right after `members` came in."""
    if zset.encoding == "listpack":
        config = client.server.config
        zset.settle(members, config.zset_max_listpack_entries, config.zset_max_listpack_value)


def sorted_set_of(client, scores: dict[bytes, float]) -> SortedSet:
    """A sorted set with these members, made in one go."""
    config = client.server.config
    return SortedSet.of(scores, config.zset_max_listpack_entries, config.zset_max_listpack_value)
