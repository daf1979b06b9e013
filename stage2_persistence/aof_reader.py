"""Reads the commands of an append-only file, and says to the byte where one is damaged or where a power cut tore it.

The file is a stream of requests as in RESP, arrays of bulk strings, and nothing else: no inline commands. Between them
may stand annotations, lines that begin with `#` (`aof-timestamp-enabled` writes `#TS:<unix seconds>`).

    *3\\r\\n $3\\r\\nSET\\r\\n $1\\r\\nk\\r\\n $1\\r\\nv\\r\\n      #TS:1668902400\\r\\n

Two kinds of damage: a file that ends inside a command, or inside a transaction, was torn, and loses its tail
(`aof-load-truncated`); anything else is corrupt, and nobody can say what it was. We are as strict as redis-check-aof,
and Redis's loader is not: numbers in one spelling, CRLF behind each string, and of MULTI and EXEC by turns one.
Contract: nothing but Corrupt and OSError is raised; memory is bounded by what is in the file, whatever its numbers say.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from stage2_persistence.clean_commands import clean_commands
from stage2_persistence.encoding import encode_commands
from stage2_persistence.rdb_format import Corrupt

CHUNK_BYTES = 128 * 1024  # read at a time: what is made of it should still be in the processor's cache when it is run
MAX_ARGUMENTS = 2**31 - 1  # more is refused from clients, so nobody has executed it
MAX_LENGTH = 2**63 - 1
# The default of proto-max-bulk-len. A longer argument whose end is not there was hardly ever begun: that is damage. (If
# it is all there, it is taken: the limit may have been another when it was written.)
USUAL_BULK_BYTES = 512 * 1024 * 1024
MAX_HEADER_BYTES = 22  # a type, the 19 digits of a 64-bit number, CRLF
MAX_ANNOTATION_BYTES = 1023  # AOF_ANNOTATION_LINE_MAX_LEN, without the zero byte that ends C's strings
CRLF = b"\r\n"
MULTI, EXEC = b"MULTI", b"EXEC"
TRANSACTION = {MULTI, EXEC}
COMMAND_HEADER = re.compile(rb"\r\n\*[1-9][0-9]{0,9}\r\n\$[0-9]{1,9}\r\n").search
# Their numbers: looking up is quicker than parsing
USUAL_HEADERS = {kind: {b"%b%d" % (kind, number): number for number in range(512)} for kind in (b"*", b"$")}


class Truncated(Corrupt):
    """The file ends too early, inside something that begins at `offset`."""


class CommandReader:
    """Iterating gives lists of commands, each a list of bytes, from some hundred kilobytes of the file at a time."""

    def __init__(self, file: BinaryIO, offset: int, size: int):
        """`file` stands at `offset`, and ends at `size`."""
        self.offset = offset  # the end of the last command that was given out
        self.whole_until = offset  # up to here the file is whole, and no transaction is left open
        self._file = file
        self._size = size
        self._data = b""  # what was read and is not parsed yet
        self._start = offset  # where in the file that begins
        self._wanted = 0  # bytes that lack for going on; 0: any more will do
        self._remaining = 0  # arguments that the command begun still lacks
        self._arguments: list[bytes] = []
        self._transaction: int | None = None  # where the MULTI stands that has no EXEC yet

    def __iter__(self) -> Iterator[list[list[bytes]]]:
        """Raises Corrupt after everything in front of the damage has been given out."""
        damage: Corrupt | None = None
        while damage is None and self._read_more():
            batch: list[list[bytes]] = []
            try:
                self._parse(batch)
            except Corrupt as error:
                damage = error
            if batch:
                yield batch
        if damage is None and self.whole_until < self._start + len(self._data):
            damage = self._torn()
        if damage:
            raise damage

    def _torn(self) -> Truncated:
        what = "command" if self._transaction is None else "transaction"
        return Truncated(self.whole_until, f"the file ends inside the {what}")

    def _read_more(self) -> bool:
        """Put the next piece of the file behind what is not parsed yet; False at the end of the file."""
        missing = self._size - self._start - len(self._data)
        more = self._file.read(min(max(self._wanted, CHUNK_BYTES), missing)) if missing > 0 else b""
        self._data += more
        return bool(more)

    # Many commands

    def _parse(self, batch: list[list[bytes]]) -> None:
        """Append the commands that are complete now."""
        data, position, careful_until = self._data, 0, 0
        self._wanted = 0
        try:
            while position < len(data) and not self._wanted:
                if position >= careful_until and not self._remaining:
                    border = self._border(data, position)
                    commands = clean_commands(data[position:border])
                    if commands is not None:
                        position = border
                        self._take(commands, self._start + border, batch)
                        continue
                    careful_until = border
                position = self._read_one(data, position, batch)
        finally:
            self._data = data[position:]
            self._start += position

    def _border(self, data: bytes, position: int) -> int:
        """Where an annotation begins, or the last command (which may not be all there), if the values don't mislead."""
        annotation = data.find(b"\r\n#", position)
        if annotation >= 0:
            return annotation + 2
        if self._start + len(data) >= self._size:
            return len(data)
        return max(data.rfind(b"\r\n*", position) + 2, position + 1)

    def _take(self, commands: list[list[bytes]], end: int, batch: list[list[bytes]]) -> None:
        """These commands, which follow each other and end at offset `end`, are whole."""
        if not TRANSACTION.isdisjoint(map(bytes.upper, {argv[0] for argv in commands})):
            self._follow_transactions(commands, end, batch)
        batch += commands
        self.offset = end
        if self._transaction is None:
            self.whole_until = end

    def _follow_transactions(self, commands: list[list[bytes]], end: int, batch: list[list[bytes]]) -> None:
        """Is there a MULTI without EXEC at the end? Offsets cost time, so they are counted where one is needed."""
        is_open = self._transaction is not None
        last = 0
        for index, argv in enumerate(commands):
            word = argv[0].upper()
            if word not in TRANSACTION:
                continue
            if is_open == (word == MULTI):
                offset = end - len(encode_commands(commands[index:]))
                self._take(commands[:index], offset, batch)
                raise Corrupt(offset, "MULTI inside a transaction" if is_open else "EXEC without MULTI")
            is_open = not is_open
            last = index
        if is_open:
            self._transaction = self.whole_until = end - len(encode_commands(commands[last:]))
        else:
            self._transaction = None

    # One command

    def _read_one(self, data: bytes, position: int, batch: list[list[bytes]]) -> int:
        """The position after a command or annotation; or as far as one goes that is not all there (see `_wanted`)."""
        if not self._remaining:
            if data.startswith(b"#", position):
                return self._skip_annotation(data, position)
            header = self._read_number(data, position, b"*", MAX_ARGUMENTS)
            if header is None:
                return position
            if not header[0]:
                raise Corrupt(self._start + position, "a command without a name")
            self._remaining, position = header
            self._arguments = []
        while self._remaining:
            header = self._read_number(data, position, b"$", MAX_LENGTH)
            if header is None:
                return position
            length, start = header
            end = start + length
            after = end + len(CRLF)
            if after > len(data):
                last = self._size - self._start  # the file's end, counted as `position` is
                if end > last and length > USUAL_BULK_BYTES:
                    raise Corrupt(self._start + position, f"{length} bytes are announced and {last - start} are left")
                if after > last:
                    raise self._torn()
                self._wanted = after - len(data)
                return position
            if data[end:after] != CRLF:
                raise Corrupt(self._start + end, f"expected a line break behind an argument of {length} bytes")
            self._arguments.append(data[start:end])
            self._remaining -= 1
            position = after
        self._take([self._arguments], self._start + position, batch)
        return position

    def _read_number(self, data: bytes, position: int, kind: bytes, limit: int) -> tuple[int, int] | None:
        """The number of a header line and the position behind that; None if not all of the line is there yet."""
        end = data.find(CRLF, position, position + MAX_HEADER_BYTES)
        line = data[position : end if end >= 0 else position + MAX_HEADER_BYTES]
        if end >= 0 and line in USUAL_HEADERS[kind]:
            return USUAL_HEADERS[kind][line], end + len(CRLF)
        first = data[position : position + 1]
        if first and first != kind:
            raise Corrupt(self._start + position, f"expected '{kind.decode()}', got {ascii(first)[1:]}")
        if end < 0 and len(line) < MAX_HEADER_BYTES:
            self._wanted = 1
            return None
        digits = line[1:]
        if end < 0 or not digits.isdigit() or (digits.startswith(b"0") and digits != b"0") or int(digits) > limit:
            what = "number of arguments" if kind == b"*" else "length"
            raise Corrupt(self._start + position, f"invalid {what}")
        return int(digits), end + len(CRLF)

    def _skip_annotation(self, data: bytes, position: int) -> int:
        """The position behind a line that is no command."""
        after = data.find(b"\n", position, position + MAX_ANNOTATION_BYTES) + 1
        if not after:
            if len(data) - position >= MAX_ANNOTATION_BYTES:
                raise Corrupt(self._start + position, "an annotation without end")
            self._wanted = 1
            return position
        self._take([], self._start + after, [])
        return after


def next_command(file: BinaryIO, offset: int) -> int | None:
    """Where behind `offset`, at which a command begins, another one seems to begin; None if nowhere.

    A power cut leaves a piece of one command. If more commands follow, it was not torn: a damaged length makes it seem
    to reach beyond the end of the file. (A value may look like commands too; then somebody has to decide.)
    """
    file.seek(offset)
    seen = b""
    while more := file.read(CHUNK_BYTES):
        seen += more
        found = COMMAND_HEADER(seen)
        if found:
            return offset + found.start() + len(CRLF)
        border = max(len(seen) - 2 * MAX_HEADER_BYTES, 0)  # a header may stand there
        offset += border
        seen = seen[border:]
    return None
