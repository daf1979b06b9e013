"""Redis's own tools, pointed at ours: they must take it for the real one."""

import os
import subprocess

import pytest

from lab.programs import require_program
from tests.interoperability.reading import read_lines
from tests.target import Server

GET_TOOLS = "apt-get install redis-tools"
SECONDS = 60


@pytest.fixture
def cli(stage1: Server):
    """cli(*words) runs redis-cli and returns what it prints."""
    program = require_program("redis-cli", GET_TOOLS)

    def cli(*words: object, stdin: bytes | None = None) -> str:
        ended = subprocess.run(
            [program, "-p", str(stage1.port), *map(str, words)], input=stdin, capture_output=True, timeout=SECONDS
        )
        assert ended.returncode == 0, ended
        assert ended.stderr == b"", ended
        return ended.stdout.decode()

    return cli


@pytest.fixture
def benchmark(stage1: Server):
    """benchmark(*words) runs redis-benchmark, which ends with an exit code of 1 at the first error reply."""
    program = require_program("redis-benchmark", GET_TOOLS)

    def benchmark(*words: object) -> str:
        command = [program, "-p", str(stage1.port), "-q", *map(str, words)]
        ended = subprocess.run(command, capture_output=True, timeout=SECONDS, text=True)
        assert ended.returncode == 0, ended
        assert "Could not fetch server CONFIG" not in ended.stdout + ended.stderr
        return ended.stdout.replace("\r", "\n")

    return benchmark


DEFAULT_LIST = (
    "PING_INLINE PING_MBULK SET GET INCR LPUSH RPUSH LPOP RPOP SADD HSET SPOP ZADD ZPOPMIN LRANGE_100 LRANGE_300 "
    "LRANGE_500 LRANGE_600 MSET"
).split()


@pytest.mark.parametrize("words", [(), ("-P", 16), ("-3",), ("--threads", 2), ("-d", 10_000)], ids=str)
def test_redis_benchmark_s_default_list_runs_without_an_error(benchmark, words):
    output = benchmark("-n", 200, "-c", 10, "-r", 100, *words)
    for name in DEFAULT_LIST:
        assert f"\n{name}" in f"\n{output}"
    assert output.count("requests per second") >= len(DEFAULT_LIST)


def test_redis_benchmark_connects_anew_for_each_command(benchmark):
    assert "requests per second" in benchmark("-n", 100, "-c", 5, "-k", 0, "SET", "key:__rand_int__", "__data__")


def test_redis_cli_prints_each_kind_of_reply(cli):
    assert cli("SET", "k", "v") == "OK\n"
    assert cli("INCR", "n") == "1\n"
    assert cli("GET", "missing") == "\n"
    assert cli("LPUSH", "l", "a", "b") == "2\n"
    assert cli("LRANGE", "l", 0, -1) == "b\na\n"
    assert "ERR value is not an integer" in cli("INCR", "k")
    assert cli("-3", "--no-raw", "HGETALL", "missing") == "(empty hash)\n"


def test_redis_cli_reads_commands_from_its_input(cli):
    assert cli(stdin=b"SELECT 3\nSET k v\nMULTI\nGET k\nEXEC\n") == "OK\nOK\nOK\nQUEUED\nv\n"
    assert cli("-n", 3, "GET", "k") == "v\n"


def test_redis_cli_scans(cli, stage1):
    with stage1.connect() as client:
        client("MSET", *[word for n in range(100) for word in (f"key:{n}", n)])
    assert len(cli("--scan", "--pattern", "key:*").split()) == 100


def test_redis_cli_finds_big_keys(cli, stage1):
    with stage1.connect() as client:
        client("SET", "string", "x" * 1000)
        client("RPUSH", "list", *range(50))
        client("ZADD", "zset", 1, "a", 2, "b")
    report = cli("--bigkeys")
    assert """Biggest string found '"string"' has 1000 bytes""" in report
    assert """Biggest   list found '"list"' has 50 items""" in report
    assert """Biggest   zset found '"zset"' has 2 members""" in report
    report = cli("--memkeys")
    assert "Sampled 3 keys in the keyspace!" in report


def test_redis_cli_finds_hot_keys(cli, stage1):
    with stage1.connect() as client:
        client("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        client("SET", "hot", 1)
        client.pipeline(*[("GET", "hot")] * 500)
        try:
            assert "hot key found with counter: " in cli("--hotkeys")
        finally:
            client("CONFIG", "SET", "maxmemory-policy", "noeviction")


def test_redis_cli_pipes_a_mass_insertion(cli, stage1):
    commands = b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\n%d\r\n$1\r\nv\r\n" % (len(str(n)), n) for n in range(5000))
    assert "errors: 0, replies: 5000" in cli("--pipe", stdin=commands)
    with stage1.connect() as client:
        assert client("DBSIZE") == 5000


def test_redis_cli_measures_latency(cli):
    lowest, highest, average, samples = cli("--raw", "-i", 0.2, "--latency").split()
    assert float(lowest) <= float(average) <= float(highest) and int(samples) > 1


def test_redis_cli_shows_statistics_as_they_change(stage1):
    lines = read_lines([require_program("redis-cli", GET_TOOLS), "-p", str(stage1.port), "--stat", "-i", "0.05"], 5)
    assert lines[1].split()[:3] == ["keys", "mem", "clients"]
    keys, memory, clients = lines[3].split()[:3]
    assert keys == "0" and memory[-1] in "KMG" and int(clients) >= 1


def test_redis_cli_monitors(stage1):
    command = [require_program("redis-cli", GET_TOOLS), "-p", str(stage1.port), "MONITOR"]

    def act(line: str) -> None:
        if line == "OK":
            with stage1.connect() as client:
                client("SET", "k", "v")

    lines = read_lines(command, 2, act)
    assert lines[1].endswith('"SET" "k" "v"')


def test_redis_cli_subscribes(stage1):
    command = [require_program("redis-cli", GET_TOOLS), "-p", str(stage1.port), "SUBSCRIBE", "c"]

    def act(line: str) -> None:
        if line == "1":
            with stage1.connect() as client:
                client("PUBLISH", "c", "hello")

    assert read_lines(command, 6, act) == ["subscribe", "c", "1", "message", "c", "hello"]


def test_redis_cli_starts_as_at_a_terminal(stage1):
    """With a terminal it asks for COMMAND DOCS before its first prompt, to help while one types."""
    program = require_program("redis-cli", GET_TOOLS)
    environment = {**os.environ, "FAKETTY": "1", "TERM": "dumb"}
    ended = subprocess.run(
        [program, "-p", str(stage1.port)],
        input="PING\nHELP GET\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
    )
    assert "PONG" in ended.stdout
    assert "Get the value of a key" in ended.stdout
