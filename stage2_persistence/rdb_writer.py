"""Writes a whole keyspace as an RDB file, in chunks, as a child process does it that wants to hold little memory.

Contract: the databases must not change meanwhile; in a forked child they cannot. What `write` raises passes through.
Source: rdbSaveRio in Redis 7.0's rdb.c.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Literal

from stage1_single_node.eviction import frequency, idle_seconds
from stage2_persistence import rdb_format
from stage2_persistence.rdb_format import length_code
from stage2_persistence.value_writer import LARGE, LENGTHS, Style, string, value_pieces

CHUNK = 1 << 20  # bytes handed out at a time
DEADLINE = Struct("<Bq")
NINE = ord("9")  # what begins with a higher byte is no number

Access = Literal["idle", "freq"] | None
# What stands before the key of a string, if the key is no integer and too short to be compressed.
HEADS = [bytes((rdb_format.STRING,)) + length_code(size) for size in range(21)]


def write_rdb(
    write: Callable[[bytes], object],
    databases: Iterable[Any],
    *,
    aux: Iterable[tuple[bytes, bytes]] = (),
    functions: Iterable[bytes] = (),
    compression: bool = True,
    checksum: bool = True,
    list_max_listpack_size: int = -2,
    access: Access = None,
    decay_minutes: int = 1,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Hand the file to `write` in chunks of about a megabyte; how many keys it holds.

    `access` says whether idle times or LFU's counters are written too, as Redis does under the eviction policies that
    need them; `decay_minutes` is lfu-decay-time. `progress` hears at every chunk how many keys have gone.
    """
    style = Style(compression, list_max_listpack_size)
    chunks = Chunks(write, checksum, progress)
    buffer = chunks.buffer
    buffer += b"%b%04d" % (rdb_format.MAGIC, rdb_format.VERSION)
    for name, content in aux:
        buffer += b"%c%b%b" % (rdb_format.AUX, string(name, compression), string(content, compression))
    for source in functions:
        buffer += b"%c%b" % (rdb_format.FUNCTION2, string(source, compression))
    for database in databases:
        if database.data:
            keys, expiring = length_code(len(database.data)), length_code(len(database.expires))
            buffer += b"%c%b" % (rdb_format.SELECTDB, length_code(database.index))
            buffer += b"%c%b%b" % (rdb_format.RESIZEDB, keys, expiring)
            _write_keys(chunks, database, style, _attributes(database, access, decay_minutes))
    buffer.append(rdb_format.EOF)
    chunks.end()
    return chunks.keys


class Chunks:
    """Gathers what is written, hands it on a megabyte at a time, and counts."""

    def __init__(self, write: Callable[[bytes], object], with_checksum: bool, progress: Callable[[int], object] | None):
        self.buffer = bytearray()
        self.keys = 0
        self._write = write
        self._with_checksum = with_checksum
        self._checksum = 0  # which in the file means: not checked
        self._progress = progress

    def add(self, piece: bytes) -> None:
        """Behind what is gathered; what is a chunk by itself is not copied."""
        if len(piece) < CHUNK:
            self.buffer += piece
        else:
            self.flush()
            self._hand_out(piece)
        if len(self.buffer) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Hand out what is gathered."""
        if self.buffer:
            data = bytes(self.buffer)
            self.buffer.clear()
            self._hand_out(data)

    def _hand_out(self, data: bytes) -> None:
        if self._with_checksum:
            self._checksum = rdb_format.checksum(data, self._checksum)
        self._write(data)
        if self._progress:
            self._progress(self.keys)

    def end(self) -> None:
        """Hand out the rest, and the checksum behind it."""
        self.flush()
        self._write(self._checksum.to_bytes(8, "little"))


def _attributes(database, access: Access, decay_minutes: int) -> Callable[[bytes], bytes] | None:
    """What is written in front of a key that has a deadline or whose use is noted; None if no key needs it."""
    expires, accessed = database.expires, database.accessed
    second = database.keyspace.second if access else 0  # the LRU clock

    def attributes(key: bytes) -> bytes:
        prefix = b""
        if key in expires:
            prefix = DEADLINE.pack(rdb_format.EXPIRETIME_MS, expires[key])
        if access == "idle":
            prefix += b"%c%b" % (rdb_format.IDLE, length_code(idle_seconds(accessed.get(key), second)))
        elif access == "freq":
            prefix += bytes((rdb_format.FREQ, frequency(accessed.get(key), second, decay_minutes)))
        return prefix

    return attributes if expires or access else None


def _write_keys(chunks: Chunks, database, style: Style, attributes: Callable[[bytes], bytes] | None) -> None:
    """The keys of a database. What most keys are, short and with a short string, is written without a further call."""
    buffer, compression = chunks.buffer, style.compression
    before = chunks.keys
    for number, (key, value) in enumerate(database.data.items(), 1):
        if attributes:
            buffer += attributes(key)
        if type(value) is bytes and len(value) < LARGE:
            size = len(key)
            if size <= 20 and (size > 11 or (size and key[0] > NINE)):  # no number, and nothing to be compressed
                head = HEADS[size] + key
            else:
                head = b"\0" + string(key, compression)
            size = len(value)
            if size <= 20 and (size > 11 or (size and value[0] > NINE)):
                buffer += head + LENGTHS[size] + value
            else:
                buffer += head + string(value, compression)
        else:
            type_byte, pieces = value_pieces(value, style)
            buffer.append(type_byte)
            buffer += string(key, compression)
            for piece in pieces:
                chunks.add(piece)
        if len(buffer) >= CHUNK:
            chunks.keys = before + number
            chunks.flush()
    chunks.keys = before + len(database.data)
