"""Words with quotes: how an inline command, and a line of redis.conf, is cut into words.

Source: sdssplitargs in Redis 7.0's sds.c.
"""

HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")
ENDS = frozenset(b" \t\r\n")  # what ends a word outside quotes; \v and \f are skipped before one, yet do not end it
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


def split_words(line: bytes) -> list[bytes] | None:
    """The words of an inline command or of a line of redis.conf; None when the quotes don't balance.

    Double quotes know \\n \\r \\t \\b \\a and \\xHH, single quotes only \\'; a closing quote must end its word.
    """
    words: list[bytes] = []
    position = 0
    while True:
        while position < len(line) and line[position : position + 1].isspace():
            position += 1
        if position >= len(line):
            return words
        word = bytearray()
        while position < len(line) and line[position] not in ENDS:
            quote = line[position : position + 1]
            if quote not in (b'"', b"'"):
                word += quote
                position += 1
                continue
            position = _read_quoted(line, position + 1, quote, word)
            if position < 0 or (position < len(line) and not line[position : position + 1].isspace()):
                return None
            break
        words.append(bytes(word))


def _read_quoted(line: bytes, position: int, quote: bytes, word: bytearray) -> int:
    """Append to `word` what stands up to the closing quote; the position after that, or -1 without one."""
    while position < len(line):
        character = line[position : position + 1]
        if character == quote:
            return position + 1
        if character == b"\\" and position + 1 < len(line):
            escaped = line[position + 1 : position + 2]
            digits = line[position + 2 : position + 4]
            if quote == b"'":
                word += b"'" if escaped == b"'" else b"\\"
                position += 2 if escaped == b"'" else 1
            elif escaped == b"x" and len(digits) == 2 and HEXADECIMAL.issuperset(digits):
                word.append(int(digits, 16))
                position += 4
            else:
                word += ESCAPES.get(escaped, escaped)
                position += 2
        else:
            word += character
            position += 1
    return -1
