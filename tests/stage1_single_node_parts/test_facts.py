"""COMMAND's replies and the positions of keys, word by word those of the real server."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stage1_single_node.command import Command, command
from stage1_single_node.commands import TABLE, facts, key_positions
from stage1_single_node.errors import ReplyError
from stage1_single_node.resp import encode
from tests import wire
from tests.target import Server
from tests.wire import Connection

ALL = facts.load()
TOP = [name for name in ALL if "|" not in name]
FACTS_FILE = Path(facts.__file__).with_name("facts.json")


def test_facts_are_read_when_they_are_needed() -> None:
    script = "import stage1_single_node.commands.facts as f; print(f.load.cache_info().currsize)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"


def test_the_facts_of_a_command_are_plain_values() -> None:
    get = facts.load()["get"]
    assert (get.arity, get.flags, get.keys) == (2, ["readonly", "fast"], (1, 1, 1))
    assert get.docs["since"] == "1.0.0"
    assert "config|get" in facts.load()["config"].subcommands


def test_what_is_declared_at_the_handlers_is_what_the_facts_say() -> None:
    for declared in TABLE.values():
        known = ALL.get(declared.name.lower())
        if known is None:
            continue  # a command of our own
        flags = set(declared.flags.split()) - {"protected"}  # a flag that COMMAND INFO does not tell of
        assert (declared.arity, flags, declared.keys) == (known.arity, set(known.flags), known.keys), known.name


def test_a_command_that_redis_does_not_have_is_told_of_by_its_declaration() -> None:
    @command("MINE", arity=-3, flags="write denyoom", keys=(1, -1, 2))
    def mine(client, *pairs): ...

    ours = facts.of(Command(mine.__dict__["declarations"][0]))
    present = {"mine": ours, "get": ALL["get"]}
    assert facts.all_info(present)[0][:6] == [b"mine", -3, ["write", "denyoom"], 1, -1, 2]
    assert facts.documentation([b"MINE"], present) == {b"mine": {}}
    assert facts.listing([b"FILTERBY", b"ACLCAT", b"WRITE"], present) == [b"mine"]
    assert key_positions.keys([b"mine", b"a", b"1", b"b", b"2"], present) == [b"a", b"b"]


def test_only_commands_that_are_present_are_told_of() -> None:
    present = {name: ALL[name] for name in ("get", "config", "config|get")}
    assert [reply[0] for reply in facts.all_info(present)] == [b"get", b"config"]
    assert [reply[0] for reply in facts.all_info(present)[1][9]] == [b"config|get"]
    assert facts.info([b"SET", b"Config|Set"], present) == [None, None]
    assert set(facts.documentation([b"get", b"set"], present)) == {b"get"}
    assert set(facts.documentation([], present)) == {b"get", b"config"}
    assert set(facts.documentation([], present)[b"config"][b"subcommands"]) == {b"config|get"}
    assert facts.listing([], present) == [b"get", b"config", b"config|get"]
    with pytest.raises(ReplyError, match="Invalid command specified"):
        key_positions.keys([b"set", b"a", b"b"], present)


def test_facts_are_those_that_the_real_server_gives_today(real_redis: Server) -> None:
    script = [sys.executable, "-m", "stage1_single_node.commands.gather_facts", f"127.0.0.1:{real_redis.port}"]
    assert subprocess.run(script, capture_output=True, check=True).stdout == FACTS_FILE.read_bytes()


@pytest.mark.parametrize("protocol", [2, 3])
def test_info_and_docs_are_byte_by_byte_those_of_the_real_server(protocol: int, oracle: Connection) -> None:
    oracle.send("HELLO", protocol)
    oracle.read_value()
    for name in [name for name in ALL if not facts.load()[name].subcommands]:
        oracle.send("COMMAND", "INFO", name)
        oracle.expect(encode(facts.info([name.encode()], ALL), protocol))
        oracle.send("COMMAND", "DOCS", name.upper())
        oracle.expect(encode(facts.documentation([name.upper().encode()], ALL), protocol))


def test_containers_are_those_of_the_real_server_but_for_the_order_of_subcommands(oracle: Connection) -> None:
    for name in [name for name in ALL if facts.load()[name].subcommands]:
        for subcommand, reply in ((b"INFO", facts.info), (b"DOCS", facts.documentation)):
            told = oracle("COMMAND", subcommand, name)
            assert in_any_order(parsed(reply([name.encode()], ALL))) == in_any_order(told)


def test_all_commands_are_told_of_without_a_name(oracle: Connection) -> None:
    assert in_any_order(parsed(facts.all_info(ALL))) == in_any_order(oracle("COMMAND"))
    assert in_any_order(parsed(facts.info([b"get", b"nothing"], ALL))) == in_any_order(
        oracle("COMMAND", "INFO", "get", "nothing")
    )
    assert in_any_order(parsed(facts.documentation([], ALL))) == in_any_order(oracle("COMMAND", "DOCS"))
    assert len(TOP) == oracle("COMMAND", "COUNT")


@pytest.mark.parametrize(
    "arguments",
    ["", "filterby pattern CONFIG*", "FilterBy Pattern *[sx]et*", "filterby aclcat READ", "filterby aclcat @read"]
    + ["filterby aclcat nothing", "filterby module x", "filterby x y", "filterby pattern", "x", "filterby pattern a b"],
)
def test_lists_of_names_are_those_of_the_real_server(arguments: str, oracle: Connection) -> None:
    words = arguments.encode().split()
    (told,) = oracle.pipeline(("COMMAND", "LIST", *words))
    try:
        assert sorted(facts.listing(words, ALL)) == sorted(told)
    except ReplyError as error:
        assert wire.ReplyError(str(error)) == told


REQUESTS = """
get a|get|get a b|GETEX a|foo|config|config get x|config foo|ping|command getkeys get a|object|object help
object encoding k|memory usage k|memory foo k|spublish a b|set a b|set a b get|set a b px 1 GET|mset a 1 b 2|mset a
rename a b|copy a b|smove a b c|lmove a b left right|blpop a b 0|lcs a b|lcs a b len|bitop and d a b|zadd k 1 a
pfcount a b|pfmerge a|pfmerge a b c|sdiffstore a b c d|zrangestore a b 0 1|geosearchstore a b frommember
eval x 0|eval x 2x a b|eval x 3 a b|eval x -1 a|eval x 1 a b|evalsha x 9999999999999 a|fcall f 0
lmpop 0 a left|blmpop 0 2 a b left|sintercard 3 a b|sintercard 2 a b limit 1|zdiff 2 a b withscores
zunionstore d 1 a weights|zunionstore d 2x a b|sort_ro k by x|sort k store|sort k get store store d
sort k by x limit 1 2 store d store e|migrate h p k 0 1|migrate h p k 0 1 auth keys copy|migrate h p k 0 1 keys a b
bitfield k get u8 0|bitfield k incrby u8 0 1|bitfield k get u8|bitfield k overflow wrap get u8 0
georadius k 1 2 3 km|georadius k 1 2 3 km store a|georadius k 1 2 3 km store a storedist b
xread streams a b 1 2|xread streams a b 1|xread count streams streams a 1|xread a streams|xgroup create k g $
xreadgroup group g c streams a b 1 2|xreadgroup group g c count 1 streams
"""
# An empty key says that the keys follow behind KEYS.
MIGRATIONS = [b"keys a b", b"copy keys a", b"x keys", b"keys", b"auth keys a", b"auth2 a keys keys b"]


@pytest.mark.parametrize("request_line", [line for lines in REQUESTS.strip().splitlines() for line in lines.split("|")])
def test_keys_are_found_where_the_real_server_finds_them(request_line: str, oracle: Connection) -> None:
    assert_same_keys(request_line.encode().split(), oracle)


@pytest.mark.parametrize("options", MIGRATIONS)
def test_keys_of_migrate_are_found_where_the_real_server_finds_them(options: bytes, oracle: Connection) -> None:
    for key in (b"", b"k"):
        assert_same_keys([b"migrate", b"h", b"p", key, b"0", b"1", *options.split()], oracle)


def test_keys_of_random_requests_are_found_where_the_real_server_finds_them(oracle: Connection) -> None:
    dice = random.Random(3)
    words = b"a b c 0 1 2 3 2x -1 store storedist by get limit streams keys auth count group noack km left".split()
    with_keys = [name for name in ALL if facts.load()[name].key_specs]
    for _ in range(4000):
        request = dice.choice(with_keys).encode().split(b"|") + dice.choices(words, k=dice.randrange(1, 10))
        assert_same_keys(request, oracle)


def assert_same_keys(request: list[bytes], oracle: Connection) -> None:
    told = oracle.pipeline(("COMMAND", "GETKEYS", *request), ("COMMAND", "GETKEYSANDFLAGS", *request))
    if "wrong number of arguments" in str(told[0]):
        return  # COMMAND GETKEYS itself wants a word behind the name
    for reply, ours in zip(told, (key_positions.keys, key_positions.keys_and_flags)):
        try:
            answer: Any = parsed(ours(request, ALL))
        except ReplyError as error:
            answer = wire.ReplyError(str(error))
        assert answer == reply, request


def parsed(reply: Any) -> Any:
    """The reply as a client of RESP2 reads it."""
    if isinstance(reply, dict):
        return [parsed(item) for pair in reply.items() for item in pair]
    return [parsed(item) for item in reply] if isinstance(reply, list) else reply


def in_any_order(reply: Any) -> Any:
    """A reply that can be compared with another whose hash tables lie in another order."""
    return sorted(map(in_any_order, reply), key=repr) if isinstance(reply, list) else reply
