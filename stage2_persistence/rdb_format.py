"""The alphabet of RDB files, Redis's snapshots: opcodes, types of values, lengths, the checksum.

    REDIS0010                                     magic and version, 4 digits
    FA key value                                  AUX, facts about the file: redis-ver, ctime …
    F5 source                                     FUNCTION2, a library of functions
    FE database  FB keys expiring                 SELECTDB, RESIZEDB
    [FC deadline] [F8 idle | F9 freq] type key value          a key, as often as there are keys
    FF checksum                                   EOF, CRC64 of everything before it, 8 bytes little-endian

Lengths, counts and strings begin with a byte that says in its two highest bits what follows. Contract: pure constants
and functions; `Corrupt` is the one error for every malformed file. Source: Redis 7.0's rdb.h and rdb.c.
"""

import anycrc

MAGIC = b"REDIS"
VERSION = 10  # RDB_VERSION of Redis 7.0: what we write, and the newest that we read

# Opcodes, in the place of a type byte
FUNCTION2, FUNCTION_PRE_GA, MODULE_AUX, IDLE, FREQ, AUX = 245, 246, 247, 248, 249, 250
RESIZEDB, EXPIRETIME_MS, EXPIRETIME, SELECTDB, EOF = 251, 252, 253, 254, 255

# Types of values, and the version of Redis that wrote it first where it is not the first of all
STRING, LIST, SET, ZSET, HASH = range(5)
ZSET_2 = 5  # 4.0: scores in binary
MODULE, MODULE_2 = 6, 7
HASH_ZIPMAP, LIST_ZIPLIST, SET_INTSET, ZSET_ZIPLIST, HASH_ZIPLIST = range(9, 14)  # 2.2 to 2.6
LIST_QUICKLIST = 14  # 3.2
STREAM_LISTPACKS = 15  # 5.0
HASH_LISTPACK, ZSET_LISTPACK, LIST_QUICKLIST_2, STREAM_LISTPACKS_2 = range(16, 20)  # 7.0

# Containers of a quicklist's nodes
PLAIN, PACKED = 1, 2

# What the first byte of a length says
LENGTH_14 = 0x40  # with the two highest bits masked: 14 bits, the rest in the next byte
LENGTH_32 = 0x80
LENGTH_64 = 0x81
ENCODED = 0xC0  # no length: a string in another form, which the lower bits name
INT8, INT16, INT32, LZF = range(ENCODED, ENCODED + 4)

MAX_LENGTH = 2**64 - 1

_crc64 = anycrc.Model("CRC64-REDIS")  # the polynomial of Jones, reflected, started from 0


class Corrupt(Exception):
    """A file that is not what it should be, from byte `offset` on."""

    def __init__(self, offset: int, reason: str):
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason} at offset {self.offset}"


def checksum(data, previous: int = 0) -> int:
    """CRC64 of `data` behind something whose checksum is `previous`."""
    return _crc64.calc(data, previous)


def length_code(length: int) -> bytes:
    """A length or count: 6, 14, 32 or 64 bits, big-endian."""
    if length < 1 << 6:
        return length.to_bytes(1, "big")
    if length < 1 << 14:
        return (LENGTH_14 << 8 | length).to_bytes(2, "big")
    if length < 1 << 32:
        return (LENGTH_32 << 32 | length).to_bytes(5, "big")
    return (LENGTH_64 << 64 | length).to_bytes(9, "big")
