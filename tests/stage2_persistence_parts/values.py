"""Values of every type and encoding, for hypothesis."""

from hypothesis import strategies as st

from stage1_single_node.config import Config
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet

LIMITS = Config()

numbers = st.one_of(st.integers(-200, 200), st.integers(-(2**63), 2**63 - 1)).map(lambda number: b"%d" % number)
edges = st.sampled_from(
    [b"%d" % (sign * 2**bits + more) for bits in (7, 12, 15, 23, 31, 63) for sign in (1, -1) for more in (-1, 0, 1)]
    + [b"", b"-", b"-0", b"007", b"+1", b" 1", b"1 ", b"1.0", b"12345678901234567890123"]
)
sized = st.builds(
    lambda part, size: (part * size)[:size],
    st.binary(min_size=1, max_size=70),
    st.sampled_from([20, 21, 62, 63, 64, 65, 127, 128, 253, 254, 4095, 4096, 8180, 8192, 16383, 16384, 20000]),
)
words = st.one_of(numbers, edges, st.binary(max_size=80), sized)
scores = st.one_of(st.floats(allow_nan=False), st.integers(-(2**63), 2**63).map(float))


def hash_of(pairs: dict[bytes, bytes]) -> Hash:
    value = Hash(pairs)
    words = [word for pair in pairs.items() for word in pair]
    value.settle(words, LIMITS.hash_max_listpack_entries, LIMITS.hash_max_listpack_value)
    return value


def sorted_set_of(scores: dict[bytes, float]) -> SortedSet:
    return SortedSet.of(scores, LIMITS.zset_max_listpack_entries, LIMITS.zset_max_listpack_value)


lists = st.lists(words, min_size=1, max_size=40).map(List)
sets = st.one_of(st.sets(numbers, min_size=1, max_size=600), st.sets(words, min_size=1, max_size=20)).map(Set)
hashes = st.dictionaries(words, words, min_size=1, max_size=20).map(hash_of)
sorted_sets = st.dictionaries(words, scores, min_size=1, max_size=20).map(sorted_set_of)
values = st.one_of(words, words.map(bytearray), lists, sets, hashes, sorted_sets)
databases = st.dictionaries(words, st.tuples(values, st.none() | st.integers(0, 2**62)), max_size=12)
