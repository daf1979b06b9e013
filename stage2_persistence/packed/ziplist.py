"""The ziplist, the listpack's predecessor: small lists, hashes and sorted sets in files from Redis 2.2 to 6.2.

    total bytes (4)  offset of the last element (4)  number of elements (2)  element …  FF         little-endian

    element:   length of the element before (1 byte, or FE and 4)   encoding   content
    00LLLLLL                     a string of up to 63 bytes
    01LLLLLL LLLLLLLL            a string of up to 16383 bytes, the length big-endian
    80 length (4)                a longer string, the length big-endian
    C0 D0 E0 F0 FE               an integer of 2, 4, 8, 3, 1 bytes
    F1 … FD                      an integer, 0 to 12

Redis gave it up because the length of an element before the next one may grow from one byte to five when that element
does, which may make that one grow, and so on. We only read it. Source: Redis 7.0's ziplist.c.
"""

from struct import Struct

HEADER = Struct("<IIH")
END = 0xFF
UNKNOWN = 0xFFFF  # so many elements or more: count them
LARGE = 0xFE  # the element before is so long that its length takes four more bytes

INTEGER_BYTES = {0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}
SMALL = {0xF1 + number: b"%d" % number for number in range(13)}


def decode(data: bytes) -> list[bytes]:
    """The elements. Raises ValueError for anything that is no whole ziplist."""
    if len(data) <= HEADER.size or data[-1] != END:
        raise ValueError("a ziplist without an end")
    total, tail, count = HEADER.unpack_from(data)
    if total != len(data):
        raise ValueError("a ziplist of another length")
    elements: list[bytes] = []
    at, before, last = HEADER.size, 0, HEADER.size
    try:
        while data[at] != END:
            start, previous = _previous_length(data, at)
            if previous != before:
                raise ValueError("a ziplist's element that is wrong about the one before")
            element, end = _element(data, start)
            elements.append(element)
            last, before, at = at, end - at, end
    except IndexError:
        raise ValueError("a ziplist's element that is longer than its ziplist") from None
    if at != len(data) - 1 or tail != last or (count != UNKNOWN and count != len(elements)):
        raise ValueError("a ziplist with other elements than its header says")
    return elements


def _previous_length(data: bytes, at: int) -> tuple[int, int]:
    """Where the element's encoding begins, and how long the element before was."""
    if data[at] < LARGE:
        return at + 1, data[at]
    return at + 5, int.from_bytes(data[at + 1 : at + 5], "little")


def _element(data: bytes, at: int) -> tuple[bytes, int]:
    """The element whose encoding is at `at`, and where the next element begins."""
    first = data[at]
    if first in SMALL:
        return SMALL[first], at + 1
    if first in INTEGER_BYTES:
        end = at + 1 + INTEGER_BYTES[first]
        return b"%d" % int.from_bytes(data[at + 1 : end], "little", signed=True), end
    if first < 0x40:
        start, size = at + 1, first
    elif first < 0x80:
        start, size = at + 2, (first & 0x3F) << 8 | data[at + 1]
    elif first == 0x80:
        start, size = at + 5, int.from_bytes(data[at + 1 : at + 5], "big")
    else:
        raise ValueError("a ziplist's element of unknown kind")
    return data[start : start + size], start + size
