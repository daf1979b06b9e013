"""RDB files of 7.0: what is written is loaded, in small memory and in order."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stage1_single_node.config import Config
from stage1_single_node.eviction import frequency_entry
from stage1_single_node.keyspace import Keyspace
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage2_persistence import small_strings, value_writer
from stage2_persistence.opaque import Opaque
from stage2_persistence.rdb_cursor import CHUNK
from stage2_persistence.rdb_format import Corrupt
from stage2_persistence.rdb_writer import write_rdb
from tests.stage2_persistence_parts.rdb_files import keyspace_of, load, plain, reader_of, same, written
from tests.stage2_persistence_parts.values import databases, words

MINUTE_MS = 60_000


def config(**directives: str) -> Config:
    changed = Config()
    changed.set({name.replace("_", "-"): value for name, value in directives.items()})
    return changed


@given(databases, st.booleans(), st.booleans())
def test_what_is_written_is_loaded(content, compression, checked):
    data = {key: value for key, (value, _) in content.items()}
    expires = {key: deadline for key, (_, deadline) in content.items() if deadline is not None}
    keyspace = keyspace_of(data, expires)
    file = written(keyspace, compression=compression, checksum=checked)
    loaded = load(file)
    assert {key: plain(value) for key, value in loaded.databases[0].data.items()} == {
        key: plain(bytes(value) if isinstance(value, bytearray) else value) for key, value in data.items()
    }
    assert loaded.databases[0].expires == expires
    for value in loaded.databases[0].data.values():
        if not isinstance(value, bytes):
            value.check()


@settings(max_examples=30)
@given(st.lists(st.tuples(words, words, st.none() | st.integers(0, 2 * MINUTE_MS)), max_size=300))
def test_the_fast_lane_reads_what_the_long_way_reads(records):
    data = {key: value for key, value, _ in records}
    expires = {key: deadline for key, _, deadline in records if deadline is not None}
    file = written(keyspace_of(data, expires))
    fast = reader_of(file, keyspace=(fast_keyspace := Keyspace(16, Random(0))), now_ms=MINUTE_MS)
    slow = reader_of(file, keyspace=(slow_keyspace := Keyspace(16, Random(0))), now_ms=MINUTE_MS, replace=True)
    list(fast.load())
    list(slow.load())
    assert same(fast_keyspace, slow_keyspace)
    assert (fast.keys_loaded, fast.keys_expired) == (slow.keys_loaded, slow.keys_expired)


def test_a_large_file_is_written_and_loaded_in_pieces():
    data = {b"key:%d" % number: b"value" * (number % 40) for number in range(100_000)}
    data[b"large"] = b"%d" % 10**4000 * 1000
    keyspace = keyspace_of(data)
    pieces: list[int] = []
    progress: list[int] = []
    file = written(keyspace, compression=False, progress=progress.append)
    reader = reader_of(file, keyspace=(loaded := Keyspace(16, Random(0))))
    pieces = list(reader.load())
    assert len(pieces) >= len(file) // CHUNK - 5  # the large string is one piece
    assert pieces == sorted(pieces) and pieces[-1] <= len(file)
    assert len(progress) >= len(file) // CHUNK - 5 and progress[-1] == len(data)
    assert reader.offset == len(file)
    assert reader.keys_loaded == len(data)
    assert same(loaded, keyspace)


def test_a_large_collection_is_handed_out_in_pieces():
    value = Hash({b"%d" % number: b"x" * 100 for number in range(50_000)})
    value.encoding = "hashtable"
    _, pieces = value_writer.value_pieces(value)
    assert max(map(len, pieces)) < 64 * 1024


def test_a_large_string_is_handed_out_without_a_copy():
    large = Random(1).randbytes(CHUNK)
    pieces: list[bytes] = []
    write_rdb(pieces.append, keyspace_of({b"before": b"1", b"large": large, b"behind": b"2"}).databases)
    assert any(piece is large for piece in pieces)
    assert same(load(b"".join(pieces)), keyspace_of({b"before": b"1", b"large": large, b"behind": b"2"}))


def test_several_databases_and_what_the_file_tells_of_itself():
    keyspace = keyspace_of({b"a": b"1"}, {b"a": 5 * MINUTE_MS})
    keyspace.databases[15].data[b"b"] = List([b"x"])
    file = written(keyspace, aux=[(b"redis-ver", b"7.0.15"), (b"ctime", b"12345")], functions=[b"#!lua name=l\n"])
    reader = reader_of(file + b"what comes behind it", keyspace=(loaded := Keyspace(16, Random(0))))
    list(reader.load())
    assert same(loaded, keyspace)
    assert reader.aux == {b"redis-ver": b"7.0.15", b"ctime": b"12345"}
    assert reader.functions == [b"#!lua name=l\n"]
    assert reader.offset == len(file)


def test_keys_whose_time_has_come_are_left_out_and_counted():
    data: dict = {b"past": b"1", b"past list": List([b"x"]), b"now": b"2", b"future": b"3", b"forever": b"4"}
    expires = {b"past": MINUTE_MS - 1, b"past list": 0, b"now": MINUTE_MS, b"future": MINUTE_MS + 1}
    file = written(keyspace_of(data, expires))
    reader = reader_of(file, keyspace=(loaded := Keyspace(16, Random(0))), now_ms=MINUTE_MS)
    list(reader.load())
    assert set(loaded.databases[0].data) == {b"now", b"future", b"forever"}
    assert (reader.keys_loaded, reader.keys_expired) == (3, 2)
    assert set(load(file).databases[0].data) == set(data)  # whoever asks for no time gets all of them


def test_idle_times_go_through_a_file():
    keyspace = keyspace_of({b"a": b"1", b"b": b"2"})
    keyspace.second = 1000
    keyspace.databases[0].accessed[b"a"] = 400
    file = written(keyspace, access="idle")
    loaded = Keyspace(16, Random(0))
    loaded.second = 5000
    list(reader_of(file, keyspace=loaded).load())
    assert loaded.databases[0].accessed == {b"a": 4400, b"b": 5000}
    ignorant = Keyspace(16, Random(0))
    list(reader_of(file, config(maxmemory_policy="allkeys-lfu"), keyspace=ignorant).load())
    assert not ignorant.databases[0].accessed


def test_counters_of_use_go_through_a_file():
    keyspace = keyspace_of({b"a": b"1"}, {b"a": MINUTE_MS})
    keyspace.databases[0].accessed[b"a"] = frequency_entry(77, 0)
    file = written(keyspace, access="freq")
    loaded = Keyspace(16, Random(0))
    list(reader_of(file, config(maxmemory_policy="allkeys-lfu"), keyspace=loaded).load())
    assert loaded.databases[0].accessed == {b"a": frequency_entry(77, 0)}
    assert loaded.databases[0].expires == {b"a": MINUTE_MS}


def test_the_encodings_are_those_of_the_server_that_loads():
    value = Hash({b"%d" % number: b"x" for number in range(10)})
    small = written(keyspace_of({b"h": value}))
    assert load(small, config(hash_max_listpack_entries="9")).databases[0].data[b"h"].encoding == "hashtable"
    value.encoding = "hashtable"
    large = written(keyspace_of({b"h": value}))
    assert load(large).databases[0].data[b"h"].encoding == "listpack"


@pytest.mark.parametrize("size", [-5, -1, 0, 1, 3, 128])
def test_a_list_is_whole_however_its_nodes_are_cut(size):
    value = List([b"x" * (number % 5000) for number in range(300)])
    file = written(keyspace_of({b"l": value}), list_max_listpack_size=size)
    assert load(file).databases[0].data[b"l"] == value


def test_huge_elements_of_a_list_are_nodes_by_themselves(monkeypatch):
    monkeypatch.setattr(value_writer, "PLAIN_BYTES", 100)
    value = List([b"small", b"x" * 100, b"y" * 99, b"z" * 300, b"1"])
    type_byte, *_ = value_writer.dump_value(value)
    assert type_byte == 18
    assert load(written(keyspace_of({b"l": value}))).databases[0].data[b"l"] == value


def test_lists_of_many_nodes_are_counted_before_they_are_written(monkeypatch):
    monkeypatch.setattr(value_writer, "HELD_NODES", 3)
    value = List([b"x" * 3000] * 20)
    assert load(written(keyspace_of({b"l": value}))).databases[0].data[b"l"] == value


def test_an_opaque_value_is_written_as_it_was():
    value = Opaque(15, bytes(5), "stream")
    loaded = load(written(keyspace_of({b"s": value}))).databases[0].data[b"s"]
    assert plain(loaded) == plain(value)
    assert loaded.copy() is loaded
    loaded.check()


def test_a_key_may_give_way_to_the_file_s():
    keyspace = keyspace_of({b"a": b"old", b"other": b"stays"}, {b"a": MINUTE_MS})
    file = written(keyspace_of({b"a": b"new"}))
    with pytest.raises(Corrupt, match="there already"):
        list(reader_of(file, keyspace=keyspace_of({b"a": b"old"})).load())
    list(reader_of(file, keyspace=keyspace, replace=True).load())
    assert keyspace.databases[0].data == {b"a": b"new", b"other": b"stays"}
    assert not keyspace.databases[0].expires


def test_a_file_is_not_read_beyond_its_size():
    class Watched:
        def __init__(self, data: bytes):
            self.data, self.at = data, 0

        def read(self, size: int) -> bytes:
            assert self.at + size <= length
            self.at += size
            return self.data[self.at - size : self.at]

    file = written(keyspace_of({b"key %d" % number: b"value" for number in range(2 * small_strings.LONGEST)}))
    length = len(file)
    reader = reader_of(file)
    reader._cursor._file = Watched(file + b"more" * 1000)  # type: ignore[assignment]
    list(reader.load())
    assert reader.offset == length
