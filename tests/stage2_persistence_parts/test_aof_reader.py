"""The reader of append-only files: whole files, cut ones, damaged ones. It must never be wrong about an offset."""

import io
import random
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stage1_single_node.resp import encode
from stage2_persistence import aof_reader
from stage2_persistence.aof_reader import CHUNK_BYTES, CommandReader, Truncated, next_command
from stage2_persistence.encoding import encode_commands
from stage2_persistence.rdb_format import Corrupt

# What misleads those who look for the next command, or for line ends, without counting.
NASTY = [b"", b"\r\n", b"\r\n*1\r\n$4\r\nPING\r\n", b"\r\n#x\n", b"\r", b"\n", b"*9999", b"~1", b"=7", b"=7\r\ntxt:abc"]
VALUES = st.one_of(st.binary(max_size=20), st.sampled_from(NASTY))
COMMANDS = st.lists(VALUES, max_size=5).map(lambda words: [b"SET", *words])
TRANSACTIONS = st.lists(COMMANDS, max_size=3).map(lambda commands: [[b"MULTI"], *commands, [b"exec"]])
FILES = st.lists(st.one_of(COMMANDS.map(lambda command: [command]), TRANSACTIONS), max_size=8)
CHUNKS = st.integers(1, 100)


def read(data: bytes, chunk: int = aof_reader.CHUNK_BYTES, start: int = 0):
    """All that the reader gives, the reader, and the damage if there was any."""
    file = io.BytesIO(data)
    file.seek(start)
    reader = CommandReader(file, start, len(data))
    commands: list[list[bytes]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aof_reader, "CHUNK_BYTES", chunk)
        try:
            for batch in reader:
                commands += batch
                assert reader.offset <= len(data)
        except Corrupt as damage:
            return commands, reader, damage
    return commands, reader, None


def read_carefully(data: bytes):
    """The same without the fast way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aof_reader, "clean_commands", lambda data: None)
        return read(data)


def borders(groups) -> list[int]:
    """Where a file may end and is whole."""
    ends = [0]
    for group in groups:
        ends.append(ends[-1] + len(wire(group)))
    return ends


def wire(commands) -> bytes:
    return b"".join(map(encode, commands))


def flat(groups):
    return [command for group in groups for command in group]


@settings(deadline=None)
@given(FILES, CHUNKS)
def test_what_was_written_is_what_is_read(groups, chunk):
    data = wire(flat(groups))
    commands, reader, damage = read(data, chunk)
    assert (commands, damage) == (flat(groups), None)
    assert reader.offset == reader.whole_until == len(data)


@settings(max_examples=300, deadline=None)  # a busy machine is no failure
@given(FILES.filter(bool), st.randoms(use_true_random=False), CHUNKS)
def test_a_file_that_was_cut_anywhere_gives_the_whole_prefix_and_its_end(groups, dice, chunk):
    data = wire(flat(groups))
    cut = dice.randrange(len(data) + 1)

    commands, reader, damage = read(data[:cut], chunk)

    whole = max(end for end in borders(groups) if end <= cut)
    assert reader.whole_until == whole
    assert commands == flat(groups)[: len(commands)]
    assert len(wire(commands)) == reader.offset <= cut
    if cut == whole:
        assert damage is None
    else:
        assert isinstance(damage, Truncated) and damage.offset == whole


@settings(max_examples=400, deadline=None)
@given(FILES.filter(bool), st.randoms(use_true_random=False), CHUNKS)
def test_flipped_bits_raise_nothing_but_corrupt_and_nothing_in_front_of_them_is_lost(groups, dice, chunk):
    whole = wire(flat(groups))
    data = bytearray(whole)
    at = dice.randrange(len(data))
    data[at] ^= 1 << dice.randrange(8)
    data = bytes(data)

    commands, reader, damage = read(data, chunk)

    assert reader.whole_until >= max(end for end in borders(groups) if end <= at)
    assert damage is not None or reader.whole_until == len(data)
    if b"#" not in data:
        assert wire(commands) == data[: reader.offset]
    assert_same(read_carefully(data), (commands, reader, damage))


# What streams are made of, whole and broken, and what hiredis would take for a list of strings.
PIECES = st.sampled_from(
    [b"*1\r\n$4\r\nPING\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"*1\r\n$5\r\nMULTI\r\n", b"*1\r\n$4\r\nEXEC\r\n"]
    + [b"*1\r\n", b"*2\r\n", b"*3\r\n", b"*0\r\n", b"*-1\r\n", b"*02\r\n", b"*x\r\n", b"*1000000000\r\n", b"*999\r\n"]
    + [b"$3\r\nfoo\r\n", b"$3\r\nfooXX", b"$3\r\nfo\r\n\n", b"$0\r\n\r\n", b"$6\r\n\r\n*1\r\n\r\n", b"$20000\r\n"]
    + [
        b"$-1\r\n",
        b"$03\r\nfoo\r\n",
        b"$9999999999\r\n",
        b"$x\r\n",
        b"$" + b"9" * 40,
        b"*",
        b"$",
        b"\r",
        b"\n",
        b"x",
        b"\x00\xff",
    ]
    + [b":1\r\n", b"+ok\r\n", b"-ERR\r\n", b"-\xff\r\n", b"_\r\n", b"#t\r\n", b",1.5\r\n", b"(1\r\n", b"!3\r\nERR\r\n"]
    + [b"=7\r\ntxt:foo\r\n", b"=7\r\n\r\nx:foo\r\n", b"~1\r\n", b"%1\r\n", b"|1\r\n", b">1\r\n", b"*?\r\n", b"$?\r\n"]
    + [b"#TS:1\r\n", b"#" * 1022 + b"\n", b"#" * 1023 + b"\n", b"PING\r\n", b"\r\n"]
)
STREAMS = st.one_of(st.lists(PIECES, max_size=8).map(b"".join), st.binary(max_size=60))


@settings(max_examples=800, deadline=None)
@given(STREAMS, CHUNKS)
@example(b"*1\r\n=7\r\n\r\nx:foo\r\n*1\r\n$1\r\naXX", 100)
@example(b"*2\r\n+ok\r\n=7\r\n\r\nx:foo\r\n", 100)
@example(b"*1\r\n$2\r\na\r\nX", 100)
def test_the_fast_way_and_the_careful_one_agree_on_any_bytes(data, chunk):
    careful = read_carefully(data)
    assert_same(careful, read(data))
    assert_same(careful, read(data, chunk))


def assert_same(left, right):
    """The same commands, offsets and damage."""
    assert left[0] == right[0]
    assert (left[1].offset, left[1].whole_until) == (right[1].offset, right[1].whole_until)
    assert (type(left[2]), str(left[2])) == (type(right[2]), str(right[2]))


def test_annotations_are_skipped_and_count_as_whole():
    data = b"#TS:1\r\n*1\r\n$4\r\nPING\r\n#TS:2\r\n*1\r\n$4\r\nPING\r\n#TS:3\r\n"
    commands, reader, damage = read(data)
    assert (commands, damage) == ([[b"PING"], [b"PING"]], None)
    assert reader.whole_until == len(data)


def test_an_annotation_that_is_cut_off_is_a_torn_tail():
    data = b"*1\r\n$4\r\nPING\r\n#TS:16"  # Redis would keep it, and swallow the next command's first line with it
    commands, reader, damage = read(data)
    assert commands == [[b"PING"]]
    assert isinstance(damage, Truncated) and damage.offset == reader.whole_until == 14


def test_reading_begins_where_it_is_told_and_offsets_count_from_the_start_of_the_file():
    preamble = b"REDIS0010 and so on"
    commands, reader, damage = read(preamble + b"*1\r\n$4\r\nPING\r\n*1\r\n", start=len(preamble))
    assert commands == [[b"PING"]]
    assert (reader.offset, damage.offset) == (len(preamble) + 14, len(preamble) + 14)


@pytest.mark.parametrize(
    "tail, offset, reason",
    [
        (b"PING\r\n", 0, "expected '*', got 'P'"),
        (b"\x00\x00\x00", 0, "expected '*', got '\\x00'"),
        (b"*x\r\n", 0, "invalid number of arguments"),
        (b"*0\r\n", 0, "a command without a name"),
        (b"*2147483648\r\n", 0, "invalid number of arguments"),
        (b"*1\r\n:1\r\n", 4, "expected '$', got ':'"),
        (b"*1\r\n$-1\r\n", 4, "invalid length"),
        (b"*1\r\n$01\r\nx\r\n", 4, "invalid length"),
        (b"*1\r\n$536870913\r\nPI", 4, "536870913 bytes are announced and 2 are left"),
        (b"*1\r\n$9223372036854775808\r\n", 4, "invalid length"),
        (b"*1\r\n$" + b"1" * 30, 4, "invalid length"),
        (b"*1\r\n$3\r\nfoo\nx", 11, "expected a line break behind an argument of 3 bytes"),
        (b"*1\r\n$4\r\nEXEC\r\n", 0, "EXEC without MULTI"),
        (b"#" * 2000, 0, "an annotation without end"),
    ],
)
def test_damage_is_told_with_its_offset_and_reason(tail, offset, reason):
    before = b"*1\r\n$4\r\nPING\r\n"
    commands, reader, damage = read(before + tail)
    assert commands == [[b"PING"]]
    assert not isinstance(damage, Truncated)
    assert (damage.offset, damage.reason) == (len(before) + offset, reason)
    assert reader.whole_until == len(before)


def test_a_transaction_inside_a_transaction_is_damage_and_the_outer_one_is_not_kept():
    data = b"*1\r\n$4\r\nPING\r\n" + b"*1\r\n$5\r\nMULTI\r\n" * 2
    commands, reader, damage = read(data)
    assert (damage.reason, damage.offset) == ("MULTI inside a transaction", 29)
    assert (commands, reader.whole_until) == ([[b"PING"], [b"MULTI"]], 14)


HOSTILE = [b"*2147483647\r\n", b"*1\r\n$536870912\r\n", b"*999999\r\n" * 50, b"*999\r\n" * 100_000]


@pytest.mark.parametrize("hostile", HOSTILE, ids=["count", "length", "nested", "deeply nested"])
def test_hostile_numbers_reserve_no_memory_to_speak_of(hostile):
    tracemalloc.start()
    _, _, damage = read(b"*1\r\n$4\r\nPING\r\n" + hostile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert damage is not None
    assert peak < 50_000_000


def test_a_value_much_longer_than_a_chunk_is_read_in_time():
    data = wire([[b"SET", b"k", b"v" * 3_000_000], [b"SET", *[b"w"] * 300_000]])
    commands, reader, damage = read(data)
    assert [len(argv) for argv in commands] == [3, 300_001]
    assert (reader.whole_until, damage) == (len(data), None)


def test_thousands_of_damaged_files_raise_nothing_else():
    dice = random.Random(7)
    good = wire([[b"SET", b"key:%d" % number, b"v" * (number % 50)] for number in range(60)])
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        _, reader, damage = read(bytes(data[: dice.randrange(len(data) + 1)]))
        assert damage is None or damage.offset <= len(data)
        assert reader.whole_until <= len(data)


def test_a_file_that_shrinks_while_it_is_read_is_torn():
    data = b"*1\r\n$4\r\nPING\r\n" * 2
    reader = CommandReader(io.BytesIO(data[:20]), 0, len(data))
    with pytest.raises(Truncated, match="inside the command at offset 14"):
        list(reader)


def test_a_torn_command_is_followed_by_none_and_a_damaged_length_by_others():
    whole = encode_commands([[b"SET", b"a", b"1"]])
    torn = whole + encode_commands([[b"SET", b"b", b"x" * 100]])[:-40]
    assert next_command(io.BytesIO(torn), len(whole)) is None
    damaged = whole.replace(b"$1\r\n1", b"$9000\r\n1") + whole
    assert next_command(io.BytesIO(damaged), 0) == len(damaged) - len(whole)


def test_a_command_is_found_on_the_border_of_two_pieces():
    whole = encode_commands([[b"SET", b"a", b"1"]])
    for size in range(CHUNK_BYTES - 30, CHUNK_BYTES + 5):
        before = b"*2\r\n$3\r\nGET\r\n$900000000\r\n".ljust(size, b"x") + b"\r\n"
        assert next_command(io.BytesIO(before + whole), 0) == len(before)
