"""The fast lane of loading: keys with a short name and a string that is short or a number, with or without a deadline.

Most keys of most files are such keys. One call of struct takes what stands in front of a name, the name, and the byte
behind it, for names of one length; they are often as long as the one before. Whatever is different, or not held to its
end, ends the run: rdb_reader.py reads it the long way and comes back.
Contract: a run advances the cursor over whole records; it raises Corrupt if a key is there already.
"""

from struct import Struct

from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.rdb_format import EXPIRETIME_MS, INT8, INT32, LENGTH_32, STRING

SHORT = 64  # a length below this is one byte, itself
LONGEST = 9 + 2 + 63 + 1 + 63  # bytes of a record of such lengths; longer values are looked at one by one

# By the length of a name: type and length, name, the byte behind it; and the same behind a deadline.
PLAIN = [Struct(f"<H{size}sB").unpack_from for size in range(SHORT)]
EXPIRING = [Struct(f"<BqH{size}sB").unpack_from for size in range(SHORT)]
TWICE = "a key that is there already, somewhere before this place"


def read_plain(cursor: Cursor, values: dict) -> int:
    """Keys without a deadline; how many."""
    data, at = cursor.data, cursor.at
    last = len(data) - LONGEST
    keys, before = 0, len(values)
    expected, unpack, width = STRING, PLAIN[0], 3
    while at < last:
        head, key, size = unpack(data, at)
        if head != expected:
            if data[at] != STRING or data[at + 1] >= SHORT:
                break
            name = data[at + 1]
            expected, unpack, width = name << 8, PLAIN[name], 3 + name
            _, key, size = unpack(data, at)
        start = at + width
        if size < SHORT:
            at = start + size
            values[key] = data[start:at]
        else:
            value, end = _other_value(data, start, size)
            if not end:
                break
            values[key] = value
            at = end
        keys += 1
    cursor.at = at
    if len(values) != before + keys:
        cursor.fail(TWICE)
    return keys


def read_expiring(cursor: Cursor, values: dict, expires: dict, now_ms: int) -> tuple[int, int]:
    """Keys with a deadline; how many, and how many others whose deadline was before `now_ms`, which are left out."""
    data, at = cursor.data, cursor.at
    last = len(data) - LONGEST
    keys, expired, before = 0, 0, len(values)
    expected, unpack, width = STRING, EXPIRING[0], 12
    while at < last:
        opcode, deadline, head, key, size = unpack(data, at)
        if opcode != EXPIRETIME_MS:
            break
        if head != expected:
            if data[at + 9] != STRING or data[at + 10] >= SHORT:
                break
            name = data[at + 10]
            expected, unpack, width = name << 8, EXPIRING[name], 12 + name
            _, _, _, key, size = unpack(data, at)
        start = at + width
        if size < SHORT:
            end = start + size
            value = data[start:end]
        else:
            value, end = _other_value(data, start, size)
            if not end:
                break
        at = end
        if deadline < now_ms:
            expired += 1
            continue
        values[key] = value
        expires[key] = deadline
        keys += 1
    cursor.at = at
    if len(values) != before + keys:
        cursor.fail(TWICE)
    return keys, expired


def _other_value(data: bytes, start: int, size: int) -> tuple[bytes, int]:
    """A number, or a string of up to 16 KB, and where it ends; 0 for others, and for what is not held to its end."""
    if size < LENGTH_32:
        end = start + 1 + ((size & 0x3F) << 8 | data[start])
        return data[start + 1 : end], end if end <= len(data) else 0
    if INT8 <= size <= INT32:
        end = start + (1 << size - INT8)
        return b"%d" % int.from_bytes(data[start:end], "little", signed=True), end
    return b"", 0
