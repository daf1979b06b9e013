"""Random damage to valid requests: the same answers as the real Redis, and the connection closed at the same point."""

from random import Random

import pytest

from tests.target import Server
from tests.wire import encode

STREAMS_PER_SEED = 40

# No zero bytes: C's strchr, with which Redis looks for the end of a line, ends at one, so that Redis waits on where
# ours says what is wrong.
COMMANDS = [
    encode("PING"),
    encode("SET", "k", "value\r\n*1\r\n"),
    encode("GET", "k"),
    encode("INCR", "n"),
    encode("MGET", "k", "n", "missing"),
    encode("ECHO", b"\xfe\xff" * 20),
    encode("NOSUCH", "argument"),
    b"PING\r\n",
    b'SET k "a b"\r\n',
    b"\r\n",
    b"*0\r\n",
    b"*-1\r\n",
]
FRAGMENTS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"*",
    b"$",
    b"-1",
    b"99999999999",
    b"0",
    b'"',
    b"'",
    b"*3\r\n",
    b"$5\r\n",
    b":1\r\n",
]


def damaged(dice: Random) -> bytes:
    """A pipeline with some bytes changed, lost or added."""
    stream = bytearray(b"".join(dice.choices(COMMANDS, k=dice.randint(1, 6))))
    for _ in range(dice.randint(0, 3)):
        place = dice.randrange(len(stream))
        lost = dice.choice([0, 0, 1, 3])
        stream[place : place + lost] = dice.choice(FRAGMENTS)
    return bytes(stream)


def answers(server: Server, stream: bytes, cut: int) -> bytes:
    """Everything that the server says to the stream, sent in two pieces and ended."""
    with server.connect() as connection:
        connection.send_bytes(stream[:cut])
        try:
            connection.send_bytes(stream[cut:])
            connection.half_close()
        except OSError:  # it has closed already
            pass
        return connection.rest()


@pytest.mark.parametrize("seed", range(10))
def test_damaged_requests_are_answered_alike(stage1, real, seed):
    dice = Random(seed)
    for _ in range(STREAMS_PER_SEED):
        stream = damaged(dice)
        cut = dice.randrange(len(stream) + 1)
        assert answers(stage1, stream, cut) == answers(real, stream, cut), f"seed {seed}: {stream!r} cut at {cut}"
