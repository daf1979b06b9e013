"""What stands in the append-only file. Where a command would give another result when it is repeated later, there
stands what it did: a moment for a duration, the members that chance chose, the result of an addition."""

import pytest

from tests.stage2_persistence.asking import now_ms
from tests.waiting import eventually

points = pytest.mark.points

FAR_SECONDS = 4_102_444_800
FAR = FAR_SECONDS * 1000


def pass_a_millisecond(client):
    """For the server's clock to go beyond a deadline of PX 1."""
    before = now_ms(client)
    eventually(lambda: now_ms(client) > before + 1)


# Moments -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    ["SET k v EX 100", "SET k v PX 100000", "SETEX k 100 v", "PSETEX k 100000 v", "SET k v EX 100 GET", "SET k v ex 7"],
)
@points(1)
def test_a_string_with_a_time_to_live_is_set_with_a_moment(aof, line):
    written = aof.written(line)
    assert written == [f"SET k v PXAT {aof.client('PEXPIRETIME', 'k')}"]


@pytest.mark.parametrize("line", [f"SET k v EXAT {FAR_SECONDS}", f"SET k v PXAT {FAR}"])
@points(1)
def test_a_moment_is_written_in_milliseconds(aof, line):
    assert aof.written(line) == [f"SET k v PXAT {FAR}"]


@pytest.mark.parametrize(
    "line",
    ["EXPIRE k 100", "PEXPIRE k 100000", f"EXPIREAT k {FAR_SECONDS}", f"PEXPIREAT k {FAR}"]
    + ["GETEX k EX 100", "GETEX k PX 100000", f"GETEX k EXAT {FAR_SECONDS}", f"GETEX k PXAT {FAR}"],
)
@points(1)
def test_every_way_to_expire_is_written_as_one(aof, line):
    aof.client("SET", "k", "v")
    written = aof.written(line)
    assert written == [f"PEXPIREAT k {aof.client('PEXPIRETIME', 'k')}"]


@points(1)
def test_a_condition_stays(aof):
    aof.client("SET", "k", "v")
    written = aof.written("EXPIRE k 100 NX", "EXPIRE k 50 GT", "EXPIRE k 50 XX LT", "SET k v EX 100 NX")
    deadline = aof.client("PEXPIRETIME", "k")
    assert written[1:] == [f"PEXPIREAT k {deadline} XX LT"]
    assert written[0].startswith("PEXPIREAT k ") and written[0].endswith(" NX")


@pytest.mark.parametrize("line", ["EXPIRE k -1", "PEXPIREAT k 1", "GETEX k EXAT 1"])
@points(1)
def test_a_moment_in_the_past_is_a_deletion(aof, line):
    aof.client("SET", "k", "v")
    assert aof.written(line) == ["DEL k"]


@points(1)
def test_persist_is_written_once(aof):
    aof.client("SET", "k", "v", "EX", 100)
    assert aof.written("GETEX k PERSIST", "GETEX k", "PERSIST k") == ["PERSIST k"]
    aof.client("EXPIRE", "k", 100)
    assert aof.written("PERSIST k", "PERSIST k") == ["PERSIST k"]


@points(1)
def test_restore_is_written_with_a_moment(aof):
    aof.client("SET", "k", 1)
    payload = aof.client("DUMP", "k")
    aof.mark()
    aof.client("RESTORE", "copy", 100_000, payload)
    aof.client("RESTORE", "copy", 0, payload, "REPLACE")
    forever, deadline = aof.since_mark()[1], aof.since_mark()[0]
    assert deadline.startswith("RESTORE copy ") and deadline.endswith(" ABSTTL")
    assert abs(int(deadline.split(" ")[2]) - now_ms(aof.client) - 100_000) < 5000
    assert forever.startswith("RESTORE copy 0 ") and forever.endswith(" REPLACE")


# Keys that disappear by themselves -----------------------------------------------------------------------------------


@points(2)
def test_an_expired_key_is_a_deletion_when_it_is_met(aof):
    aof.client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    aof.client("SET", "k", "v", "PX", 1)
    pass_a_millisecond(aof.client)
    assert aof.written("GET k", "GET k") == ["DEL k"]


@points(2)
def test_an_expired_key_is_a_deletion_when_nobody_looks(aof):
    aof.client("SET", "k", "v", "PX", 1)
    eventually(lambda: aof.since_mark()[-1] == "DEL k")


@points(2)
def test_a_write_that_meets_an_expired_key_comes_with_its_deletion(aof):
    aof.client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    aof.client("SET", "n", 5, "PX", 1)
    pass_a_millisecond(aof.client)
    assert aof.written("INCR n") == ["MULTI", "DEL n", "INCR n", "EXEC"]


@points(1)
def test_what_is_freed_in_the_background_is_unlinked(aof):
    client = aof.client
    client("CONFIG", "SET", "lazyfree-lazy-expire", "yes")
    client("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    client("MSET", "a", 1, "b", 1)
    client("SET", "k", "v", "PX", 1)
    pass_a_millisecond(client)
    assert aof.written("GET k", "EXPIRE a -1", "GETEX b EXAT 1") == ["UNLINK k", "UNLINK a", "UNLINK b"]


@points(2)
def test_evicted_keys_are_deletions(aof):
    client = aof.client
    client.pipeline(*[("SET", f"k{n}", "x" * 10_000) for n in range(50)])
    used = int(client("INFO", "memory").split(b"used_memory:")[1].split(b"\r")[0])
    client("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
    aof.mark()
    before = set(client("KEYS", "*"))
    client("CONFIG", "SET", "maxmemory", used - 100_000)
    eventually(lambda: client("DBSIZE") < len(before) - 5)
    client("CONFIG", "SET", "maxmemory", 0)
    gone = before - set(client("KEYS", "*"))
    assert sorted(aof.since_mark()) == sorted(f"DEL {key.decode()}" for key in gone)


# Chance and arithmetic -----------------------------------------------------------------------------------------------


@points(2)
def test_what_chance_takes_from_a_set_is_named(aof):
    aof.client("SADD", "s", "a", "b", "c", "d")
    aof.mark()
    popped = aof.client("SPOP", "s")
    assert aof.since_mark() == [f"SREM s {popped.decode()}"]
    aof.mark()
    popped = aof.client("SPOP", "s", 2)
    assert aof.since_mark() == ["MULTI", *[f"SREM s {member.decode()}" for member in popped], "EXEC"]


@pytest.mark.parametrize("line", ["SPOP s", "SPOP s 1", "SPOP s 100"])
@points(1)
def test_a_set_that_is_taken_whole_is_deleted(aof, line):
    aof.client("SADD", "s", "a")
    assert aof.written(line)[0] in ("DEL s" if line != "SPOP s" else "SREM s a",)


@points(1)
def test_the_result_of_adding_fractions_is_written(aof):
    aof.client("SET", "k", "1.5")
    assert aof.written("INCRBYFLOAT k 0.25") == ["SET k 1.75 KEEPTTL"]
    assert aof.written("HINCRBYFLOAT h f 0.1", "HINCRBYFLOAT h f 0.2") == ["HSET h f 0.1", "HSET h f 0.3"]


@points(1)
def test_whole_numbers_are_added_again(aof):
    lines = ["INCR n", "INCRBY n 5", "DECR n", "HINCRBY h f 2", "ZINCRBY z 0.1 a", "ZADD z INCR 0.2 a"]
    assert aof.written(*lines) == lines


# What is written as it came ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["SET k v", "APPEND k w", "SETRANGE k 1 x", "SET k v KEEPTTL", "MSET a 1 b 2", "MSETNX c 1 d 2", "GETDEL z"],
        ["RPUSH l a b c d", "LPUSHX l z", "LINSERT l BEFORE a y", "LSET l 0 x", "LREM l 0 b", "LTRIM l 0 1", "LPOP l"],
        ["SADD s a b", "SADD t b", "SMOVE s t a", "SREM s b", "SUNIONSTORE u s t", "SINTERSTORE u s t"],
        ["HSET h f v g w", "HMSET h f x", "HSETNX h i v", "HDEL h f"],
        ["ZADD z 1 a 2 b 3 c", "ZADD z GT CH 5 a", "ZREM z b", "ZPOPMIN z", "ZREMRANGEBYRANK z 0 0"],
        ["ZADD z 1 a 2 b 3 c", "ZRANGESTORE y z 0 1", "ZUNIONSTORE x 2 z y WEIGHTS 1 2", "ZINTERSTORE w 2 z y"],
        ["RPUSH l 3 1 2", "SORT l STORE sorted", "SORT l BY nosort STORE sorted", "LMOVE l sorted LEFT RIGHT"],
        ["SET k v", "COPY k c", "COPY k c REPLACE", "COPY k c DB 3", "RENAME k r", "RENAMENX c q", "MOVE r 4"],
        ["SET k v", "SWAPDB 0 1", "SWAPDB 0 1", "DEL k", "FLUSHDB", "FLUSHALL ASYNC"],
    ],
    ids=lambda lines: lines[0],
)
@points(1)
def test_most_writes_stand_there_as_they_came(aof, lines):
    expected = [line for line in lines if line != "GETDEL z"]
    assert aof.written(*lines) == expected


@points(1)
def test_some_are_written_as_what_they_come_to(aof):
    aof.client("SET", "k", "v")
    assert aof.written("GETSET k w", "SET k x GET", "GETDEL k") == ["SET k w", "SET k x", "DEL k"]
    aof.client("RPUSH", "l", *range(10))
    assert aof.written("LMPOP 2 none l LEFT COUNT 2", "RPOP l 100", "UNLINK none") == ["LPOP l 2", "RPOP l 100"]
    aof.client("ZADD", "z", 1, "a", 2, "b", 3, "c")
    assert aof.written("ZMPOP 1 z MAX", "ZMPOP 2 none z MIN COUNT 5") == ["ZPOPMAX z 1", "ZPOPMIN z 2"]


@pytest.mark.parametrize(
    "line",
    ["SET k w NX", "SETNX k w", "DEL none", "UNLINK none", "EXPIRE none 100", "PERSIST k", "LPUSHX none a"]
    + ["LPOP none", "LREM l 0 z", "LTRIM none 0 1", "SADD s a", "SREM s z", "SPOP none", "SMOVE s t z", "HDEL h z"]
    + ["HSETNX h f w", "ZADD z 1 a", "ZADD z XX 2 b", "ZREM z b", "ZPOPMIN none", "MSETNX k 1 x 2", "RENAMENX k s"]
    + ["COPY k s", "MOVE none 1", "EXPIRE k 100 XX", "SINTERSTORE none none none", "ZDIFFSTORE none 1 none"]
    + ["GETDEL none", "GETEX k", "RPOPLPUSH none l", "SETRANGE none 0 ", "BLPOP none 0.01", "SPOP s 0"],
)
@points(1)
def test_a_write_that_changes_nothing_leaves_nothing(aof, line):
    aof.client.pipeline(("SET", "k", "v"), ("RPUSH", "l", "a"), ("SADD", "s", "a"), ("HSET", "h", "f", "v"))
    aof.client("ZADD", "z", 1, "a")
    assert aof.written(line) == []


@points(1)
def test_names_are_written_as_they_were_typed_and_bytes_as_they_are(aof):
    aof.mark()
    aof.client("set", b"\x00\r\n", b"\xff" * 3)
    assert aof.since_mark() == ["set \x00\r\n \xff\xff\xff"]


@points(1)
def test_an_inline_command_is_written_like_any_other(aof):
    aof.mark()
    aof.client.send_bytes(b'SET k "a b"\r\n')
    assert aof.client.reply() == "OK"
    assert aof.since_mark() == ["SET k a b"]


# Databases and transactions ------------------------------------------------------------------------------------------


@points(2)
def test_a_database_is_selected_when_a_write_goes_to_another(aof):
    lines = ["SELECT 3", "SET a 1", "SET b 1", "SELECT 4", "GET a", "SELECT 0", "SET c 1"]
    assert aof.written(*lines) == ["SELECT 3", "SET a 1", "SET b 1", "SELECT 0", "SET c 1"]


@points(1)
def test_two_clients_in_two_databases_are_told_apart(aof):
    other = aof.server.connect()
    other("SELECT", 2)
    aof.mark()
    for _ in range(2):
        aof.client("INCR", "n")
        other("INCR", "n")
    assert aof.since_mark() == ["INCR n", "SELECT 2", "INCR n", "SELECT 0", "INCR n", "SELECT 2", "INCR n"]


@points(2)
def test_a_transaction_stands_between_multi_and_exec(aof):
    assert aof.written("MULTI", "SET a 1", "GET a", "INCR a", "EXEC") == ["MULTI", "SET a 1", "INCR a", "EXEC"]


@points(1)
def test_a_transaction_with_one_write_needs_no_frame(aof):
    assert aof.written("MULTI", "GET a", "SET a 1", "EXEC") == ["SET a 1"]


@pytest.mark.parametrize(
    "lines",
    [["EXEC"], ["GET mark", "EXEC"], ["SET a 1", "DISCARD"], ["SET a", "EXEC"], ["SPOP none", "DEL none", "EXEC"]],
    ids=str,
)
@points(1)
def test_a_transaction_without_effect_leaves_nothing(aof, lines):
    assert aof.written("MULTI", *lines) == []


@points(1)
def test_what_fails_in_a_transaction_is_left_out(aof):
    written = aof.written("MULTI", "SET a v", "LPUSH a 1", "SET b w", "EXEC")
    assert written == ["MULTI", "SET a v", "SET b w", "EXEC"]


@points(1)
def test_commands_in_a_transaction_are_written_as_alone(aof):
    written = aof.written("MULTI", "SET k 1 EX 100", "EXPIRE k 200", "INCRBYFLOAT n 0.5", "EXEC")
    deadlines = [int(line.split(" ")[-1]) for line in written[1:3]]
    assert written == [
        "MULTI",
        f"SET k 1 PXAT {deadlines[0]}",
        f"PEXPIREAT k {deadlines[1]}",
        "SET n 0.5 KEEPTTL",
        "EXEC",
    ]
    assert deadlines[1] == deadlines[0] + 100_000 == aof.client("PEXPIRETIME", "k")


@points(1)
def test_databases_change_within_a_transaction(aof):
    written = aof.written("MULTI", "SET a 1", "SELECT 3", "SET b 1", "EXEC", "SELECT 0")
    assert written == ["MULTI", "SET a 1", "SELECT 3", "SET b 1", "EXEC"]


# Those who waited ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "push", "written"),
    [
        ("BLPOP l 0", "RPUSH l a b", "LPOP l"),
        ("BRPOP none l 0", "RPUSH l a b", "RPOP l"),
        ("BLMOVE l m LEFT RIGHT 0", "RPUSH l a b", "LMOVE l m LEFT RIGHT"),
        ("BRPOPLPUSH l m 0", "RPUSH l a b", "RPOPLPUSH l m"),
        ("BLMPOP 0 2 none l LEFT COUNT 5", "RPUSH l a b", "LPOP l 2"),
        ("BZPOPMIN z 0", "ZADD z 1 a 2 b", "ZPOPMIN z"),
        ("BZPOPMAX z 0", "ZADD z 1 a 2 b", "ZPOPMAX z"),
        ("BZMPOP 0 1 z MAX COUNT 5", "ZADD z 1 a 2 b", "ZPOPMAX z 2"),
    ],
)
@points(1)
def test_a_client_that_waited_takes_after_the_write_that_woke_it(aof, waiting, push, written):
    waiter = aof.server.connect()
    waiter.send(*waiting.split())
    eventually(lambda: b"blocked_clients:1" in aof.client("INFO", "clients"))
    assert [line.upper() for line in aof.written(push)] == [push.upper(), written.upper()]
    assert waiter.reply()


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("BLPOP l 0", "LPOP l"),
        ("BRPOP l 0", "RPOP l"),
        ("BLMOVE l m LEFT RIGHT 0", "LMOVE l m LEFT RIGHT"),
        ("BRPOPLPUSH l m 0", "RPOPLPUSH l m"),
        ("BLMPOP 0 1 l LEFT COUNT 2", "LPOP l 2"),
        ("BZPOPMIN z 0", "ZPOPMIN z"),
        ("BZMPOP 0 1 z MIN", "ZPOPMIN z 1"),
    ],
)
@points(1)
def test_one_that_need_not_wait_takes_at_once(aof, line, written):
    aof.client("RPUSH", "l", *range(10))
    aof.client("ZADD", "z", 1, "a", 2, "b", 3, "c")
    assert aof.written(line) == [written]


@points(1)
def test_a_transaction_ends_before_those_who_waited_take(aof):
    waiter = aof.server.connect()
    waiter.send("BLPOP", "l", 0)
    eventually(lambda: b"blocked_clients:1" in aof.client("INFO", "clients"))
    written = aof.written("MULTI", "RPUSH l a", "SET k v", "EXEC")
    assert written == ["MULTI", "RPUSH l a", "SET k v", "EXEC", "LPOP l"]


# What the keyspace is, and nothing else ------------------------------------------------------------------------------


@points(1)
def test_what_is_no_data_is_not_written(aof):
    lines = ["PUBLISH c m", "CONFIG SET hz 100", "CLIENT SETNAME x", "SELECT 5", "TOUCH mark", "OBJECT ENCODING mark"]
    assert aof.written(*lines, "DEBUG SLEEP 0", "WATCH mark", "UNWATCH", "SELECT 0") == []


@points(2)
def test_the_file_repeated_gives_the_same_data(aof):
    client = aof.client
    client("SADD", "s", *range(100))
    client("SPOP", "s", 50)
    client("SPOP", "s")
    client("SET", "n", "1.1")
    client("INCRBYFLOAT", "n", "2.2")
    client("SET", "k", 1, "EX", 1000)
    client.transaction(("RPUSH", "l", 1, 2, 3), ("SELECT", 2), ("SET", "k", 2), ("SELECT", 0))
    deadline, digest = client("PEXPIRETIME", "k"), client("DEBUG", "DIGEST")
    client("DEBUG", "LOADAOF")
    assert (client("PEXPIRETIME", "k"), client("DEBUG", "DIGEST")) == (deadline, digest)
