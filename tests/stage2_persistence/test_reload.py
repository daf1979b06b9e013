"""DEBUG RELOAD and LOADAOF: saved, emptied and loaded in one go."""

import pytest

from tests.stage2_persistence.asking import everything
from tests.stage2_persistence.samples import make_samples

points = pytest.mark.points


@points(2)
def test_reload_keeps_everything(client, rdb):
    make_samples(client)
    client("PEXPIREAT", "small hash", 4_102_444_800_000)
    before, digest = everything(client), client("DEBUG", "DIGEST")
    assert client("DEBUG", "RELOAD") == "OK"
    assert (everything(client), client("DEBUG", "DIGEST")) == (before, digest)
    assert rdb.exists()


@points(1)
def test_reload_without_saving_goes_back_to_the_last_snapshot(client):
    client("SET", "k", "saved")
    client("SAVE")
    client("SET", "k", "changed")
    assert client("DEBUG", "RELOAD", "NOSAVE") == "OK"
    assert client("GET", "k") == b"saved"


@points(1)
def test_reload_without_emptying_meets_what_is_there(client):
    client("SET", "saved", 1)
    client("SAVE")
    client("DEL", "saved")
    client("SET", "kept", 1)
    assert client("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH") == "OK"
    assert sorted(client("KEYS", "*")) == [b"kept", b"saved"]


@points(1)
def test_reload_merges_when_told_to(client):
    client("SET", "k", "saved")
    client("SAVE")
    client("SET", "k", "changed")
    client("SET", "kept", 1)
    assert client("DEBUG", "RELOAD", "MERGE", "NOSAVE", "NOFLUSH") == "OK"
    assert client("MGET", "k", "kept") == [b"saved", b"1"]


@points(1)
def test_reload_has_three_options(client):
    assert client.error("DEBUG", "RELOAD", "FAST") == (
        "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."
    )


@points(1)
def test_reload_without_a_snapshot_is_an_error(client):
    assert client.error("DEBUG", "RELOAD", "NOSAVE") == "ERR Error trying to load the RDB dump"


@points(1)
def test_connections_outlive_a_reload(client, server):
    other = server.connect()
    other("SELECT", 3)
    client("DEBUG", "RELOAD")
    other("SET", "k", "v")
    client("SELECT", 3)
    assert client("GET", "k") == b"v"


@points(1)
def test_loadaof_replays_the_append_only_file(aof):
    client = aof.client
    make_samples(client)
    before, digest = everything(client), client("DEBUG", "DIGEST")
    assert client("DEBUG", "LOADAOF") == "OK"
    assert (everything(client), client("DEBUG", "DIGEST")) == (before, digest)


@points(1)
def test_a_reload_leaves_nothing_in_the_append_only_file(aof):
    aof.client("SET", "k", "v")
    assert aof.written("DEBUG RELOAD", "DEBUG LOADAOF") == []
    assert aof.written("APPEND k w") == ["APPEND k w"]
    assert aof.client("GET", "k") == b"vw"
