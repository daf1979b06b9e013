"""DUMP on one server, RESTORE on the other, with values that hypothesis makes up."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stage2_persistence.node import DEFAULTS
from tests.target import Server, Target

EXAMPLES = 150
# Limits so low that small values cross them.
LIMITS = (
    *("--hash-max-listpack-entries", 8, "--set-max-intset-entries", 8, "--zset-max-listpack-entries", 8),
    *("--list-max-listpack-size", 8),
)

numbers = st.one_of(st.integers(-200, 200), st.integers(-(2**63), 2**63 - 1)).map(lambda n: b"%d" % n)
repetitive = st.builds(lambda part, times: part * times, st.binary(min_size=1, max_size=5), st.integers(10, 300))
words = st.one_of(numbers, st.binary(max_size=80), repetitive, st.sampled_from([b"", b"-0", b"007", b"1.0", b" 1"]))
scores = st.floats(allow_nan=False).map(lambda score: repr(score).encode())

commands = st.one_of(
    words.map(lambda word: (b"SET", b"k", word)),
    st.lists(words, min_size=1, max_size=30).map(lambda items: (b"RPUSH", b"k", *items)),
    st.lists(words, min_size=1, max_size=20).map(lambda items: (b"SADD", b"k", *items)),
    st.lists(numbers, min_size=1, max_size=20).map(lambda items: (b"SADD", b"k", *items)),
    st.dictionaries(words, words, min_size=1, max_size=15).map(lambda pairs: (b"HSET", b"k", *sum(pairs.items(), ()))),
    st.dictionaries(words, scores, min_size=1, max_size=15).map(
        lambda pairs: (b"ZADD", b"k", *[word for member, score in pairs.items() for word in (score, member)])
    ),
)
WITHOUT_ORDER = {b"hashtable"}


def started(target: Target, factory: pytest.TempPathFactory):
    directory = factory.mktemp("payloads")
    server = target.start(directory, "--dir", directory, *DEFAULTS, *LIMITS)
    yield server
    server.end()


@pytest.fixture(scope="module")
def stage2(request, tmp_path_factory):
    yield from started(Target(request.config.getoption("--target"), stage="stage2_persistence"), tmp_path_factory)


@pytest.fixture(scope="module")
def real2(tmp_path_factory):
    yield from started(Target("redis", stage=""), tmp_path_factory)


@pytest.fixture(scope="module")
def both(stage2: Server, real2: Server):
    return stage2.connect(), real2.connect()


shared_servers = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("compression", ["yes", "no"])
@shared_servers
@given(command=commands)
def test_a_payload_of_one_is_a_value_of_the_other(both, compression, command):
    payloads = []
    for client in both:
        client("CONFIG", "SET", "rdbcompression", compression)
        client("DEL", "k", "theirs")
        client(*command)
        payloads.append(client("DUMP", "k"))
    if compression == "no" and both[1]("OBJECT", "ENCODING", "k") not in WITHOUT_ORDER:
        assert payloads[0] == payloads[1]
    for client, payload in zip(both, reversed(payloads)):
        assert client("RESTORE", "theirs", 0, payload) == "OK"
        assert len(set(client("DEBUG", "DIGEST-VALUE", "k", "theirs"))) == 1
        assert client("OBJECT", "ENCODING", "k") == client("OBJECT", "ENCODING", "theirs")
    assert both[0]("DEBUG", "DIGEST-VALUE", "k") == both[1]("DEBUG", "DIGEST-VALUE", "k")
