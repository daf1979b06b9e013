"""The same configuration in ours and in the real server: the same names, values, errors, and rewritten files."""

import shlex
import subprocess
from pathlib import Path

import pytest

from lab.programs import require_program
from stage1_single_node import command_line
from stage1_single_node.config import Config, ConfigError
from stage1_single_node.directives import BY_NAME
from tests.target import GET_REDIS, Server, Target
from tests.wire import Connection, ReplyError

TEXTS = """
yes NO 0 1 -1 5 -0 00 01 +1 1.5 0x10 100 101 1000 1024 4096 65535 65536 abc - %
2147483647 2147483648 -2147483648 -2147483649 9223372036854775807 9223372036854775808 -9223372036854775809
18446744073709551615 18446744073709551616 99999999999999999999999 1b 1kb 2MB 3g 1t -1mb kb 50% 100% 101% -5% %5 050%
always everysec noeviction allkeys-lru debug local swapdb relative hostname unknown-endpoint resetchannels clients
default save|nosave now|force|SAVE now||save 60|1 60|1|120|5 60 0|1 60|-1 60|x 60| |60|1 60||1 1|2 1|2|3 -2000|0|2000
1|2|2001 1|2|x normal|0|0|0 slave|1mb|2|3 replica|1gb|2gb|30|pubsub|1|2|3 normal|1 normal|0|0|x normal|0|0|-1
normal|-1|0|0 master|0|0|0 NORMAL|1k|1kb|| A KEA Kg$lshzxetd nKm Kg$lshzxet xx Q|A 50|99.9 0 100.00001 -1|5 nan 1e1 50|
/ a/b a\\b a.b a_b a,b {title} {title}|{{x} {foo} {title {} é \x7f
""".split()

# What has effects on the machine, which differ from place to place or end the test's own connection.
UNTOUCHED = ["bind", "port", "tls-port", "maxclients", "maxmemory-clients", "oom-score-adj", "watchdog-period"]
NOT_SWITCHED_ON = ["appendonly", "tls-replication", "tls-cluster"]


@pytest.fixture
def server(tmp_path: Path):
    """A real server of this test's own: it is about to be misconfigured."""
    server = Target("redis", stage="").start(tmp_path)
    try:
        yield server
    finally:
        server.end()


def configured_like(server: Server) -> Config:
    config = Config(str(server.directory))
    config.load(f'port {server.port}\nsave ""')
    return config


def configuration_of(connection: Connection) -> dict[str, str]:
    flat = connection("CONFIG", "GET", "*")
    return {flat[at].decode(): flat[at + 1].decode() for at in range(0, len(flat), 2)}


def test_names_and_defaults_are_the_real_ones(server: Server) -> None:
    assert configured_like(server).get(["*"]) == configuration_of(server.connect())


def test_every_value_is_taken_or_refused_as_by_the_real_server(server: Server) -> None:
    connection, config = server.connect(), configured_like(server)
    texts = ["", *(text.replace("|", " ") for text in TEXTS), "h" * 255, "h" * 256]
    for name in BY_NAME:
        if name in UNTOUCHED:
            continue
        for text in texts:
            if name in NOT_SWITCHED_ON and text == "yes":
                continue
            told, value = connection.pipeline(("CONFIG", "SET", name, text), ("CONFIG", "GET", name))
            assert told == answered(config, (name, text)), (name, text)
            assert value == [name.encode(), config.get([name])[name].encode()], (name, text)


def answered(config: Config, *pairs: tuple[str, str]) -> str | ReplyError:
    try:
        config.set(pairs)
    except ConfigError as error:
        return ReplyError(f"ERR {error}")
    return "OK"


@pytest.mark.parametrize(
    "pairs",
    [
        [("maxmemory", "5"), ("timeout", "7")],
        [("maxmemory", "6"), ("no-such-thing", "7")],
        [("no-such-thing", "7"), ("daemonize", "yes")],
        [("DAEMONIZE", "yes"), ("no-such-thing", "7")],
        [("maxmemory", "x"), ("maxmemory", "5")],
        [("maxmemory", "5"), ("MaxMemory", "6")],
        [("Timeout", "x"), ("maxmemory", "y")],
        [("slave-priority", "5"), ("replica-priority", "6")],
        [("slave-priority", "7"), ("replica-priority", "x")],
        [("dir", "/"), ("maxmemory", "9")],
        [("save", "1 1"), ("appendfsync", "never")],
    ],
)
def test_several_changes_at_once_are_taken_or_refused_as_by_the_real_server(pairs, server: Server) -> None:
    connection, config = server.connect(), configured_like(server)
    (reply,) = connection.pipeline(("CONFIG", "SET", *(word for pair in pairs for word in pair)))
    assert answered(config, *pairs) == reply
    assert config.get(["*"]) == configuration_of(connection)


@pytest.mark.parametrize(
    "patterns",
    [["MAXMEMORY"], ["maxmemory", "MaxMemory"], ["MAX*memory"], ["*slave*", "*replica*"], ["watchdog*"], ["hz", "h?"]]
    + [["watchdog-period"], ["*[s-t]", "x*"], ["nothing"], ["[", "\\*", "?"]],
)
def test_get_answers_as_the_real_server(patterns: list[str], server: Server) -> None:
    flat = [word.decode() for word in server.connect()("CONFIG", "GET", *patterns)]
    assert configured_like(server).get(patterns) == dict(zip(flat[::2], flat[1::2]))


# What the process prints when it refuses to start


BAD_FILES = """\
maxmemory 1mb|foo bar
# comment|| x
maxmemory
maxmemory 1 2
port 1 2
  requirepass "a
save 60
list-max-ziplist-value 5|x y
list-max-ziplist-value
user
rename-command GET
sentinel monitor x
x.y
unixsocketperm 999
unixsocketperm 1000
replicaof a 1x
replicaof a
cluster-enabled yes|slaveof a 1
include
loadmodule
loglevel foo
bind 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7
dir
appendfilename ""
"" x
""
'a b' c
""".splitlines()


@pytest.mark.parametrize("text", [line.replace("|", "\n") for line in BAD_FILES])
def test_a_bad_file_is_refused_in_the_same_words(text: str, tmp_path: Path) -> None:
    (tmp_path / "redis.conf").write_text(text)
    with pytest.raises(ConfigError) as refused:
        Config().load(text + "\n")
    assert f"{refused.value}\n" == complaint_of_the_real_server(["redis.conf"], tmp_path)


BAD_OPTIONS = """\
--foo bar
--port abc
--port
--port --foo
--port 0 - x
--maxmemory 1 2
--save 60
--save --foo
--logfile -x y
'--port 1' '--foo 1 2'
bad.conf
bad.conf --port 0
-x
""".splitlines()


@pytest.mark.parametrize("arguments", [shlex.split(line) for line in BAD_OPTIONS])
def test_bad_options_are_refused_in_the_same_words(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad.conf").write_text("hz abc\n")
    line = command_line.parse(arguments)
    with pytest.raises(ConfigError) as refused:
        Config().load(line.text("hz abc\n" if line.file else "", ""))
    assert f"{refused.value}\n" == complaint_of_the_real_server(arguments, tmp_path)


def complaint_of_the_real_server(arguments: list[str], directory: Path) -> str:
    program = require_program("redis-server", GET_REDIS)
    run = subprocess.run(
        [program, *arguments], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
    )
    return run.stderr.decode(errors="surrogateescape")


# CONFIG REWRITE


OLD = """# my own file

   # indented
hz    20
maxmemory 1mb
save 60 1
save 300 10
slave-priority 7
list-max-ziplist-value 5
rename-command KEYS ""
appendonly    no
hash-max-ziplist-entries 512
hash-max-listpack-entries 513
client-output-buffer-limit slave 256mb 64mb 60
timeout 5
TIMEOUT 7
requirepass "a\\x01b c"
notify-keyspace-events ""
proto-max-bulk-len 512mb
syslog-ident ""
bind *   -::*


# the end
"""


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("maxmemory", "3000000"), ("save", "60 1 120 2 180 3"), ("maxmemory-clients", "5%")],
        [("save", ""), ("requirepass", ""), ("client-output-buffer-limit", "pubsub 1kb 1 1"), ("timeout", "0")],
        [("latency-tracking-info-percentiles", ""), ("loglevel", "warning"), ("appendfsync", "always"), ("hz", "10")],
        [("masterauth", "\r\n\t\a\b\"\\'é"), ("repl-backlog-size", "1gb"), ("shutdown-on-sigint", "now force")],
    ],
)
def test_a_rewritten_file_is_that_of_the_real_server(pairs, tmp_path: Path) -> None:
    file = tmp_path / "redis.conf"
    file.write_text(OLD)
    server = Target("redis", stage="")
    server.template = server.template.replace("--port", f"{file} --unixsocket '' --port")
    running = server.start(tmp_path)
    try:
        connection = running.connect()
        connection("AUTH", "a\x01b c")
        config = Config(str(tmp_path))
        config.load(f"{OLD}\nport {running.port}\nsave ''")
        for _ in range(2):  # the second time, the file holds what the first rewriting appended
            if pairs:
                connection("CONFIG", "SET", *(word for pair in pairs for word in pair))
                config.set(pairs)
            before = file.read_text()
            assert connection("CONFIG", "REWRITE") == "OK"
            users = [line.decode() for line in connection("ACL", "LIST")]
            assert in_any_order(config.rewrite(before, {"user": users})) == in_any_order(file.read_text())
    finally:
        running.end()


def in_any_order(text: str) -> tuple[list[str], list[str]]:
    """The lines in their places, and what was appended, which the real server takes from a hash table."""
    kept, _, appended = text.partition("# Generated by CONFIG REWRITE\n")
    return kept.split("\n"), sorted(appended.split("\n"))
