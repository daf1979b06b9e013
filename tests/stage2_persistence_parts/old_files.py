"""Files as older versions of Redis wrote them: one for each version of the format, and each form of a value by name.

Put together by hand from the layouts in the sources of Redis; the real server, which reads them all, says whether they
are right (tests/interoperability/test_stage2_rdb.py).
"""

from struct import pack

from stage2_persistence.packed import listpack
from tests.stage2_persistence_parts.rdb_files import file, intset, length, record, strings, ziplist, zipmap

LONG = b"x" * 100
LONGER = b"y" * 20_000
INTEGERS = [0, 12, 13, -1, 127, -128, 300, -300, 40_000, 70_000, -(2**23), 2**30, -(2**40), 2**63 - 1, -(2**63)]
SECONDS = 2_147_000_000  # in 2038, near the end of 32 bits
MILLISECONDS = 4_102_444_800_123  # in 2100

TEXT_SCORES = b"".join(
    strings(member) + score
    for member, score in [
        (b"minus infinity", b"\xff"),
        (b"half", b"\x03-.5"),
        (b"one", b"\x011"),
        (b"third", b"\x160.33333333333333331483"),
        (b"large", b"\x171.7976931348623157e+308"),
        (b"infinity", b"\xfe"),
    ]
)
MANY = [b"element %d" % number for number in range(600)]  # more than a packed collection may have

# Name: the type byte, the body, and the version that wrote it first.
FORMS: dict[str, tuple[int, bytes, int]] = {
    "string": (0, strings(b"word"), 1),
    "empty string": (0, strings(b""), 1),
    "small integer": (0, b"\xc0\x85", 1),
    "middle integer": (0, b"\xc1\x00\x80", 1),
    "large integer": (0, b"\xc2\xff\xff\xff\x7f", 1),
    "compressed string": (0, b"\xc3\x0a\x40\xc8\x01aa\xe0\xba\x00\x02aaa", 1),
    "length of 32 bits": (0, b"\x80\x00\x00\x00\x04word", 1),
    "list": (1, length(3) + strings(b"a", b"12", LONG), 1),
    "set": (2, length(3) + strings(b"a", b"12", LONG), 1),
    "set of integers": (2, length(3) + strings(b"3", b"-12", b"70000"), 1),
    "large set": (2, length(len(MANY)) + strings(*MANY), 1),
    "sorted set": (3, length(6) + TEXT_SCORES, 1),
    "hash": (4, length(2) + strings(b"a", b"1", b"b", b"2"), 1),
    "hash with a long value": (4, length(2) + strings(b"a", b"1", b"b", LONG), 1),
    "large hash": (4, length(300) + strings(*MANY), 1),
    "huge hash": (4, length(600) + strings(*[word for word in MANY for _ in range(2)]), 1),
    "zipmap": (9, strings(zipmap({b"field": b"value", b"1": LONG[:60]}, unused=3)), 2),
    "zipmap with a long value": (9, strings(zipmap({b"field": LONG * 3})), 2),
    "list as a ziplist": (10, strings(ziplist([b"a", *INTEGERS, LONG, LONG * 3, LONGER, b"behind"])), 2),
    "intset": (11, strings(intset([-5, 0, 7])), 2),
    "wide intset": (11, strings(intset([-5, 2**40], 8)), 2),
    "large intset": (11, strings(intset(range(600))), 2),
    "sorted set as a ziplist": (12, strings(ziplist([b"a", -7, b"b", b"1.5", b"c", 3, b"d", b"inf"])), 2),
    "hash as a ziplist": (13, strings(ziplist([b"a", 1, b"b", LONG, b"3", b"c"])), 4),
    "large hash as a ziplist": (13, strings(ziplist([word for word in MANY for _ in range(2)])), 4),
    "quicklist": (14, length(3) + strings(ziplist([b"a", 5]), ziplist([LONGER]), ziplist(INTEGERS)), 7),
    "sorted set in binary": (5, length(2) + strings(b"a") + pack("<d", 1.5) + strings(b"b") + pack("<d", -2), 8),
    "hash as a listpack": (16, strings(listpack.encode([b"a", b"1", b"b", LONG])), 10),
    "sorted set as a listpack": (17, strings(listpack.encode([b"a", b"1", b"b", b"1.5", b"c", b"inf"])), 10),
    "quicklist of listpacks": (18, length(2) + b"\x02" + strings(listpack.encode(MANY)) + b"\x01" + strings(LONG), 10),
}


def file_of(version: int) -> bytes:
    """A file of this version with every form that it knew, and with what it could say of a key and of itself."""
    records = []
    if version >= 7:
        records += [b"\xfa" + strings(b"redis-ver", b"%d" % version), b"\xfa" + strings(b"unheard-of", b"1")]
    records.append(b"\xfe\x00")
    if version >= 7:
        records.append(b"\xfb" + length(len(FORMS)) + length(2))
    records += [record(kind, name.encode(), body) for name, (kind, body, since) in FORMS.items() if since <= version]
    records.append(b"\xfd" + pack("<i", SECONDS) + record(0, b"ends by the second", strings(b"x")))
    if version >= 3:
        records.append(b"\xfc" + pack("<q", MILLISECONDS) + record(0, b"ends by the millisecond", strings(b"x")))
    if version >= 9:
        records.append(b"\xf8" + length(1000) + record(0, b"idle", strings(b"x")))
        records.append(b"\xf9\x07" + record(0, b"in use", strings(b"x")))
    records.append(b"\xfe\x05" + record(0, b"in another database", strings(b"x")))
    return file(version, *records)
