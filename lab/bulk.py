"""Many commands down one connection, in batches: what fills a server faster than a client library does.

Keys and values come from the caller, so what the server holds afterwards is the same in every run. For speed itself
see load.py, for users who do not wait for one another workload.py.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from itertools import islice

import hiredis

from lab.engine import EngineFailure, Node

BATCH = 1000  # commands in flight: a batch is some ten kilobytes, and its replies fit a socket's buffer
READ_BYTES = 1 << 16


async def send(
    node: Node, commands: Iterable[Sequence[bytes]], batch: int = BATCH, per_second: float = math.inf
) -> None:
    """Send them in order, the next batch when all of the last one are answered, and at that rate at most.

    Raises EngineFailure when the server refuses one, or closes the connection.
    """
    clock, waiting = asyncio.get_running_loop().time, iter(commands)
    due = clock()
    reader, writer = await asyncio.open_connection(node.host, node.port)
    try:
        while words := list(islice(waiting, batch)):
            writer.write(b"".join(map(encode, words)))
            await _await_replies(reader, len(words))
            due += len(words) / per_second
            await asyncio.sleep(due - clock())  # nothing, if it is late
    finally:
        writer.close()


def encode(words: Sequence[bytes]) -> bytes:
    """A command as the protocol's array of strings."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


async def _await_replies(reader: asyncio.StreamReader, missing: int) -> None:
    replies = hiredis.Reader()
    while missing:
        data = await reader.read(READ_BYTES)
        if not data:
            raise EngineFailure("the server closed the connection")
        replies.feed(data)
        while missing and (reply := replies.gets()) is not False:
            if isinstance(reply, hiredis.ReplyError):
                raise EngineFailure(f"the server refused: {reply}")
            missing -= 1
