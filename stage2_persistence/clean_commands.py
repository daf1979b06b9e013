"""Many commands at once, by hiredis, where it is proven that they are nothing but well-formed commands.

hiredis is a C library that parses replies, not requests: it would take a simple string for an argument, and does not
look at the two bytes behind a bulk string. For a file whose damage must be found to the byte that will not do, so its
result counts only if the bytes pass a proof that costs less than what it parses:

1. Every top-level value is a list of bytes, not empty, and nothing is left half read (a probe comes back alone).
2. No argument is a verbatim string, the one type with room for a line break in front of its value.
3. The line breaks add up: one for each command, two for each argument, and those inside the values. An argument that is
   no bulk string has one less, and so has one that does not end as it should. Nothing can make up for that: a value
   that ends with \\r could lend it to a broken end, but is counted here as if it had a line break of its own.
4. So every type byte stands behind a line break, and no line begins like a set or an attribute, which are lists too.

Contract: whatever the bytes are, the answer is right or None; aof_reader.py then judges them one command at a time.
"""

import re
from itertools import chain

import hiredis

# hiredis moves what it has not parsed yet to the front, again and again: that is kept short. And arrays in arrays, for
# which it reserves memory by what their headers say, come to at most 22 MB in such a piece.
PIECE_BYTES = 16 * 1024
has_long_count = re.compile(rb"\*\d{4}").search
has_verbatim_string = re.compile(rb"=\d+\r\n...:", re.DOTALL).search
has_other_list = re.compile(rb"\r\n[~|]").search
MORE = object()  # what `gets` returns when no whole value is left
PROBE = b"*0\r\n"  # comes back as [] if and only if nothing was left half read before it
LISTS_ONLY = {list}


def clean_commands(data: bytes) -> list[list[bytes]] | None:
    """The commands, if `data` is nothing but whole well-formed commands; None if in doubt."""
    if not data.startswith(b"*") or has_long_count(data) or (b"=" in data and has_verbatim_string(data)):
        return None
    if (b"~" in data or b"|" in data) and has_other_list(data):
        return None
    try:
        commands = parse(data)
        values = b"\n".join(chain.from_iterable(commands)) + b"\n"  # raises TypeError for what is not bytes
    except (hiredis.HiredisError, TypeError, ValueError):
        return None
    if not all(commands) or set(map(type, commands)) != LISTS_ONLY:
        return None
    line_breaks = len(commands) + 2 * sum(map(len, commands)) + values.count(b"\r\n")
    return commands if data.count(b"\r\n") == line_breaks else None


def parse(data: bytes) -> list:
    """The values that hiredis finds; none at all if one is longer than a piece, or not whole."""
    reader = hiredis.Reader(notEnoughData=MORE)
    values: list = []
    for start in range(0, len(data), PIECE_BYTES):
        reader.feed(data, start, min(PIECE_BYTES, len(data) - start))
        found = list(iter(reader.gets, MORE))
        if not found:
            return []
        values += found
    reader.feed(PROBE)
    return values if reader.gets() == [] else []
