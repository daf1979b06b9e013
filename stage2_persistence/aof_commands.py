"""A keyspace as the shortest list of commands that makes it again: what a rewrite puts in place of a long history.

A key of a hundred INCRs is one SET, a list that was pushed to and popped from for years is one RPUSH of what is left;
a collection is written 64 elements a command, so that no command of the file is much longer than those of clients.
Contract: the databases must not change meanwhile; in a forked child they cannot. What `write` raises passes through.
Source: rewriteAppendOnlyFileRio in Redis 7.0's aof.c; but a stream, which it writes as XADDs, is one RESTORE for us, as
we keep it without looking into it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from stage1_single_node.resp import encode
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import format_float
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet
from stage2_persistence.encoding import select
from stage2_persistence.opaque import Opaque
from stage2_persistence.payload import dump

ITEMS_PER_COMMAND = 64  # AOF_REWRITE_ITEMS_PER_CMD
CHUNK_BYTES = 1 << 20  # handed out at a time


def write_commands(
    write: Callable[[bytes], object],
    databases: Iterable[Any],
    *,
    timestamp: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Hand the file to `write` in chunks of about a megabyte; how many keys it holds.

    `timestamp` is the unix time in seconds for an annotation in front; `progress` hears at every chunk how many keys
    have gone.
    """
    chunks = Chunks(write, progress)
    if timestamp is not None:
        chunks.add(b"#TS:%d\r\n" % timestamp)
    for database in databases:
        if database.data:
            chunks.add(select(database.index))
            _write_keys(chunks, database)
    chunks.flush()
    return chunks.keys


class Chunks:
    """Gathers what is written, hands it on a megabyte at a time, and counts."""

    def __init__(self, write: Callable[[bytes], object], progress: Callable[[int], object] | None):
        self.keys = 0
        self._write, self._progress = write, progress
        self._parts: list[bytes] = []
        self._bytes = 0

    def add(self, data: bytes) -> None:
        self._parts.append(data)
        self._bytes += len(data)
        if self._bytes >= CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand out what is gathered."""
        data = b"".join(self._parts)
        self._parts.clear()
        self._bytes = 0
        self._write(data)
        if self._progress:
            self._progress(self.keys)


def _write_keys(chunks: Chunks, database: Any) -> None:
    expires, add = database.expires, chunks.add
    for key, value in database.data.items():
        if type(value) is bytearray:
            value = bytes(value)
        if type(value) is bytes:
            add(b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(key), key, len(value), value))
        else:
            for command in commands_for(key, value):
                add(encode(command))
        if key in expires:
            add(encode([b"PEXPIREAT", key, b"%d" % expires[key]]))
        chunks.keys += 1


def commands_for(key: bytes, value: Any) -> Iterator[list[bytes]]:
    """The commands that make a value that is no string."""
    if type(value) is Opaque:
        yield [b"RESTORE", key, b"0", dump(value)]
        return
    name, words_per_item, words_of = COMMANDS[type(value)]
    words = words_of(value)
    while some := list(islice(words, ITEMS_PER_COMMAND * words_per_item)):
        yield [name, key, *some]


def scores_and_members(zset: SortedSet) -> Iterator[bytes]:
    """By turns, a few looked up at a time, for a list of all would take memory."""
    size = len(zset)
    for start in range(0, size, ITEMS_PER_COMMAND):
        for score, member in zset.at(range(start, min(start + ITEMS_PER_COMMAND, size))):
            yield format_float(score)
            yield member


def fields_and_values(hash_: Hash) -> Iterator[bytes]:
    """By turns."""
    return chain.from_iterable(hash_.items())


COMMANDS: dict[type, tuple[bytes, int, Callable[[Any], Iterator[bytes]]]] = {
    List: (b"RPUSH", 1, iter),
    Set: (b"SADD", 1, iter),
    SortedSet: (b"ZADD", 2, scores_and_members),
    Hash: (b"HMSET", 2, fields_and_values),
}
