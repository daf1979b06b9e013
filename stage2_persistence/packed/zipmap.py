"""The zipmap, the packed hash of Redis 2.2 and 2.4: a flat run of fields and values. We only read it.

    number of pairs (1; 254 for so many or more)  {length field length unused value unused-bytes} …  FF

A length is one byte, or FE and four, little-endian; `unused` counts the bytes that a value that has become shorter
left behind it. Source: Redis 7.0's zipmap.c.
"""

END = 0xFF
LARGE = 0xFE


def decode(data: bytes) -> list[bytes]:
    """Fields and values in turn. Raises ValueError for anything that is no whole zipmap."""
    words: list[bytes] = []
    at = 1
    try:
        while data[at] != END:
            at, size = _length(data, at)
            words.append(data[at : at + size])
            at, size = _length(data, at + size)
            unused = data[at]
            at += 1
            words.append(data[at : at + size])
            at += size + unused
    except IndexError:
        raise ValueError("a zipmap whose pairs are longer than it is") from None
    if at != len(data) - 1 or (data[0] < LARGE and 2 * data[0] != len(words)):
        raise ValueError("a zipmap with another number of pairs")
    return words


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where the word begins, and its length."""
    if data[at] < LARGE:
        return at + 1, data[at]
    if data[at] == END:
        raise ValueError("a zipmap that ends inside of a pair")
    return at + 5, int.from_bytes(data[at + 1 : at + 5], "little")
