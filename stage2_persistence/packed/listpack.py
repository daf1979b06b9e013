"""The listpack: a small list, hash or sorted set as one piece of bytes (since Redis 7.0, for streams since 5.0).

    total bytes (4)  number of elements (2)  element …  FF           numbers are little-endian

    element:   encoding and length    content    back length
    0xxxxxxx                     an integer, 0 to 127
    10LLLLLL                     a string of up to 63 bytes
    110xxxxx xxxxxxxx            an integer of 13 bits
    1110LLLL LLLLLLLL            a string of up to 4095 bytes
    F0 length (4)                a longer string
    F1 … F4                      an integer of 2, 3, 4, 8 bytes

The back length says how long the element before the next one is, 7 bits a byte, so that the list can be walked from its
end. Elements that look like integers are held as such. Source: Redis 7.0's listpack.c; https://github.com/antirez/listpack
"""

from collections.abc import Iterable

from stage1_single_node.structures.numbers import parse_integer

HEADER = 6  # bytes
EMPTY = HEADER + 1  # bytes of a listpack without elements
END = 0xFF
UNKNOWN = 0xFFFF  # so many elements or more: count them
LONGEST_INTEGER = 20  # characters

SMALL = [b"%d" % number for number in range(128)]
HEADS = [bytes((0x80 | size,)) for size in range(1 << 6)]  # before a short string …
TAILS = [bytes((size + 1,)) for size in range(1 << 6)]  # … and behind it
INTEGER_BYTES = {0xF1: 2, 0xF2: 3, 0xF3: 4, 0xF4: 8}


def encode(elements: Iterable[bytes]) -> bytes:
    """The listpack of these elements."""
    return join([encode_element(element) for element in elements])


def join(pieces: list[bytes]) -> bytes:
    """The listpack of elements that are encoded already."""
    body = b"".join(pieces)
    header = (HEADER + len(body) + 1).to_bytes(4, "little") + min(len(pieces), UNKNOWN).to_bytes(2, "little")
    return header + body + b"\xff"


def encode_element(element: bytes) -> bytes:
    """An element with its back length."""
    size = len(element)
    if 0 < size <= LONGEST_INTEGER and element[0] < 0x3A:  # digits and the minus come before the colon
        try:
            return encode_integer(parse_integer(element))
        except ValueError:
            pass
    if size < 1 << 6:
        return HEADS[size] + element + TAILS[size]
    if size < 1 << 12:
        return (0xE000 | size).to_bytes(2, "big") + element + back_length(size + 2)
    return b"\xf0" + size.to_bytes(4, "little") + element + back_length(size + 5)


def encode_integer(number: int) -> bytes:
    """An element that is an integer of at most 64 bits."""
    if 0 <= number < 1 << 7:
        return b"%c\x01" % number
    if -(1 << 12) <= number < 1 << 12:
        return (0xC000 | number & 0x1FFF).to_bytes(2, "big") + b"\x02"
    bits = (number if number >= 0 else ~number).bit_length() + 1  # with the sign
    first = 0xF1 if bits <= 16 else 0xF2 if bits <= 24 else 0xF3 if bits <= 32 else 0xF4
    size = INTEGER_BYTES[first]
    return b"%c%b%c" % (first, number.to_bytes(size, "little", signed=True), size + 1)


def back_length(size: int) -> bytes:
    """How long an element was, 7 bits a byte, the highest first; all bytes but the first have their highest bit set."""
    if size < 1 << 7:
        return b"%c" % size
    code = [size & 0x7F | 0x80]
    while (size := size >> 7) >= 1 << 7:
        code.append(size & 0x7F | 0x80)
    code.append(size)
    return bytes(reversed(code))


def decode(data: bytes) -> list[bytes]:
    """The elements. Raises ValueError for anything that is no whole listpack."""
    if len(data) <= HEADER or int.from_bytes(data[:4], "little") != len(data) or data[-1] != END:
        raise ValueError("a listpack of another length")
    try:
        elements = _elements(data)
    except IndexError:
        raise ValueError("a listpack's element that is longer than its listpack") from None
    count = int.from_bytes(data[4:6], "little")
    if count != UNKNOWN and count != len(elements):
        raise ValueError("a listpack with another number of elements")
    return elements


def _elements(data: bytes) -> list[bytes]:
    elements: list[bytes] = []
    append = elements.append
    at, last = HEADER, len(data) - 1
    while at < last:
        first = data[at]
        if first < 0x80:
            append(SMALL[first])
            size = 1
        elif first < 0xC0:
            size = first - 0x7F
            append(data[at + 1 : at + size])
        else:
            element, size = _long_element(data, at, first)
            append(element)
        at += size
        if size < 0x80:
            if data[at] != size:  # at most the end byte, which is no back length
                raise ValueError("a listpack's element with a wrong back length")
            at += 1
        else:
            code = back_length(size)
            if data[at : at + len(code)] != code:
                raise ValueError("a listpack's element with a wrong back length")
            at += len(code)
    if at != last:
        raise ValueError("a listpack's element that is longer than its listpack")
    return elements


def _long_element(data: bytes, at: int, first: int) -> tuple[bytes, int]:
    """An element of the less usual kinds, and how many bytes it takes without its back length."""
    if first < 0xE0:
        number = (first & 0x1F) << 8 | data[at + 1]
        return b"%d" % (number - 0x2000 if number & 0x1000 else number), 2
    if first < 0xF0:
        header, size = 2, (first & 0xF) << 8 | data[at + 1]
    elif first == 0xF0:
        header, size = 5, int.from_bytes(data[at + 1 : at + 5], "little")
    elif first in INTEGER_BYTES:
        size = INTEGER_BYTES[first]
        return b"%d" % int.from_bytes(data[at + 1 : at + 1 + size], "little", signed=True), size + 1
    else:
        raise ValueError("a listpack's element of unknown kind")
    return data[at + header : at + header + size], header + size
