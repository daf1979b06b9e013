"""LZF: the lesson in Python gives the C library's bytes, and nothing that is no compressed string is accepted."""

import lzf as c_library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage2_persistence import lzf

few_letters = st.lists(st.sampled_from(b"abc"), max_size=400).map(bytes)
repeated = st.builds(
    lambda part, times, tail: part * times + tail, st.binary(max_size=30), st.integers(0, 80), few_letters
)
texts = st.one_of(few_letters, repeated, st.binary(max_size=400))
both = pytest.mark.parametrize("decompress", [lzf.decompress, lzf.decompress_in_python])


@given(texts)
def test_what_is_compressed_comes_back(text):
    compressed = lzf.compress(text)
    if compressed is not None:
        assert len(compressed) <= len(text) - lzf.LEAST_GAIN
        assert lzf.decompress(compressed, len(text)) == text
        assert lzf.decompress_in_python(compressed, len(text)) == text


@given(texts)
def test_python_and_c_compress_to_the_same_bytes(text):
    if len(text) > lzf.SHORTEST:
        assert lzf.compress_in_python(text) == c_library.compress(text, len(text) - lzf.LEAST_GAIN - 1)


def test_a_megabyte_of_one_letter_becomes_a_hundredth():
    text = b"x" * 1_000_000
    compressed = lzf.compress_in_python(text)
    assert compressed is not None and len(compressed) < len(text) // 80
    assert lzf.compress(text) == compressed
    assert lzf.decompress_in_python(compressed, len(text)) == text


def test_what_would_gain_nothing_is_not_compressed():
    assert lzf.compress(bytes(range(256))) is None
    assert lzf.compress_in_python(bytes(range(256))) is None
    assert lzf.compress(b"a" * lzf.SHORTEST) is None


def test_without_the_c_library_python_does_it(monkeypatch):
    monkeypatch.setattr(lzf, "_c", None)
    text = b"abcabcabcabcabcabcabcabcabc"
    compressed = lzf.compress(text)
    assert compressed is not None and lzf.decompress(compressed, len(text)) == text


@both
@given(data=st.binary(max_size=60), size=st.integers(0, 300))
def test_any_bytes_are_decompressed_or_refused(decompress, data, size):
    try:
        assert len(decompress(data, size)) == size
    except ValueError:
        pass


@given(data=st.binary(max_size=60), size=st.integers(1, 300))
def test_python_and_c_refuse_the_same(data, size):
    outcomes = []
    for decompress in (lzf.decompress, lzf.decompress_in_python):
        try:
            outcomes.append(decompress(data, size))
        except ValueError:
            outcomes.append(None)
    assert size > len(data) * lzf.MOST_GROWTH or outcomes[0] == outcomes[1]


@pytest.mark.parametrize("size", [10**6, 2**40, 2**64 - 1])
def test_a_promised_size_takes_no_memory_before_it_is_believed(size):
    with pytest.raises(ValueError, match="cannot be so long"):
        lzf.decompress(b"\xe0\xff\x00" * 10, size)
