"""A value that this stage does not serve is still a key: every command about keys takes it, and no other does."""

import pytest

from stage1_single_node import digest, memory
from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage1_single_node.errors import ReplyError
from stage1_single_node.outside import Outside
from stage1_single_node.server import Server
from stage2_persistence.opaque import Opaque

BODY = bytes(9)


@pytest.fixture
def client() -> Client:
    config = Config()
    config.enable_debug_command = "yes"
    client = Client(Server(config, Outside()))
    client.db.add(b"k", Opaque(19, BODY, "stream"))
    return client


def ask(client: Client, *words: bytes):
    return client.server.call(client, list(words))


def test_it_says_what_it_is(client):
    value = client.db.peek(b"k")
    assert bytes(value) == b"\x13" + BODY
    assert value.type_name == value.encoding == "stream"
    assert memory.value_bytes(value) >= len(BODY)
    value.check()


def test_commands_about_keys_take_it(client):
    for words in [
        (b"TYPE", b"k"),
        (b"OBJECT", b"ENCODING", b"k"),
        (b"MEMORY", b"USAGE", b"k"),
        (b"DEBUG", b"OBJECT", b"k"),
        (b"COPY", b"k", b"copy"),
        (b"RENAME", b"k", b"renamed"),
        (b"EXPIRE", b"renamed", b"100"),
        (b"SCAN", b"0", b"TYPE", b"stream"),
        (b"UNLINK", b"copy"),
    ]:
        assert not isinstance(ask(client, *words), Exception), words
    assert list(client.db.data) == [b"renamed"]
    assert b"renamed" in client.db.expires


@pytest.mark.parametrize(
    "words",
    [
        (b"GET", b"k"),
        (b"APPEND", b"k", b"x"),
        (b"LPUSH", b"k", b"x"),
        (b"SADD", b"k", b"x"),
        (b"HSET", b"k", b"f", b"v"),
        (b"ZADD", b"k", b"1", b"x"),
        (b"SORT", b"k"),
        (b"SUNION", b"k"),
    ],
)
def test_commands_about_other_types_refuse_it(client, words):
    before = digest.of_value(client.db, b"k")
    reply = ask(client, *words)
    assert isinstance(reply, ReplyError) and str(reply).startswith("WRONGTYPE")
    assert str(digest.of_value(client.db, b"k")) == str(before)


def test_the_digest_knows_one_from_another(client):
    client.db.add(b"same", Opaque(19, BODY, "stream"))
    client.db.add(b"other", Opaque(19, BODY + b"x", "stream"))
    one, same, other = (str(digest.of_value(client.db, key)) for key in (b"k", b"same", b"other"))
    assert one == same != other
