"""SAVE, BGSAVE, LASTSAVE and save points: when a snapshot is taken, of which moment, and what is told about it."""

import pytest

from tests.stage2_persistence.asking import field, now_ms, persistence, wait_for_save
from tests.waiting import eventually

points = pytest.mark.points

CHECKSUM_BYTES = 8
END_OF_FILE = 0xFF


@pytest.fixture
def slow_saving(client, configure):
    """Many keys, and a pause after each: a snapshot outlasts the test, whose end ends it."""
    configure("rdb-key-save-delay", 10_000)
    client("DEBUG", "POPULATE", 2000, "ballast", 10)
    yield
    client("FLUSHALL")
    wait_for_save(client)


@points(1)
def test_save_writes_a_whole_file_before_it_answers(client, rdb):
    client("SET", "k", "v")
    assert client("SAVE") == "OK"
    data = rdb.read_bytes()
    assert data.startswith(b"REDIS00")
    assert data[-CHECKSUM_BYTES - 1] == END_OF_FILE


@points(1)
def test_an_empty_server_saves_too(client, rdb):
    assert client("SAVE") == "OK"
    assert rdb.read_bytes().startswith(b"REDIS00")


@points(1)
def test_no_temporary_file_stays(client, rdb):
    client("SET", "k", "v")
    client("SAVE")
    client("BGSAVE")
    wait_for_save(client)
    assert [path.name for path in rdb.parent.glob("*.rdb")] == ["dump.rdb"]


@points(1)
def test_bgsave_saves_in_the_background(client, rdb):
    client("SET", "k", "v")
    assert client("BGSAVE") == "Background saving started"
    assert wait_for_save(client) == "ok"
    assert rdb.read_bytes().startswith(b"REDIS00")


@points(1)
def test_bgsave_has_one_option(client):
    assert client.error("BGSAVE", "NOW") == "ERR syntax error"
    assert client.error("BGSAVE", "SCHEDULE", "SCHEDULE") == "ERR syntax error"
    assert client("BGSAVE", "SCHEDULE") == "Background saving started"
    wait_for_save(client)


@points(1)
def test_there_is_one_snapshot_at_a_time(client, slow_saving):
    client("BGSAVE")
    assert persistence(client)["rdb_bgsave_in_progress"] == "1"
    for command in [("BGSAVE",), ("BGSAVE", "SCHEDULE"), ("SAVE",)]:
        assert client.error(*command) == "ERR Background save already in progress"


@points(2)
def test_clients_are_served_while_a_snapshot_is_taken(client, slow_saving):
    client("BGSAVE")
    assert client("SET", "k", "v") == "OK"
    assert client("GET", "k") == b"v"
    assert persistence(client)["rdb_bgsave_in_progress"] == "1"


@points(3)
def test_a_snapshot_shows_the_moment_at_which_it_began(node):
    here = node("--rdb-key-save-delay", 20_000)
    client = here.start()
    client("MSET", *[word for n in range(20) for word in (f"k{n}", "before")])
    client("RPUSH", "list", "before")
    client("BGSAVE")
    client("MSET", *[word for n in range(20) for word in (f"k{n}", "after")])
    client("RPUSH", "list", "after")
    client("SET", "new", "after")
    client("DEL", "k7")
    assert persistence(client)["rdb_bgsave_in_progress"] == "1"
    assert wait_for_save(client) == "ok"
    client = here.restart()
    assert client("DBSIZE") == 21
    assert set(client("MGET", *[f"k{n}" for n in range(20)])) == {b"before"}
    assert client("LRANGE", "list", 0, -1) == [b"before"]


@points(1)
def test_changes_are_counted_since_the_last_snapshot(client):
    client("SAVE")
    assert field(client, "rdb_changes_since_last_save") == 0
    client("MSET", "a", 1, "b", 2)
    client("SADD", "s", 1, 2, 3)
    client("GET", "a")
    client("DEL", "missing")
    assert field(client, "rdb_changes_since_last_save") == 5
    client("SAVE")
    assert field(client, "rdb_changes_since_last_save") == 0


@points(2)
def test_changes_during_a_snapshot_are_not_forgotten(client, configure):
    configure("rdb-key-save-delay", 50_000)
    client("MSET", "a", 1, "b", 2)
    client("BGSAVE")
    client("SET", "c", 3)
    wait_for_save(client)
    assert field(client, "rdb_changes_since_last_save") == 1


@points(1)
def test_lastsave_is_the_second_of_the_last_snapshot(client):
    eventually(lambda: now_ms(client) // 1000 > client("LASTSAVE"))
    client("SAVE")
    assert now_ms(client) // 1000 - client("LASTSAVE") <= 1
    assert field(client, "rdb_last_save_time") == client("LASTSAVE")


@points(1)
def test_a_server_that_has_not_saved_says_when_it_started(node):
    client = node().start()
    assert abs(now_ms(client) // 1000 - client("LASTSAVE")) <= 5


@points(1)
def test_info_tells_all_about_snapshots(client):
    client("SAVE")
    client("BGSAVE")
    wait_for_save(client)
    info = persistence(client)
    assert (info["loading"], info["async_loading"], info["aof_enabled"]) == ("0", "0", "0")
    assert (info["rdb_bgsave_in_progress"], info["rdb_last_bgsave_status"]) == ("0", "ok")
    assert (info["rdb_current_bgsave_time_sec"], int(info["rdb_last_bgsave_time_sec"]) >= 0) == ("-1", True)
    assert set(info) >= set(
        "current_cow_peak current_cow_size current_cow_size_age current_fork_perc current_save_keys_processed "
        "current_save_keys_total rdb_changes_since_last_save rdb_last_save_time rdb_last_cow_size rdb_saves "
        "rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_rewrite_in_progress aof_rewrite_scheduled "
        "aof_last_rewrite_time_sec aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites "
        "aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size module_fork_in_progress "
        "module_fork_last_cow_size".split()
    )


@points(1)
def test_snapshots_are_counted(client):
    before = field(client, "rdb_saves")
    client("SAVE")
    client("BGSAVE")
    wait_for_save(client)
    assert field(client, "rdb_saves") == before + 2


@points(1)
def test_a_snapshot_counts_from_its_start_and_only_if_asked_for(client, slow_saving):
    client("CONFIG", "SET", "rdb-key-save-delay", 0)
    before = field(client, "rdb_saves")
    client("DEBUG", "RELOAD")
    assert field(client, "rdb_saves") == before
    client("CONFIG", "SET", "rdb-key-save-delay", 10_000)
    client("BGSAVE")
    assert field(client, "rdb_bgsave_in_progress") == 1
    assert field(client, "rdb_saves") == before + 1


@points(1)
def test_the_progress_of_a_snapshot_is_told(client, slow_saving):
    client("BGSAVE")
    info = persistence(client)
    assert info["current_save_keys_total"] == "2000"
    assert int(info["rdb_current_bgsave_time_sec"]) >= 0


@points(1)
def test_the_time_that_the_fork_took_is_told(client):
    client("BGSAVE")
    wait_for_save(client)
    statistics = client("INFO", "stats")
    assert int(statistics.split(b"latest_fork_usec:")[1].split(b"\r")[0]) > 0


@points(2)
def test_a_save_point_asks_for_enough_changes_in_enough_time(client, configure, rdb):
    client("SAVE")
    rdb.unlink()
    configure("save", "1 10")
    for n in range(9):
        client("SET", "k", n)
    eventually(lambda: now_ms(client) // 1000 > client("LASTSAVE") + 1)
    assert not rdb.exists()
    client("SET", "k", 9)
    eventually(rdb.exists)
    wait_for_save(client)
    assert field(client, "rdb_changes_since_last_save") == 0


@points(1)
def test_save_is_not_for_transactions_and_bgsave_waits_for_their_end(client):
    client("MULTI")
    assert client.error("SAVE") == "ERR Command not allowed inside a transaction"
    client("DISCARD")
    assert client.transaction(("SET", "k", "v"), ("BGSAVE",)) == ["OK", "Background saving scheduled"]
    eventually(lambda: field(client, "rdb_changes_since_last_save") == 0)


@points(2)
def test_flushall_empties_the_snapshot_too_where_there_are_save_points(node):
    here = node()
    client = here.start("--save", "3600 1")
    client("SET", "k", "v")
    client("SAVE")
    client("FLUSHALL")
    client = here.restart()
    assert client("DBSIZE") == 0


@points(1)
def test_flushall_without_save_points_leaves_the_snapshot(client, rdb):
    client("SET", "k", "v")
    client("SAVE")
    before = rdb.read_bytes()
    client("FLUSHALL")
    assert rdb.read_bytes() == before


@points(1)
def test_flushall_ends_the_snapshot_that_is_being_taken(client, slow_saving, rdb):
    client("BGSAVE")
    client("FLUSHALL")
    eventually(lambda: persistence(client)["rdb_bgsave_in_progress"] == "0")
    assert not rdb.exists()


@points(1)
def test_the_file_s_name_can_be_chosen(node):
    here = node("--dbfilename", "other.rdb")
    client = here.start()
    client("SET", "k", "v")
    client("SAVE")
    assert here.names == ["other.rdb"]
    assert here.restart()("GET", "k") == b"v"


@points(1)
def test_compression_makes_the_file_smaller(client, configure, rdb):
    client("SET", "k", "again and " * 1000)
    client("SAVE")
    compressed = rdb.stat().st_size
    configure("rdbcompression", "no")
    client("SAVE")
    assert rdb.stat().st_size > 10_000 > 10 * compressed


@points(1)
def test_a_file_without_a_checksum_ends_with_zeroes_and_is_loaded(node):
    here = node("--rdbchecksum", "no")
    client = here.start()
    client("SET", "k", "v")
    client("SAVE")
    assert here.rdb.read_bytes().endswith(bytes([END_OF_FILE]) + bytes(CHECKSUM_BYTES))
    assert here.restart("--rdbchecksum", "yes")("GET", "k") == b"v"


@points(1)
def test_the_file_says_who_wrote_it(client, rdb):
    client("SAVE")
    for name in (b"redis-ver", b"redis-bits", b"ctime", b"used-mem", b"aof-base"):
        assert b"\xfa" + bytes([len(name)]) + name in rdb.read_bytes()
