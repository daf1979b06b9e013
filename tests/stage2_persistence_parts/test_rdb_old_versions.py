"""Files of RDB versions 1 to 10, and each form of a value that they had."""

import pytest

from stage2_persistence.packed import listpack
from stage2_persistence.rdb_format import Corrupt
from tests.stage2_persistence_parts.old_files import (
    FORMS,
    INTEGERS,
    LONG,
    LONGER,
    MANY,
    MILLISECONDS,
    SECONDS,
    file_of,
)
from tests.stage2_persistence_parts.rdb_files import file, length, load, plain, reader_of, record, strings, ziplist

PAIRS = {word: word for word in MANY}
EXPECTED: dict[str, tuple] = {
    "string": ("bytes", b"word"),
    "empty string": ("bytes", b""),
    "small integer": ("bytes", b"-123"),
    "middle integer": ("bytes", b"-32768"),
    "large integer": ("bytes", b"2147483647"),
    "compressed string": ("bytes", b"a" * 200),
    "length of 32 bits": ("bytes", b"word"),
    "list": ("List", [b"a", b"12", LONG]),
    "set": ("Set", "hashtable", {b"a", b"12", LONG}),
    "set of integers": ("Set", "intset", {b"3", b"-12", b"70000"}),
    "large set": ("Set", "hashtable", set(MANY)),
    "hash": ("Hash", "listpack", {b"a": b"1", b"b": b"2"}),
    "hash with a long value": ("Hash", "hashtable", {b"a": b"1", b"b": LONG}),
    "large hash": ("Hash", "listpack", dict(zip(MANY[::2], MANY[1::2]))),
    "huge hash": ("Hash", "hashtable", PAIRS),
    "zipmap": ("Hash", "listpack", {b"field": b"value", b"1": LONG[:60]}),
    "zipmap with a long value": ("Hash", "hashtable", {b"field": LONG * 3}),
    "list as a ziplist": ("List", [b"a", *[b"%d" % n for n in INTEGERS], LONG, LONG * 3, LONGER, b"behind"]),
    "intset": ("Set", "intset", {b"-5", b"0", b"7"}),
    "wide intset": ("Set", "intset", {b"-5", b"%d" % 2**40}),
    "large intset": ("Set", "hashtable", {b"%d" % n for n in range(600)}),
    "sorted set as a ziplist": (
        "SortedSet",
        "listpack",
        [(-7.0, b"a"), (1.5, b"b"), (3.0, b"c"), (float("inf"), b"d")],
    ),
    "hash as a ziplist": ("Hash", "listpack", {b"a": b"1", b"b": LONG, b"3": b"c"}),
    "large hash as a ziplist": ("Hash", "hashtable", PAIRS),
    "quicklist": ("List", [b"a", b"5", LONGER, *[b"%d" % n for n in INTEGERS]]),
    "sorted set in binary": ("SortedSet", "listpack", [(-2.0, b"b"), (1.5, b"a")]),
    "hash as a listpack": ("Hash", "listpack", {b"a": b"1", b"b": LONG}),
    "sorted set as a listpack": ("SortedSet", "listpack", [(1.0, b"a"), (1.5, b"b"), (float("inf"), b"c")]),
    "quicklist of listpacks": ("List", [*MANY, LONG]),
}


@pytest.mark.parametrize("name", [name for name in FORMS if name != "sorted set"])
def test_each_form_is_read(name):
    kind, body, since = FORMS[name]
    keyspace = load(file(since, b"\xfe\x00", record(kind, b"k", body)))
    assert plain(keyspace.databases[0].data[b"k"]) == EXPECTED[name]


def test_scores_are_read_from_texts():
    kind, body, since = FORMS["sorted set"]
    zset = load(file(since, record(kind, b"k", body))).databases[0].data[b"k"]
    members = [b"minus infinity", b"half", b"third", b"one", b"large", b"infinity"]
    assert list(zset) == members  # type: ignore[call-overload]
    assert [zset[member] for member in members[1:5]] == [-0.5, 1 / 3, 1.0, 1.7976931348623157e308]  # type: ignore


@pytest.mark.parametrize("version", range(1, 11))
def test_a_file_of_each_version_is_read_to_its_end(version):
    data = file_of(version)
    reader = reader_of(data + b"*1\r\n")
    list(reader.load())
    assert reader.offset == len(data)
    database = reader._databases[0]
    assert set(database.data) >= {name.encode() for name, (_, _, since) in FORMS.items() if since <= version}
    assert database.expires[b"ends by the second"] == SECONDS * 1000
    assert database.expires.get(b"ends by the millisecond") == (MILLISECONDS if version >= 3 else None)
    assert reader._databases[5].data == {b"in another database": b"x"}
    assert (b"unheard-of" in reader.aux) == (version >= 7)


@pytest.mark.parametrize("version", [b"0000", b"0011", b"9999", b"00a0", b"-001", b"    "])
def test_other_versions_are_refused(version):
    with pytest.raises(Corrupt, match="version|signature"):
        load(b"REDIS" + version + b"\xff" + bytes(8))


@pytest.mark.parametrize("kind, body", [*[(kind, b"\x00") for kind in (1, 2, 3, 4, 5)], (10, strings(ziplist([])))])
def test_keys_of_empty_collections_are_left_out_as_redis_leaves_them_out(kind, body):
    reader = reader_of(file(10, record(kind, b"empty", body), record(0, b"k", strings(b"v"))))
    list(reader.load())
    assert reader._databases[0].data == {b"k": b"v"}
    assert (reader.keys_loaded, reader.empty_keys) == (1, 1)


@pytest.mark.parametrize(
    "part, why",
    [
        (b"\xf6" + strings(b"name", b"LUA") + b"\x00" + strings(b"source"), "release candidate"),
        (b"\xf7\x81" + bytes.fromhex("17c2d3f8e0a1b401"), "module"),
        (record(7, b"k", b"\x81" + bytes.fromhex("17c2d3f8e0a1b401")), "module type '.{9}'"),
        (record(6, b"k", b"\x05"), "module type 'AAAAAAAAA'"),
        (record(20, b"k", strings(b"x")), "unknown type of value, 20"),
        (b"\xfe\x10" + record(0, b"k", strings(b"x")), "database 16"),
    ],
)
def test_what_we_cannot_hold_is_refused_by_name(part, why):
    with pytest.raises(Corrupt, match=why) as raised:
        load(file(10, part))
    assert raised.value.offset in (9, 12)  # the record, or the value behind its key
    assert str(raised.value).endswith(f"at offset {raised.value.offset}")


def test_both_forms_of_streams_are_kept_byte_for_byte():
    node = strings(bytes(15) + b"\x01", listpack.encode([b"1"]))
    first = length(1) + node + b"\x01\x01\x00" + b"\x01" + strings(b"group") + b"\x00\x00\x00\x00"
    second = length(1) + node + b"\x01\x01\x00\x01\x01\x00\x00\x01" + b"\x00"
    keyspace = load(file(9, record(15, b"first", first), record(19, b"second", second), record(0, b"k", strings(b"v"))))
    data = keyspace.databases[0].data
    assert plain(data[b"first"]) == ("Opaque", "stream", 15, first)
    assert plain(data[b"second"]) == ("Opaque", "stream", 19, second)
    assert data[b"k"] == b"v"
