"""LZF, the quick compression of strings in RDB files: what stood a little earlier is written as a reference to it.

    000LLLLL  then L + 1 bytes                  copy these bytes
    LLLooooo oooooooo                           copy L + 2 bytes from o + 1 bytes back; L is 1 to 6
    111ooooo LLLLLLLL oooooooo                  the same, L + 9 bytes

The compressor remembers in a table where it last saw each run of three bytes, by a hash of them, and asks nothing
else: no search, so it is fast and not thorough. Where python-lzf is installed, its C does the work; this is the lesson,
and gives the same bytes. Source: Redis 7.0's lzf_c.c (with VERY_FAST, hash of 16 bits) and lzf_d.c.
"""

try:
    import lzf as _c
except ImportError:  # an optional package
    _c = None

HASH_BITS = 16
MAX_LITERAL = 1 << 5
MAX_OFFSET = 1 << 13
MAX_REFERENCE = (1 << 8) + (1 << 3)
SHORTEST = 20  # bytes: of so few, nothing can be gained
LEAST_GAIN = 4  # bytes: Redis does not compress for less
MOST_GROWTH = MAX_REFERENCE // 3 + 1  # three bytes become 264 at most


def compress(data: bytes) -> bytes | None:
    """The compressed bytes, or None if they would not be at least four bytes fewer."""
    if len(data) <= SHORTEST:
        return None
    if _c is not None:
        return _c.compress(data, len(data) - LEAST_GAIN - 1)  # it gives the C one byte more than it is told
    return compress_in_python(data)


def decompress(data: bytes, size: int) -> bytes:
    """The `size` bytes that were compressed. Raises ValueError if `data` is not the compressed form of so many."""
    if not 0 < size <= len(data) * MOST_GROWTH:  # before memory is taken for what a hostile file promises
        raise ValueError("a compressed string that cannot be so long")
    if _c is None:
        return decompress_in_python(data, size)
    try:
        whole = _c.decompress(data, size)
    except ValueError:
        whole = None
    if whole is None or len(whole) != size:
        raise ValueError("a compressed string that is not what it should be")
    return whole


def compress_in_python(data: bytes) -> bytes | None:
    """`compress`, as the C function does it."""
    size, room = len(data), len(data) - LEAST_GAIN
    seen: dict[int, int] = {}  # hash of three bytes: where they stood last
    out = bytearray(1)  # a byte is kept free for the length of the run of literals that ends here
    at = run = 0
    while at < size - 2:
        key = _hash(data, at)
        reference = seen.get(key, 0)
        seen[key] = at
        offset = at - reference - 1
        # The first byte is never referred to: its place, 0, means none.
        if reference and offset < MAX_OFFSET and data[reference : reference + 3] == data[at : at + 3]:
            if len(out) - (not run) + 4 >= room:
                return None
            _end_run(out, run)
            length = _common_length(data, reference, at)
            out += _reference(offset, length)
            out.append(0)
            at += length
            run = 0
            if at < size - 2:
                seen[_hash(data, at - 2)] = at - 2
                seen[_hash(data, at - 1)] = at - 1
        else:
            if len(out) >= room:
                return None
            run = _literal(out, data[at], run)
            at += 1
    if len(out) + 3 > room:
        return None
    for byte in data[at:]:
        run = _literal(out, byte, run)
    _end_run(out, run)
    return bytes(out)


def _hash(data: bytes, at: int) -> int:
    """Of the three bytes from `at` on."""
    three = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
    return (three >> (24 - HASH_BITS)) - 5 * three & (1 << HASH_BITS) - 1


def _literal(out: bytearray, byte: int, run: int) -> int:
    """Append a byte to a run of so many; how long the run is now."""
    out.append(byte)
    if run + 1 < MAX_LITERAL:
        return run + 1
    _end_run(out, MAX_LITERAL)
    out.append(0)
    return 0


def _end_run(out: bytearray, run: int) -> None:
    """Fill in the byte in front of a run of literals, or take it back if there are none."""
    if run:
        out[-run - 1] = run - 1
    else:
        out.pop()


def _common_length(data: bytes, reference: int, at: int) -> int:
    """How many bytes from `reference` on are those from `at` on; the first three are."""
    most = min(len(data) - at - 2, MAX_REFERENCE)
    length = 3
    if most > 16:  # the C compares the next sixteen without asking how many there are: two more can be got at the end
        while length < 19 and data[reference + length] == data[at + length]:
            length += 1
        if length < 19:
            return length
    while length < most and data[reference + length] == data[at + length]:
        length += 1
    return length


def _reference(offset: int, length: int) -> bytes:
    """The code for `length` bytes from `offset` + 1 bytes back."""
    if length < 9:
        return bytes(((length - 2) << 5 | offset >> 8, offset & 0xFF))
    return bytes((7 << 5 | offset >> 8, length - 9, offset & 0xFF))


def decompress_in_python(data: bytes, size: int) -> bytes:
    """`decompress`, as the C function does it."""
    try:
        return _decompress(data, size)
    except IndexError:
        raise ValueError("a compressed string that ends too early") from None


def _decompress(data: bytes, size: int) -> bytes:
    out = bytearray()
    at = 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < MAX_LITERAL:
            piece = data[at : at + control + 1]
            if len(piece) != control + 1:
                raise ValueError("a compressed string that ends too early")
            at += len(piece)
        else:
            length = (control >> 5) + 2
            if length == 9:
                length += data[at]
                at += 1
            start = len(out) - ((control & 0x1F) << 8 | data[at]) - 1
            at += 1
            if start < 0:
                raise ValueError("a compressed string that refers to what is before its beginning")
            piece = bytes(out[start : start + length])
            piece = (piece * (length // len(piece) + 1))[:length]  # a reference may reach into what it makes
        out += piece
        if len(out) > size:
            break
    if len(out) != size:
        raise ValueError("a compressed string of another length")
    return bytes(out)
