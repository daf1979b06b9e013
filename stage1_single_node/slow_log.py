"""The slow log: the last commands that took at least slowlog-log-slower-than microseconds, in memory.

It counts the time of execution alone, without the network: the time for which one slow client kept all others waiting.
0 logs every command, a negative threshold none. Source: Redis 7.0's slowlog.c; https://redis.io/commands/slowlog-get/
"""

from collections import deque
from typing import NamedTuple

from stage1_single_node.client import Client

MAX_ARGUMENTS = 32  # SLOWLOG_ENTRY_MAX_ARGC: an MSET of a million keys must not fill the memory a second time …
MAX_BYTES = 128  # … nor one huge value: SLOWLOG_ENTRY_MAX_STRING


class Entry(NamedTuple):
    """In the order in which SLOWLOG GET shows it."""

    id: int
    unix_seconds: int
    usec: int
    argv: list[bytes]
    address: bytes
    name: bytes


class SlowLog:
    """The entries of one server, newest first."""

    def __init__(self, config):
        self._config = config
        self._next_id = 0
        self.entries: deque[Entry] = deque()

    def note(self, client: Client, argv: list[bytes], usec: int, now_seconds: int) -> None:
        """A command has run; remember it if it was slow."""
        threshold = self._config.slowlog_log_slower_than
        if threshold < 0:
            return
        if usec >= threshold:
            address = client.address.encode()
            self.entries.appendleft(Entry(self._next_id, now_seconds, usec, shortened(argv), address, client.name))
            self._next_id += 1
        while len(self.entries) > self._config.slowlog_max_len:
            self.entries.pop()


def shortened(argv: list[bytes]) -> list[bytes]:
    """The request in at most 32 words; what was cut off is told in their place."""
    words = [_shortened(word) for word in argv[:MAX_ARGUMENTS]]
    if len(argv) > MAX_ARGUMENTS:
        words[-1] = b"... (%d more arguments)" % (len(argv) - MAX_ARGUMENTS + 1)
    return words


def _shortened(word: bytes) -> bytes:
    if len(word) <= MAX_BYTES:
        return word
    return word[:MAX_BYTES] + b"... (%d more bytes)" % (len(word) - MAX_BYTES)
