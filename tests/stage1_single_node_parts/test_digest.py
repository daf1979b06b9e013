"""DEBUG DIGEST: the numbers are the real server's, for every type, with and without a time to live."""

from collections.abc import Iterator
from random import Random

import pytest

from stage1_single_node import digest
from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage1_single_node.outside import Outside
from stage1_single_node.server import Server
from tests.target import Target
from tests.wire import Connection


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    server = Target("redis", stage="").start(tmp_path_factory.mktemp("redis"), "--enable-debug-command", "yes")
    yield server.connect()
    server.end()


@pytest.mark.parametrize("seed", range(3))
def test_digests_are_those_of_the_real_server(real, seed):
    dice = Random(seed)
    ours = Client(Server(Config(), Outside()))
    ours.server.keyspace.now = ours.server.clock.unix_ms()
    real("FLUSHALL")
    real("SELECT", 0)

    def word() -> bytes:
        return dice.randbytes(dice.choice([0, 1, 5, 70]))

    for _ in range(500):
        key = b"k%d" % dice.randrange(30)
        score = dice.choice([b"0", b"-0.0", b"3.3", b"1e300", b"inf", b"%d" % dice.randrange(100)])
        command = dice.choice(
            [
                (b"SET", key, word()),
                (b"APPEND", key, word()),
                (b"INCR", key),
                (b"RPUSH", key, word(), word()),
                (b"SADD", key, word(), b"%d" % dice.randrange(100)),
                (b"HSET", key, word(), word()),
                (b"ZADD", key, score, word()),
                (b"EXPIRE", key, b"1000"),
                (b"PERSIST", key),
                (b"DEL", key),
                (b"SELECT", b"%d" % dice.randrange(3)),
            ]
        )
        real.pipeline(command)
        ours.server.call(ours, list(command))
    keys = [b"k%d" % number for number in range(31)]
    assert [str(digest.of_value(ours.db, key)) for key in keys] == real("DEBUG", "DIGEST-VALUE", *keys)
    assert str(digest.of_keyspace(ours.server.keyspace)) == real("DEBUG", "DIGEST")
