from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.structures.hash import Hash

WORDS = st.binary(max_size=4)
FIELDS = st.dictionaries(WORDS, WORDS, max_size=9)


@given(st.dictionaries(WORDS, WORDS, min_size=1, max_size=9), st.integers(0, 9), st.integers(0, 4))
def test_a_hash_is_a_listpack_until_it_has_too_many_fields_or_a_word_is_too_long(
    pairs: dict[bytes, bytes], max_entries: int, max_bytes: int
) -> None:
    fields = Hash(pairs)
    words = [word for pair in pairs.items() for word in pair]

    fields.settle(words, max_entries, max_bytes)

    fits = len(pairs) <= max_entries and all(len(word) <= max_bytes for word in words)
    assert fields.encoding == ("listpack" if fits else "hashtable")
    fields.check()


def test_an_encoding_has_no_way_back() -> None:
    fields = Hash({b"a": b"1", b"b": b"2"})
    fields.settle([b"a", b"b"], max_entries=1, max_bytes=64)
    del fields[b"b"]

    fields.settle([b"a"], max_entries=1, max_bytes=64)

    assert fields.encoding == "hashtable"


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_a_sample_has_as_many_different_fields_as_were_asked_for(size: int) -> None:
    fields = Hash({b"%d" % number: b"" for number in range(size)})

    for count in (1, size // 4, size // 2, size):
        sample = fields.sample(Random(count), count)

        assert len(set(sample)) == len(sample) == count
        assert set(sample) <= set(fields)


def test_every_field_of_a_small_hash_is_drawn_about_as_often() -> None:
    fields = Hash({b"%d" % number: b"" for number in range(10)})
    random = Random(7)

    drawn = Counter(fields.draw(random) for _ in range(10_000))

    assert all(800 < drawn[field] < 1200 for field in fields)


@given(FIELDS)
def test_a_copy_is_equal_and_independent(pairs: dict[bytes, bytes]) -> None:
    fields = Hash(pairs)
    fields.encoding = "hashtable"

    twin = fields.copy()
    twin[b"only the twin's"] = b""

    assert fields == pairs
    assert twin == pairs | {b"only the twin's": b""}
    assert twin.encoding == "hashtable"


def test_an_empty_hash_is_false() -> None:
    assert not Hash()
    assert Hash({b"": b""})
