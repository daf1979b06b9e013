"""Arguments that many commands share: numbers, and the errors for what is none. Source: Redis 7.0's object.c."""

from stage1_single_node.errors import NOT_AN_INTEGER, NOT_POSITIVE, ReplyError
from stage1_single_node.structures.numbers import parse_integer


def integer(text: bytes, error: str = NOT_AN_INTEGER) -> int:
    """An argument that must be a 64-bit integer; raises ReplyError(error)."""
    try:
        return parse_integer(text)
    except ValueError:
        raise ReplyError(error) from None


def integer_from(least: int, text: bytes, error: str = NOT_POSITIVE) -> int:
    """An integer of at least `least`; raises ReplyError(error) for what is less, or no integer."""
    number = integer(text, error)
    if number < least:
        raise ReplyError(error)
    return number
