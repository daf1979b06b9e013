"""The intset: a small set of integers as one sorted array, all of them 2, 4 or 8 bytes wide.

    bytes an integer (4)  number of integers (4)  integer …          all little-endian

Source: Redis 7.0's intset.c.
"""

from collections.abc import Sequence
from struct import Struct, pack, unpack_from

HEADER = Struct("<II")
LETTERS = {2: "h", 4: "i", 8: "q"}  # struct's, for integers of so many bytes


def encode(numbers: Sequence[int]) -> bytes:
    """The intset of these numbers, which are sorted."""
    width = 2
    while numbers and not -(1 << 8 * width - 1) <= numbers[0] <= numbers[-1] < 1 << 8 * width - 1:
        width *= 2
    return HEADER.pack(width, len(numbers)) + pack(f"<{len(numbers)}{LETTERS[width]}", *numbers)


def decode(data: bytes) -> list[bytes]:
    """The members. Raises ValueError for anything that is no intset, or not in order."""
    if len(data) < HEADER.size:
        raise ValueError("an intset without a header")
    width, count = HEADER.unpack_from(data)
    if width not in LETTERS or not count or len(data) != HEADER.size + width * count:
        raise ValueError("an intset of another length")
    numbers = unpack_from(f"<{count}{LETTERS[width]}", data, HEADER.size)
    if any(map(int.__ge__, numbers, numbers[1:])):
        raise ValueError("an intset out of order")
    return [b"%d" % number for number in numbers]
