"""The packed encodings: listpack and intset both ways, ziplist and zipmap out of bytes made by their layout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage2_persistence.packed import intset, listpack, ziplist, zipmap
from tests.stage2_persistence_parts import rdb_files
from tests.stage2_persistence_parts.values import edges, numbers, words

DECODERS = pytest.mark.parametrize(
    "decode", [listpack.decode, ziplist.decode, zipmap.decode, intset.decode], ids=lambda decode: decode.__module__
)
SAMPLES = {
    listpack.decode: listpack.encode([b"a", b"12", b"-300", b"70000", b"word" * 30, b"%d" % 2**40, b"x" * 5000]),
    ziplist.decode: rdb_files.ziplist([b"a", 12, -300, 70000, b"word" * 70, 2**40, b"x" * 17000]),
    zipmap.decode: rdb_files.zipmap({b"field": b"value", b"f" * 300: b"v" * 300}, unused=2),
    intset.decode: rdb_files.intset([1, 2, 70000], 4),
}


@given(st.lists(words, max_size=30))
def test_a_listpack_gives_back_its_elements(elements):
    assert listpack.decode(listpack.encode(elements)) == elements


def test_a_listpack_may_have_more_elements_than_its_header_can_say():
    elements = [b"%d" % number for number in range(70_000)]
    data = listpack.encode(elements)
    assert data[4:6] == b"\xff\xff"
    assert listpack.decode(data) == elements


@pytest.mark.parametrize("size", [63, 64, 126, 127, 4095, 4096, 2**14 - 6, 2**14, 2**21])
def test_a_listpack_holds_long_elements(size):
    elements = [b"before", b"x" * size, b"behind"]
    assert listpack.decode(listpack.encode(elements)) == elements


@given(edges | numbers)
def test_a_listpack_holds_integers_in_as_few_bytes_as_they_need(element):
    try:
        number = int(element)
        is_canonical = b"%d" % number == element and -(2**63) <= number < 2**63
    except ValueError:
        is_canonical = False
    kind = listpack.encode_element(element)[0]
    assert is_canonical == (kind < 0x80 or 0xC0 <= kind < 0xE0 or 0xF1 <= kind <= 0xF4)


@given(st.sets(st.integers(-(2**63), 2**63 - 1), min_size=1) | st.sets(st.integers(-(2**15), 2**15 - 1), min_size=1))
def test_an_intset_gives_back_its_numbers_in_order(members):
    ordered = sorted(members)
    assert intset.decode(intset.encode(ordered)) == [b"%d" % number for number in ordered]


@pytest.mark.parametrize("edge, width", [(2**15 - 1, 2), (-(2**15), 2), (2**15, 4), (-(2**31), 4), (2**31, 8)])
def test_an_intset_is_as_wide_as_its_widest_number(edge, width):
    assert intset.encode(sorted([0, edge]))[0] == width


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), words), min_size=1, max_size=30))
def test_a_ziplist_is_read(elements):
    expected = [b"%d" % element if isinstance(element, int) else element for element in elements]
    assert ziplist.decode(rdb_files.ziplist(elements)) == expected


@given(st.dictionaries(words, words, max_size=10), st.integers(0, 4))
def test_a_zipmap_is_read(pairs, unused):
    read = zipmap.decode(rdb_files.zipmap(pairs, unused))
    assert dict(zip(read[::2], read[1::2])) == pairs


@DECODERS
@given(data=st.binary(max_size=80))
def test_any_bytes_are_elements_or_refused(decode, data):
    try:
        assert all(type(element) is bytes for element in decode(data))
    except ValueError:
        pass


@DECODERS
def test_every_cut_is_noticed(decode):
    sample = SAMPLES[decode]
    decode(sample)
    for size in range(len(sample)):
        with pytest.raises(ValueError):
            decode(sample[:size])


@DECODERS
def test_every_changed_byte_is_survived(decode):
    sample = SAMPLES[decode]
    for at in range(min(len(sample), 400)):
        for byte in range(0, 256, 5):
            try:
                decode(sample[:at] + bytes((byte,)) + sample[at + 1 :])
            except ValueError:
                pass


@pytest.mark.parametrize(
    "data",
    [
        listpack.encode([b"a", b"b"])[:4] + b"\x03\x00" + listpack.encode([b"a", b"b"])[6:],  # three, and there are two
        b"\x09\x00\x00\x00\x01\x00\x05\x02\xff",  # a back length of 2 behind one byte
        b"\x0b\x00\x00\x00\x01\x00\xf0\xff\xff\xff\xff",  # a string of four gigabytes
        b"\x08\x00\x00\x00\x01\x00\xf5\xff",  # an encoding that does not exist
        b"\xff\xff\xff\xff\x00\x00\xff",
    ],
)
def test_a_listpack_that_contradicts_itself_is_refused(data):
    with pytest.raises(ValueError, match="listpack"):
        listpack.decode(data)


@pytest.mark.parametrize(
    "numbers, width, why", [([], 2, "length"), ([1, 1], 2, "order"), ([5], 3, "length")], ids=["none", "twice", "width"]
)
def test_an_intset_that_contradicts_itself_is_refused(numbers, width, why):
    with pytest.raises(ValueError, match=why):
        intset.decode(rdb_files.intset(numbers, width))
