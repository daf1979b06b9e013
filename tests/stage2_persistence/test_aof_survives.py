"""An append-only file: what was acknowledged is there after a SIGKILL, in order, under each policy of fsync.

SIGKILL takes the process and leaves the system, whose page cache holds all that was written. So it tells whether
write(2) came before the reply, and nothing of fsync.
"""

import pytest

from tests.stage2_persistence.asking import everything, field, persistence
from tests.stage2_persistence.samples import make_samples
from tests.waiting import eventually

points = pytest.mark.points

POLICIES = ["always", "everysec", "no"]


def wait_until_written(client):
    """Under everysec a write may stand behind an fsync that takes long; else this is true at once."""
    eventually(lambda: field(client, "aof_buffer_length") == 0 and field(client, "aof_pending_bio_fsync") == 0)


@pytest.mark.parametrize("policy", POLICIES)
@points(3)
def test_a_write_survives_the_server_s_death(node, policy):
    here = node("--appendonly", "yes", "--appendfsync", policy)
    client = here.start()
    for n in range(50):
        client("RPUSH", "l", n)
    wait_until_written(client)
    assert here.restart()("LRANGE", "l", 0, -1) == [b"%d" % n for n in range(50)]


@pytest.mark.parametrize("policy", ["always", "no"])
@points(3)
def test_a_reply_comes_after_the_write(node, policy):
    here = node("--appendonly", "yes", "--appendfsync", policy)
    client = here.start()
    part = here.manifest.incremental
    for n in range(200):  # the wrong order would show only now and then
        size = part.stat().st_size
        client("SET", "k", n)
        assert part.stat().st_size > size


@points(2)
def test_a_pipeline_of_many_clients_survives_under_always(node):
    here = node("--appendonly", "yes", "--appendfsync", "always")
    here.start()
    clients = [here.server.connect() for _ in range(10)]
    for number, client in enumerate(clients):
        for n in range(20):
            client.send("RPUSH", f"l{number}", n)
    for client in clients:
        assert [client.reply() for _ in range(20)] == list(range(1, 21))
    client = here.restart()
    for number in range(10):
        assert client("LRANGE", f"l{number}", 0, -1) == [b"%d" % n for n in range(20)]


@points(2)
def test_every_type_survives(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    make_samples(client)
    client("PEXPIREAT", "small hash", 4_102_444_800_123)
    client("SELECT", 7)
    client("SET", "k", "v")
    before, digest = everything(client, (0, 7)), client("DEBUG", "DIGEST")
    client = here.restart()
    assert (everything(client, (0, 7)), client("DEBUG", "DIGEST")) == (before, digest)


@points(1)
def test_the_policy_can_change_while_it_runs(node):
    here = node("--appendonly", "yes")
    client = here.start()
    for policy in [*POLICIES, *reversed(POLICIES)]:
        client("CONFIG", "SET", "appendfsync", policy)
        client("RPUSH", "l", policy)
    wait_until_written(client)
    assert here.restart()("LLEN", "l") == 6


@points(2)
def test_writing_goes_on_where_the_last_server_stopped(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    for n in range(4):
        here.start()("RPUSH", "l", n)
        here.kill()
    client = here.start()
    assert client("LRANGE", "l", 0, -1) == [b"0", b"1", b"2", b"3"]
    assert here.manifest.kinds == "bi"


@points(2)
def test_databases_are_told_apart_after_a_restart(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    client("SELECT", 5)
    client("SET", "k", "five")
    client = here.restart()
    client("SET", "k", "zero")
    client = here.restart()
    assert everything(client, range(16)) == {(0, "k"): (b"zero", -1), (5, "k"): (b"five", -1)}


@points(2)
def test_deadlines_mean_moments_not_durations(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    client("SET", "a", 1, "EX", 100)
    client("SET", "b", 1)
    client("EXPIRE", "b", 1000)
    client("GETEX", "b", "PX", 500_000)
    client("SET", "gone", 1, "PX", 1)
    deadlines = client("PEXPIRETIME", "a"), client("PEXPIRETIME", "b")
    eventually(lambda: client("EXISTS", "gone") == 0)
    client = here.restart()
    assert (client("PEXPIRETIME", "a"), client("PEXPIRETIME", "b")) == deadlines
    assert client("EXISTS", "gone") == 0


@points(1)
def test_a_key_whose_time_passed_while_nobody_ran_is_gone(node):
    here = node("--appendonly", "yes", "--appendfsync", "no")
    client = here.start()
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    client("SET", "k", "v", "PX", 1)
    client("SET", "kept", "v")
    client = here.restart()
    eventually(lambda: client("KEYS", "*") == [b"kept"])


@points(1)
def test_the_append_only_file_comes_before_the_snapshot(node):
    here = node("--appendfsync", "no")
    client = here.start()
    client("SET", "k", "in the snapshot")
    client("SAVE")
    client = here.restart("--appendonly", "yes")
    assert client("GET", "k") is None, "with appendonly yes nobody looks at the snapshot"
    client("SET", "k", "in the file")
    assert here.restart("--appendonly", "yes")("GET", "k") == b"in the file"
    assert here.restart()("GET", "k") == b"in the snapshot"


@points(1)
def test_info_tells_all_about_the_file(node):
    client = node("--appendonly", "yes", "--appendfsync", "always").start()
    before = field(client, "aof_current_size")
    client("SET", "k", "x" * 1000)
    info = persistence(client)
    assert (info["aof_enabled"], info["aof_last_write_status"], info["aof_last_bgrewrite_status"]) == ("1", "ok", "ok")
    assert int(info["aof_current_size"]) > before + 1000
    assert int(info["aof_base_size"]) <= before
    assert set(info) >= {"aof_pending_rewrite", "aof_buffer_length", "aof_pending_bio_fsync", "aof_delayed_fsync"}


@points(1)
def test_reads_and_refusals_write_nothing(aof):
    lines = ["GET mark", "EXISTS mark", "LPUSH mark a", "NOSUCH", "SET mark", "INCR mark x", "PING", "KEYS *"]
    assert aof.written(*lines) == []
