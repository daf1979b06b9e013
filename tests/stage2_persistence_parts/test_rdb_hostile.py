"""Damaged and hostile RDB files: every one is loaded or refused with Corrupt, soon and in little memory."""

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.config import Config
from stage1_single_node.structures.list import List
from stage2_persistence.rdb_format import Corrupt
from tests.stage2_persistence_parts.old_files import FORMS, file_of
from tests.stage2_persistence_parts.rdb_files import (
    file,
    keyspace_of,
    length,
    load,
    reader_of,
    record,
    strings,
    written,
)
from tests.stage2_persistence_parts.values import hash_of, sorted_set_of

FILES_PER_SEED = 400
HUGE = [b"\x81" + b"\xff" * 8, b"\x81\x00\x00\x01" + bytes(5), b"\x80\xff\xff\xff\xff"]  # 2**64 - 1, 1 TB, 4 GB
LARGEST_PART = 4 << 20  # bytes of memory for a file of some KB: two chunks, and what the interpreter wants

STREAM = length(1) + strings(bytes(15) + b"\x01", b"\x09\0\0\0\x01\0\x01\x01\xff") + b"\x01\x01\x00\x01\x01\x00\x00\x01"
GROUP = (
    b"\x01" + strings(b"group") + bytes(3) + b"\x01" + bytes(24) + b"\x01" + b"\x01" + strings(b"consumer") + bytes(8)
)
SAMPLES = [
    file_of(10),
    file_of(2),
    file(10, record(19, b"stream", STREAM + GROUP + b"\x01" + bytes(16))),
    written(
        keyspace_of(
            {
                b"list": List([b"element %d" % n for n in range(2000)]),
                b"hash": hash_of({b"%d" % n: b"v" * (n % 90) for n in range(300)}),
                b"zset": sorted_set_of({b"%d" % n: n / 3 for n in range(200)}),
                **{b"key:%d" % n: b"value" * (n % 9) for n in range(300)},
            },
            {b"list": 1, **{b"key:%d" % n: 10**15 for n in range(0, 300, 3)}},
        ),
        functions=[b"#!lua name=x\n" + b"x = 1 " * 50],
    ),
]


def try_to_load(data: bytes) -> bool:
    """Was it loaded? Then every value is sound. Else the error says where and why; anything else fails the test."""
    reader = reader_of(data)
    try:
        for _ in reader.load():
            pass
    except Corrupt as error:
        assert 0 <= error.offset <= len(data)
        assert error.reason
        return False
    for database in reader._databases:
        for value in database.data.values():
            if not isinstance(value, bytes):
                value.check()  # type: ignore[attr-defined]
        assert set(database.expires) <= set(database.data)
    return True


def damaged(sample: bytes, dice: Random) -> bytes:
    """Bits flipped, bytes changed, taken out, put in, repeated, cut off; mostly with a checksum that says nothing."""
    data = bytearray(sample)
    for _ in range(dice.choice([1, 1, 2, 5, 20])):
        at = dice.randrange(len(data))
        match dice.randrange(6):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at] = dice.choice([*range(20), 0x3F, 0x40, 0x80, 0x81, *range(0xC0, 0xC5), *range(0xF4, 0x100)])
            case 2:
                del data[at : at + dice.randrange(1, 9)]
            case 3:
                data[at:at] = dice.choice([*HUGE, dice.randbytes(8)])
            case 4:
                data[at:at] = data[at : at + dice.randrange(100)]
            case _:
                data[at : at + 4] = dice.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])
    if dice.random() < 0.8:
        data[-8:] = bytes(8)
    return bytes(data[: dice.randrange(len(data))] if dice.random() < 0.2 else data)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_files_are_loaded_or_refused(seed):
    dice = Random(seed)
    loaded = sum(try_to_load(damaged(dice.choice(SAMPLES), dice)) for _ in range(FILES_PER_SEED))
    assert 0 < loaded < FILES_PER_SEED  # else nothing was damaged, or everything beyond sense


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_a_file_cut_off_anywhere_is_refused(sample):
    dice = Random(1)
    cuts = range(len(sample)) if len(sample) < 500 else sorted(dice.sample(range(len(sample)), 300))
    for cut in cuts:
        if sample[cut - 1 : cut] != b"\xff" or sample[:9] >= b"REDIS0005":  # before version 5 nothing follows the end
            assert not try_to_load(sample[:cut])


def test_a_flipped_bit_never_gets_past_the_checksum():
    sample, dice = SAMPLES[3], Random(2)
    for _ in range(300):
        data = bytearray(sample)
        data[dice.randrange(9, len(data))] ^= 1 << dice.randrange(8)
        assert not try_to_load(bytes(data)) or data[-8:] == bytes(8)


def test_a_wrong_checksum_is_told_with_both_numbers():
    data = bytearray(file(10, record(0, b"k", strings(b"v"))))
    data[-1] ^= 1
    with pytest.raises(Corrupt, match="wrong checksum: [0-9a-f]{16} is written, [0-9a-f]{16} is right at offset 15"):
        load(bytes(data))
    config = Config()
    config.rdbchecksum = False
    load(bytes(data), config)


def test_a_checksum_of_zero_means_unchecked():
    load(file(10, record(0, b"k", strings(b"v")), check=False))


@given(st.binary(max_size=100))
def test_any_bytes_behind_the_magic_are_survived(data):
    try_to_load(b"REDIS0010" + data)


@pytest.mark.parametrize("size", HUGE, ids=["2**64-1", "1 TB", "4 GB"])
@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in FORMS.values()} | {15, 19}))
def test_promised_lengths_take_no_memory(kind, size):
    """As the length of the key, as the count or length that the value begins with, and as a compressed one."""
    for part in [
        size,
        strings(b"k") + size,
        b"\xc3\x04" + size + b"abcd",
        strings(b"k") + b"\xc3\x04" + size + b"abcd",
    ]:
        tracemalloc.start()
        try:
            assert not try_to_load(file(10, bytes((kind,)) + part + bytes(200)))
            assert tracemalloc.get_traced_memory()[1] < LARGEST_PART
        finally:
            tracemalloc.stop()


def test_a_bomb_of_compressed_bytes_is_no_larger_than_its_bytes_can_make_it():
    bomb = b"\xe0\xff\x00" * 1000
    with pytest.raises(Corrupt, match="cannot be so long"):
        load(file(10, record(0, b"k", b"\xc3" + length(len(bomb)) + length(len(bomb) * 89 + 1) + bomb)))


TWICE = {
    "set": (2, length(2) + strings(b"a", b"a")),
    "set of integers": (2, length(2) + strings(b"1", b"1")),
    "hash": (4, length(2) + strings(b"a", b"1", b"a", b"2")),
    "hash of numbers": (13, strings(b"\x13\0\0\0\x10\0\0\0\x04\0\0\xf2\x02\xf2\x02\xf2\x02\xf2\xff")),
    "sorted set": (5, length(2) + (strings(b"a") + bytes(8)) * 2),
    "stream's node": (19, length(2) + strings(bytes(16), b"\x09\0\0\0\x01\0\x01\x01\xff") * 2 + bytes(9)),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_is_there_twice_is_refused(name):
    kind, body = TWICE[name]
    with pytest.raises(Corrupt, match="twice|own"):
        load(file(10, record(kind, b"k", body)))


@pytest.mark.parametrize("others", [0, 500])
@pytest.mark.parametrize("prefix", [b"", b"\xfc" + b"\x7f" * 8], ids=["plain", "expiring"])
def test_a_key_that_is_there_twice_is_refused(prefix, others):
    """Whether the fast lane reads it or the long way."""
    more = b"".join(prefix + record(0, b"key %d" % n, strings(b"v")) for n in range(others))
    twice = prefix + record(0, b"k", strings(b"v"))
    with pytest.raises(Corrupt, match="there already"):
        load(file(10, twice, more, twice, more[:0], record(0, b"last", strings(b"v"))))


@pytest.mark.parametrize("score", [b"\xfd", b"\x03nan", b"\x03abc", b"\x00", b"\x051e999"])
def test_scores_that_are_no_numbers_are_refused(score):
    with pytest.raises(Corrupt, match="no number"):
        load(file(10, record(3, b"k", length(1) + strings(b"a") + score)))


def test_a_binary_score_that_is_no_number_is_refused():
    with pytest.raises(Corrupt, match="no number"):
        load(file(10, record(5, b"k", length(1) + strings(b"a") + b"\0\0\0\0\0\0\xf8\x7f")))


def test_a_file_that_ends_before_its_size_is_refused():
    sample = SAMPLES[3]
    reader = reader_of(sample)
    reader._cursor._unread += 10**12  # as a file that was cut while it was loaded
    list(reader.load())
    cut = reader_of(sample[:-100])
    cut._cursor._unread += 10**12
    with pytest.raises(Corrupt, match="ends too early|are left"):
        list(cut.load())
