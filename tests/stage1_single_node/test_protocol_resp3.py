"""RESP3, which a connection asks for by HELLO 3: more kinds of replies, and pushes."""

import pytest

from tests.wire import Verbatim

points = pytest.mark.points


@pytest.fixture
def client3(connect):
    client = connect()
    client("HELLO", 3)
    return client


@points(1)
def test_hello_3_is_answered_with_a_map_about_the_server(client):
    hello = client("HELLO", 3)
    assert hello[b"server"] == b"redis"
    assert hello[b"version"].startswith(b"7.0.")
    assert hello[b"proto"] == 3
    assert hello[b"id"] == client("CLIENT", "ID")
    assert (hello[b"mode"], hello[b"role"], hello[b"modules"]) == (b"standalone", b"master", [])


@points(1)
def test_hello_2_is_answered_with_a_flat_array_and_goes_back(client3):
    hello = client3("HELLO", 2)
    assert hello[::2] == [b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules"]
    assert hello[5] == 2
    assert client3("CONFIG", "GET", "port")[0] == b"port"


@points(1)
def test_hello_without_a_version_keeps_the_protocol(client, client3):
    assert client("HELLO")[5] == 2
    assert client3("HELLO")[b"proto"] == 3


@points(1)
def test_hello_refuses_other_versions(client):
    assert client.error("HELLO", 4) == "NOPROTO unsupported protocol version"
    assert client.error("HELLO", 1) == "NOPROTO unsupported protocol version"
    assert client.error("HELLO", "x") == "ERR Protocol version is not an integer or out of range"
    assert client.error("HELLO", 3, "NONSENSE") == "ERR Syntax error in HELLO option 'NONSENSE'"
    assert client("HELLO")[5] == 2


@points(1)
def test_hello_can_name_the_client(client):
    client("HELLO", 3, "SETNAME", "me")
    assert client("CLIENT", "GETNAME") == b"me"


@points(1)
def test_hello_with_a_bad_name_changes_nothing(client):
    assert client.error("HELLO", 3, "SETNAME", "not me") == (
        "ERR Client names cannot contain spaces, newlines or special characters."
    )
    assert client("HELLO")[5] == 2


@points(1)
def test_hello_can_authenticate(client):
    assert client("HELLO", 3, "AUTH", "default", "any password while none is set")[b"proto"] == 3


@points(1)
def test_there_is_one_null(client3):
    client3.send_bytes(b"GET missing\r\nLPOP missing 2\r\nZRANK missing m\r\nMGET missing\r\n")
    client3.expect(b"_\r\n_\r\n_\r\n*1\r\n_\r\n")


@points(1)
def test_a_hash_is_a_map(client3):
    client3.send_bytes(b"HSET h f v\r\nHGETALL h\r\nHGETALL missing\r\n")
    client3.expect(b":1\r\n%1\r\n$1\r\nf\r\n$1\r\nv\r\n%0\r\n")


@points(1)
def test_a_set_is_a_set(client3):
    client3.send_bytes(b"SADD s m\r\nSMEMBERS s\r\nSINTER s missing\r\nSPOP s 1\r\n")
    client3.expect(b":1\r\n~1\r\n$1\r\nm\r\n~0\r\n~1\r\n$1\r\nm\r\n")


@points(1)
def test_scores_are_doubles(client3):
    client3.send_bytes(b"ZADD z 1.5 a inf b\r\nZSCORE z a\r\nZADD z INCR 1 a\r\nZSCORE z b\r\nZMSCORE z a c\r\n")
    client3.expect(b":2\r\n,1.5\r\n,2.5\r\n,inf\r\n*2\r\n,2.5\r\n_\r\n")


@points(1)
def test_members_with_scores_come_in_pairs(client3):
    client3("ZADD", "z", 1, "a", 2, "b")
    client3.send_bytes(b"ZRANGE z 0 -1 WITHSCORES\r\nZPOPMIN z\r\nZPOPMIN z 1\r\n")
    client3.expect(b"*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2\r\n")
    client3.expect(b"*2\r\n$1\r\na\r\n,1\r\n")
    client3.expect(b"*1\r\n*2\r\n$1\r\nb\r\n,2\r\n")


@points(1)
def test_random_fields_with_values_come_in_pairs(client3):
    client3("HSET", "h", "f", "v")
    assert client3("HRANDFIELD", "h", 1, "WITHVALUES") == [[b"f", b"v"]]


@points(1)
def test_increments_by_floats_stay_strings(client3):
    client3.send_bytes(b"INCRBYFLOAT n 1.5\r\nHINCRBYFLOAT h f 1.5\r\n")
    client3.expect(b"$3\r\n1.5\r\n$3\r\n1.5\r\n")


@points(1)
def test_texts_for_people_are_verbatim_strings(client3):
    info = client3("INFO", "server")
    assert isinstance(info, Verbatim) and info.startswith(b"txt:# Server\r\n")
    assert isinstance(client3("CLIENT", "INFO"), Verbatim)


@points(1)
def test_configuration_is_a_map(client3):
    assert client3("CONFIG", "GET", "maxmemory") == {b"maxmemory": b"0"}


@points(1)
def test_facts_of_commands_are_sets_and_documentation_a_map(client3):
    facts = client3("COMMAND", "INFO", "GET")[0]
    assert facts[2] == frozenset({"readonly", "fast"})
    assert client3("COMMAND", "DOCS", "GET")[b"get"][b"group"] == b"string"


@points(1)
def test_results_inside_a_transaction_have_their_own_kinds(client3):
    assert client3.transaction(("HSET", "h", "f", "v"), ("HGETALL", "h"), ("GET", "no")) == [1, {b"f": b"v"}, None]


@points(1)
def test_a_discarded_transaction_is_null(client3, client):
    client3("WATCH", "k")
    client("SET", "k", 1)
    client3("MULTI")
    client3.send("EXEC")
    client3.expect(b"_\r\n")


@points(1)
def test_debug_protocol_shows_every_kind_of_reply(fresh_server):
    client = fresh_server("--enable-debug-command", "yes").connect()
    client("HELLO", 3)
    for kind, data in [
        ("STRING", b"$11\r\nHello World\r\n"),
        ("INTEGER", b":12345\r\n"),
        ("DOUBLE", b",3.141\r\n"),
        ("NULL", b"_\r\n"),
        ("ARRAY", b"*3\r\n:0\r\n:1\r\n:2\r\n"),
        ("SET", b"~3\r\n:0\r\n:1\r\n:2\r\n"),
        ("MAP", b"%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"),
        ("BIGNUM", b"(1234567999999999999999999999999999999\r\n"),
        ("TRUE", b"#t\r\n"),
        ("FALSE", b"#f\r\n"),
        ("VERBATIM", b"=29\r\ntxt:This is a verbatim\nstring\r\n"),
    ]:
        client.send("DEBUG", "PROTOCOL", kind)
        client.expect(data)
