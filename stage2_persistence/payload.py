"""What DUMP gives and RESTORE takes: one value as in an RDB file, with a footer that says whether it can be trusted.

    type (1)  body  RDB version (2)  CRC64 of all before (8)          numbers are little-endian

A client may send anything: the checksum only finds accidents, for whoever wants to deceive can compute it, too. So the
body is looked at as closely as a file. Source: createDumpPayload and verifyDumpPayload in Redis 7.0's cluster.c.
"""

from stage2_persistence.rdb_format import VERSION, Corrupt, checksum
from stage2_persistence.rdb_reader import read_value
from stage2_persistence.value_writer import USUAL, Style, dump_value

FOOTER = 10  # bytes


class BadPayload(ValueError):
    """The footer: another version than ours or those before, or a wrong checksum."""


def dump(value, limits=None) -> bytes:
    """The payload of a value; `limits` is the Config, which says how values are written (None: as Redis's default)."""
    style = Style(limits.rdbcompression, limits.list_max_listpack_size) if limits else USUAL
    data = dump_value(value, style) + VERSION.to_bytes(2, "little")
    return data + checksum(data).to_bytes(8, "little")


def restore(payload: bytes, limits):
    """The value. Raises BadPayload for a bad footer, ValueError for a bad body."""
    if len(payload) < FOOTER:
        raise BadPayload("a payload shorter than its footer")
    version = int.from_bytes(payload[-10:-8], "little")
    found = int.from_bytes(payload[-8:], "little")
    if version > VERSION or (found and found != checksum(payload[:-8])):
        raise BadPayload("the payload's version or checksum is wrong")
    try:
        return read_value(payload[:-FOOTER], limits)
    except Corrupt as error:
        raise ValueError(str(error)) from None
