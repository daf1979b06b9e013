"""Reads an RDB file piece by piece: bytes, lengths, strings; no piece may be longer than what is left of the file.

About a megabyte of the file is held at a time. A hostile length is refused before memory is taken for it.
Contract: every method raises Corrupt, with the offset where the malformed thing begins.
"""

from io import BytesIO
from struct import Struct
from typing import BinaryIO, NoReturn

from stage2_persistence import lzf, rdb_format
from stage2_persistence.rdb_format import ENCODED, INT8, INT32, LENGTH_14, LENGTH_32, LENGTH_64, LZF, Corrupt

CHUNK = 1 << 20  # bytes read at a time
LONGEST_HEADER = 32  # more than the bytes of any length, opcode or number

DOUBLE = Struct("<d")


class Cursor:
    """A place in the file: byte `at` of `data`, the part of the file that is held now."""

    def __init__(self, file: BinaryIO, size: int, checked: bool = False):
        self.data = b""
        self.at = 0
        self.reads = 0  # how often more of the file was read
        self.checksum = 0  # of everything before `data`, if it is to be checked
        self._checked = checked
        self._file = file
        self._start = 0  # where `data` begins in the file
        self._unread = size  # bytes of the file behind `data`
        self._copied: list[bytes] | None = None  # what was read since `begin_copy` …
        self._copied_until = 0  # … up to this place of `data`

    @classmethod
    def over(cls, data: bytes) -> "Cursor":
        """For bytes that are in memory."""
        cursor = cls(BytesIO(), 0)
        cursor.data = data
        return cursor

    @property
    def offset(self) -> int:
        """The place in the file."""
        return self._start + self.at

    @property
    def left(self) -> int:
        """Bytes from here to the end of the file."""
        return len(self.data) - self.at + self._unread

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        raise Corrupt(self.offset if offset is None else offset, reason)

    def hold(self, wanted: int) -> None:
        """See to it that the next `wanted` bytes are in `data`. At the end of the file there may be fewer."""
        have = len(self.data) - self.at
        if have >= wanted or not self._unread:
            return
        if self._checked:
            self.checksum = self.checksum_here()
        if self._copied is not None:
            self._copied.append(self.data[self._copied_until : self.at])
            self._copied_until = 0
        pieces = [self.data[self.at :]]
        while have < wanted and self._unread:
            piece = self._file.read(min(max(CHUNK, wanted - have), self._unread))
            if not piece:  # the file is shorter than its size said
                self._unread = 0
                break
            pieces.append(piece)
            have += len(piece)
            self._unread -= len(piece)
        self.reads += 1
        self._start += self.at
        self.data = b"".join(pieces)
        self.at = 0

    def checksum_here(self) -> int:
        """The checksum of everything before this place."""
        return rdb_format.checksum(memoryview(self.data)[: self.at], self.checksum)

    # Copying what is read

    def begin_copy(self) -> None:
        """From here on, keep the bytes themselves."""
        self._copied = []
        self._copied_until = self.at

    def end_copy(self) -> bytes:
        """The bytes since `begin_copy`."""
        pieces = [*(self._copied or ()), self.data[self._copied_until : self.at]]
        self._copied = None
        return b"".join(pieces)

    # Pieces

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if end > len(self.data):
            if size > self.left:
                self.fail(f"{size} bytes are announced and {self.left} are left")
            self.hold(size)
            end = self.at + size
            if end > len(self.data):
                self.fail("the file ends too early")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def byte(self) -> int:
        """The next byte."""
        if self.at == len(self.data):
            self.hold(LONGEST_HEADER)
            if self.at == len(self.data):
                self.fail("the file ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def length(self) -> int:
        """A length, which may be any number of 64 bits."""
        first = self.byte()
        if first < LENGTH_14:
            return first
        if first < LENGTH_32:
            return (first & 0x3F) << 8 | self.byte()
        if first == LENGTH_32:
            return int.from_bytes(self.take(4), "big")
        if first == LENGTH_64:
            return int.from_bytes(self.take(8), "big")
        self.at -= 1
        self.fail("an unknown form of a length")

    def count(self, least_bytes: int = 1) -> int:
        """How many elements follow, each of which takes at least so many bytes: the file must have them."""
        start = self.offset
        count = self.length()
        if count * least_bytes > self.left:
            self.fail(f"{count} elements are announced and {self.left} bytes are left", start)
        return count

    def string(self) -> bytes:
        """A string in any form."""
        at = self.at
        data = self.data
        if at + 64 < len(data):  # the usual case, by itself: a short string that is held
            first = data[at]
            if first < LENGTH_14:
                self.at = end = at + 1 + first
                return data[at + 1 : end]
        first = self.byte()
        if first < ENCODED:
            self.at -= 1
            return self.take(self.length())
        if first <= INT32:
            return b"%d" % int.from_bytes(self.take(1 << first - INT8), "little", signed=True)
        self.at -= 1
        if first == LZF:
            return self._compressed()
        self.fail("an unknown form of a string")

    def _compressed(self) -> bytes:
        start = self.offset
        self.at += 1
        compressed_size, size = self.length(), self.length()
        compressed = self.take(compressed_size)
        try:
            return lzf.decompress(compressed, size)
        except ValueError as error:
            self.fail(str(error), start)

    def strings(self, count: int) -> list[bytes]:
        """So many strings."""
        string = self.string
        return [string() for _ in range(count)]

    def double(self) -> float:
        """A number of 8 bytes."""
        value: float = DOUBLE.unpack(self.take(8))[0]
        return value

    def deadline(self) -> int:
        """Milliseconds since 1970, 8 bytes."""
        return int.from_bytes(self.take(8), "little", signed=True)
