"""Arguments that many commands share: numbers, and the errors for what is none. Source: Redis 7.0's object.c."""

from stage1_single_node.errors import NAN_OR_INFINITY, NOT_A_FLOAT, NOT_AN_INTEGER, NOT_POSITIVE, ReplyError
from stage1_single_node.structures.numbers import add_long_doubles, format_human, parse_integer, parse_long_double


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


def add_floats(left: bytes, right: bytes, error: str = NOT_A_FLOAT) -> bytes:
    """The sum of two numbers in Redis's long double arithmetic; raises ReplyError."""
    try:
        terms = parse_long_double(left), parse_long_double(right)
    except ValueError:
        raise ReplyError(error) from None
    try:
        return format_human(add_long_doubles(*terms))
    except (ValueError, OverflowError):
        raise ReplyError(NAN_OR_INFINITY) from None


def small_integer(text: bytes, error: str | None = None) -> int:
    """A 32-bit integer (the number of a database …); raises ReplyError(error), or Redis's two texts for that."""
    number = integer(text, error or NOT_AN_INTEGER)
    if not -(2**31) <= number < 2**31:
        raise ReplyError(error or "ERR value is out of range, value must between -2147483648 and 2147483647")
    return number
