"""RESP, the Redis serialization protocol: requests in, replies out. Bytes and values only, so it can be
read first.

A request is an array of bulk strings (`*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`) or, for a human at a telnet prompt, a line of
words (an inline command). A reply is any value: `encode` says which Python type becomes which RESP type.
Contract: a parser never raises; a malformed byte sets `error`, and nothing after it is parsed.
Source: https://redis.io/docs/reference/protocol-spec/ and Redis 7.0's networking.c (limits and error texts).
"""

from typing import Any

from stage1_single_node.words import split_words

INLINE_MAX_BYTES = 64 * 1024  # PROTO_INLINE_MAX_SIZE: a line longer than this has no end in sight
MAX_ARGUMENTS = 2**31 - 1
UNAUTHENTICATED_MAX_ARGUMENTS = 10  # before AUTH a client gets enough room for HELLO and AUTH, and not more
UNAUTHENTICATED_MAX_BULK_BYTES = 16384
UNAUTHENTICATED = "unauthenticated"
DIGITS = frozenset(b"0123456789")


class RequestParser:
    """Turns a stream of bytes, cut anywhere, into commands: `feed(data) -> [argv, …]`, an argv a list of bytes."""

    def __init__(self, max_bulk_bytes: int = 512 * 1024 * 1024):
        self.max_bulk_bytes = max_bulk_bytes  # proto-max-bulk-len
        self.authenticated = True
        self.error: str | None = None  # the text of a protocol error, after which the connection must be closed
        self._chunks: list[bytes] = []  # received, not yet parsed
        self.pending_bytes = 0  # how many bytes wait there for the rest of their command
        self._wanted = 0  # not worth looking again before so many bytes are there: big values are joined once
        self._remaining = 0  # arguments that the array begun still lacks
        self._arguments: list[bytes] = []

    def feed(self, data: bytes) -> list[list[bytes]]:
        """Take `data` in; give back every command that is complete now (empty commands are skipped, as in Redis)."""
        if self.error:
            return []
        self._chunks.append(data)
        self.pending_bytes += len(data)
        if self.pending_bytes < self._wanted:
            return []
        buffer = b"".join(self._chunks)
        self._wanted = 0
        commands: list[list[bytes]] = []
        position = 0
        while position < len(buffer):
            if not self._remaining:
                read = self._read_array_header if buffer[position] == 42 else self._read_inline  # 42 is '*'
                after = read(buffer, position)
                if after < 0:
                    break
                position = after
            position = self._read_arguments(buffer, position)
            if self._remaining:
                break
            if self._arguments:
                commands.append(self._arguments)
                self._arguments = []
        rest = buffer[position:]
        self._chunks = [rest] if rest else []
        self.pending_bytes = len(rest)
        return commands

    def pardon(self) -> bool:
        """True, and no error, if the error was a limit for strangers and the client has authenticated since: its AUTH
        may stand in the same read, in front of what was too much."""
        if not self.authenticated or not self.error or UNAUTHENTICATED not in self.error:
            return False
        self.error = None
        return True

    def _read_inline(self, buffer: bytes, position: int) -> int:
        """The position after the line of words that begins at `position`; -1 when its end is not there yet."""
        end = buffer.find(b"\n", position)
        if end < 0:
            return self._need_line(buffer, position, "too big inline request")
        line = buffer[position:end]
        words = split_words(line[:-1] if line.endswith(b"\r") else line)
        if words is None:
            return self._fail("unbalanced quotes in request")
        self._arguments = words
        return end + 1

    def _read_array_header(self, buffer: bytes, position: int) -> int:
        """The position after `*count`, which sets how many arguments remain; -1 when it is not all there."""
        end = buffer.find(b"\r", position)
        if end < 0 or end + 1 >= len(buffer):
            return self._need_line(buffer, position, "too big mbulk count string")
        count = _strict_integer(buffer[position + 1 : end])
        if count is None or count > MAX_ARGUMENTS:
            return self._fail("invalid multibulk length")
        if count > UNAUTHENTICATED_MAX_ARGUMENTS and not self.authenticated:
            return self._fail(f"{UNAUTHENTICATED} multibulk length")
        self._remaining = max(count, 0)
        return end + 2

    def _read_arguments(self, buffer: bytes, position: int) -> int:
        """The position after the last remaining bulk string that is whole; `_remaining` tells what still lacks."""
        while self._remaining:
            end = buffer.find(b"\r", position)
            if end < 0 or end + 1 >= len(buffer):
                self._need_line(buffer, position, "too big bulk count string")
                break
            if buffer[position] != 36:  # '$'
                got = buffer[position : position + 1].decode("ascii", "surrogateescape")
                self._fail(f"expected '$', got '{got}'")
                break
            length = _strict_integer(buffer[position + 1 : end])
            if length is None or not 0 <= length <= self.max_bulk_bytes:
                self._fail("invalid bulk length")
                break
            if length > UNAUTHENTICATED_MAX_BULK_BYTES and not self.authenticated:
                self._fail(f"{UNAUTHENTICATED} bulk length")
                break
            start = end + 2
            after = start + length + 2  # Redis skips the two bytes behind a bulk string unseen, and so do we
            if after > len(buffer):
                self._wanted = after - position
                break
            self._arguments.append(buffer[start : start + length])
            self._remaining -= 1
            position = after
        return position

    def _need_line(self, buffer: bytes, position: int, complaint: str) -> int:
        if len(buffer) - position > INLINE_MAX_BYTES:
            self._fail(complaint)
        return -1

    def _fail(self, complaint: str) -> int:
        self.error = f"ERR Protocol error: {complaint}"
        return -1


def _strict_integer(text: bytes) -> int | None:
    """A length as Redis reads it (string2ll): 64 bits, no plus sign, no blanks, no leading zeros."""
    digits = text[1:] if text.startswith(b"-") else text
    if not digits or len(digits) > 19 or not DIGITS.issuperset(digits):
        return None
    if digits.startswith(b"0") and text != b"0":
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


# Replies. What a handler returns says which RESP type the client gets:
#
#   str    simple string      bytes  bulk string       int   integer          float  double (RESP2: bulk string)
#   None   null               list   array             dict  map (RESP2: flat array)     set  set (RESP2: array)
#   bool   boolean (RESP2: 1 or 0)   ReplyError (any exception)  error        and what follows


class Verbatim(bytes):
    """Text meant for human eyes (INFO, CLIENT LIST): a verbatim string in RESP3, a bulk string in RESP2."""


class Pairs(list):
    """A list of (member, score) tuples: an array of pairs in RESP3, one flat array in RESP2."""


class Set(list):
    """A set whose members have no hash, or whose order shall stay: a set in RESP3, an array in RESP2."""


class Push(list):
    """A message that answers no request (Pub/Sub): a push in RESP3, an array in RESP2."""


NULL_ARRAY = object()  # "no array": *-1 in RESP2 (a blocking command timed out, EXEC was aborted), null in RESP3
NO_REPLY = object()  # the handler has answered already, or will answer later

BLANK_LINE_BREAKS = {13: " ", 10: " "}
CRLF = b"\r\n"
OK = b"+OK\r\n"
ONLY_BYTES = {bytes}
INTEGERS = [b":%d\r\n" % number for number in range(10_000)]  # prebuilt: looking up is quicker than formatting
BULK_HEADERS = [b"$%d\r\n" % length for length in range(10_000)]
LENGTHS = [b"$%d" % length for length in range(10_000)]  # the same without line break, for _encode_strings


def encode(value: Any, protocol: int = 2) -> bytes:
    """The bytes of a reply in RESP `protocol` (2 or 3). Raises TypeError for a type that is no reply."""
    kind = type(value)
    if kind is bytes:
        return b"$%d\r\n%b\r\n" % (len(value), value)
    if kind is int:
        return b":%d\r\n" % value
    if kind is str:
        return b"+%b\r\n" % value.encode()
    if value is None:
        return b"_\r\n" if protocol == 3 else b"$-1\r\n"
    if kind is list or kind is tuple:
        if len(value) > 4 and set(map(type, value)) == ONLY_BYTES:  # for fewer it does not pay
            return _encode_strings(value)
        return b"*%d\r\n" % len(value) + b"".join([encode(item, protocol) for item in value])
    return _encode_rarer(value, protocol)


def _encode_strings(values: list[bytes] | tuple[bytes, ...]) -> bytes:
    """An array of bulk strings (LRANGE, MGET, KEYS …): lengths and strings take turns, and CRLF joins them.

    No step is a loop in Python, which takes less than half the time of an `encode` for each string.
    """
    lines = [b""] * (2 * len(values) + 1)  # the empty last line gets its CRLF from the join, too
    lines[1::2] = values
    try:
        lines[:-1:2] = map(LENGTHS.__getitem__, map(len, values))
    except IndexError:  # a string longer than the table
        lines[:-1:2] = [b"$%d" % len(string) for string in values]
    return b"*%d\r\n" % len(values) + CRLF.join(lines)


def _encode_rarer(value: Any, protocol: int) -> bytes:
    """`encode` for the types that differ between RESP2 and RESP3."""
    new = protocol == 3
    if isinstance(value, Exception):
        line = str(value).translate(BLANK_LINE_BREAKS)  # a text that quotes the client must not end the line
        return b"-%b\r\n" % line.encode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return (b"#t\r\n" if value else b"#f\r\n") if new else b":%d\r\n" % value
    if isinstance(value, float):
        text = b"%.17g" % value  # Redis 7.0 prints 0.1 as 0.10000000000000001, and so do we
        return b",%b\r\n" % text if new else encode(text)
    if isinstance(value, dict):
        items = [encode(item, protocol) for pair in value.items() for item in pair]
        return (b"%%%d\r\n" % len(value) if new else b"*%d\r\n" % len(items)) + b"".join(items)
    if isinstance(value, (set, frozenset, Set)):
        return (b"~" if new else b"*") + encode(list(value), protocol)[1:]
    if isinstance(value, Pairs):
        return encode(list(value) if new else [item for pair in value for item in pair], protocol)
    if isinstance(value, Push):
        return (b">" if new else b"*") + encode(list(value), protocol)[1:]
    if isinstance(value, Verbatim):
        return b"=%d\r\ntxt:%b\r\n" % (len(value) + 4, value) if new else encode(bytes(value))
    if value is NULL_ARRAY:
        return b"_\r\n" if new else b"*-1\r\n"
    raise TypeError(f"no RESP type for {type(value).__name__}")
