"""COMMAND: a server's own account of its commands."""

import pytest

points = pytest.mark.points


@points(1)
def test_count_list_and_the_table_agree(client):
    listed = client("COMMAND", "LIST")
    top = [name for name in listed if b"|" not in name]
    assert client("COMMAND", "COUNT") == len(client("COMMAND")) == len(top) > 150
    assert b"config|get" in listed


@points(2)
def test_info_tells_arity_flags_keys_and_categories(client):
    assert client("COMMAND", "INFO", "GET")[0][:7] == [
        b"get",
        2,
        ["readonly", "fast"],
        1,
        1,
        1,
        ["@read", "@string", "@fast"],
    ]
    assert client("COMMAND", "INFO", "mset")[0][:6] == [b"mset", -3, ["write", "denyoom"], 1, -1, 2]


@points(1)
def test_info_has_key_specifications(client):
    specification = client("COMMAND", "INFO", "SET")[0][8]
    assert specification == [
        [
            b"notes",
            b"RW and ACCESS due to the optional `GET` argument",
            b"flags",
            ["RW", "access", "update", "variable_flags"],
            b"begin_search",
            [b"type", b"index", b"spec", [b"index", 1]],
            b"find_keys",
            [b"type", b"range", b"spec", [b"lastkey", 0, b"keystep", 1, b"limit", 0]],
        ]
    ]


@points(1)
def test_info_of_nobody_is_null_and_of_subcommands_by_a_bar(client):
    get, missing, subcommand = client("COMMAND", "INFO", "get", "nosuch", "config|get")
    assert get[0] == b"get" and missing is None and subcommand[0] == b"config|get"
    container = client("COMMAND", "INFO", "object")[0]
    assert sorted(entry[0] for entry in container[9]) == [
        b"object|encoding",
        b"object|freq",
        b"object|help",
        b"object|idletime",
        b"object|refcount",
    ]


@points(1)
def test_docs_tell_summary_since_group_complexity_and_arguments(client):
    name, flat = client("COMMAND", "DOCS", "GET", "NOSUCH")
    docs = dict(zip(flat[::2], flat[1::2]))
    assert name == b"get"
    assert docs[b"summary"] == b"Get the value of a key"
    assert (docs[b"since"], docs[b"group"], docs[b"complexity"]) == (b"1.0.0", b"string", b"O(1)")
    assert docs[b"arguments"] == [[b"name", b"key", b"type", b"key", b"key_spec_index", 0]]


@points(1)
def test_docs_without_names_covers_every_command(client):
    flat = client("COMMAND", "DOCS")
    assert len(flat) == 2 * client("COMMAND", "COUNT")


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("GET", "a"), ["a"]),
        (("MSET", "a", 1, "b", 2), ["a", "b"]),
        (("BLPOP", "a", "b", 0), ["a", "b"]),
        (("ZUNIONSTORE", "to", 2, "a", "b", "WEIGHTS", 1, 2), ["to", "a", "b"]),
        (("ZINTERCARD", 2, "a", "b"), ["a", "b"]),
        (("LMPOP", 2, "a", "b", "LEFT"), ["a", "b"]),
        (("SORT", "l", "BY", "w*", "STORE", "to"), ["l", "to"]),
        (("OBJECT", "ENCODING", "k"), ["k"]),
        (("RENAME", "a", "b"), ["a", "b"]),
    ],
    ids=lambda value: str(value[0]),
)
@points(1)
def test_getkeys_finds_the_keys_in_a_command(client, command, keys):
    assert client("COMMAND", "GETKEYS", *command) == [key.encode() for key in keys]


@points(1)
def test_getkeys_refuses_what_has_no_keys(client):
    assert client.error("COMMAND", "GETKEYS", "PING", "x") == "ERR The command has no key arguments"
    assert client.error("COMMAND", "GETKEYS", "NOSUCH", "x") == "ERR Invalid command specified"
    assert (
        client.error("COMMAND", "GETKEYS", "GET", "a", "b") == "ERR Invalid number of arguments specified for command"
    )


@points(1)
def test_getkeysandflags_tells_what_is_done_to_each_key(client):
    assert client("COMMAND", "GETKEYSANDFLAGS", "LMOVE", "a", "b", "LEFT", "LEFT") == [
        [b"a", ["RW", "access", "delete"]],
        [b"b", ["RW", "insert"]],
    ]


@points(1)
def test_list_can_be_filtered(client):
    assert sorted(client("COMMAND", "LIST", "FILTERBY", "PATTERN", "zrem*")) == [
        b"zrem",
        b"zremrangebylex",
        b"zremrangebyrank",
        b"zremrangebyscore",
    ]
    assert b"get" in client("COMMAND", "LIST", "FILTERBY", "ACLCAT", "string")
    assert client("COMMAND", "LIST", "FILTERBY", "ACLCAT", "no such") == []
    assert client("COMMAND", "LIST", "FILTERBY", "MODULE", "no such") == []
    assert client.error("COMMAND", "LIST", "FILTERBY", "COLOUR", "x") == "ERR syntax error"
