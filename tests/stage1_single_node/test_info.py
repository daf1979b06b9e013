"""INFO: what clients, tools and people read about a server."""

import pytest

from tests.waiting import eventually

points = pytest.mark.points


def section(client, *names):
    """INFO's fields as a dictionary."""
    lines = client("INFO", *names).decode().split("\r\n")
    return dict(line.split(":", 1) for line in lines if line and not line.startswith("#"))


@points(1)
def test_sections_come_in_their_order_with_a_heading_each(client):
    headings = [line[2:] for line in client("INFO").decode().split("\r\n") if line.startswith("# ")]
    assert (
        headings
        == "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace".split()
    )


@points(1)
def test_sections_are_chosen_by_name_in_any_case_and_number(client):
    assert client("INFO", "CPU").startswith(b"# CPU\r\n")
    assert client("INFO", "keyspace", "cluster").startswith(b"# Cluster\r\n")
    assert client("INFO", "nosuch") == b""
    for name in ("all", "everything"):
        assert b"# Commandstats\r\n" in client("INFO", name)
    assert b"# Commandstats\r\n" not in client("INFO", "default")


@points(1)
def test_server_section(client, server):
    info = section(client, "server")
    assert info["redis_version"].startswith("7.0.")
    assert (info["redis_mode"], info["tcp_port"], info["arch_bits"]) == ("standalone", str(server.port), "64")
    assert len(info["run_id"]) == 40
    assert set(info) >= set(
        "os multiplexing_api process_id uptime_in_seconds uptime_in_days hz configured_hz lru_clock executable "
        "config_file server_time_usec".split()
    )


@points(1)
def test_process_id_is_the_process(fresh_server):
    server = fresh_server()
    assert section(server.connect(), "server")["process_id"] == str(server.process.pid)


@points(1)
def test_clients_section_counts_connections(client, connect):
    before = int(section(client, "clients")["connected_clients"])
    other = connect()
    other("PING")
    info = section(client, "clients")
    assert int(info["connected_clients"]) == before + 1
    assert set(info) >= {"maxclients", "blocked_clients", "tracking_clients", "clients_in_timeout_table"}


@points(1)
def test_memory_section_has_what_tools_read(client):
    info = section(client, "memory")
    assert int(info["used_memory_peak"]) >= int(info["used_memory"])
    assert set(info) >= set(
        "used_memory_human used_memory_rss maxmemory maxmemory_human maxmemory_policy mem_fragmentation_ratio "
        "total_system_memory used_memory_dataset used_memory_overhead used_memory_startup mem_clients_normal "
        "mem_allocator lazyfree_pending_objects".split()
    )


@points(2)
def test_used_memory_grows_and_shrinks_with_the_data(client, connect):
    def used():
        return int(section(client, "memory")["used_memory"])

    before = used()
    with connect() as writer:
        writer("SET", "k", b"x" * 5_000_000)
    assert used() - before > 4_900_000
    client("DEL", "k")
    eventually(lambda: used() - before < 500_000)  # buffers of the connection that wrote may go a little later


@points(1)
def test_stats_count_connections_commands_hits_and_misses(client, connect):
    client("SET", "k", 1)
    client("GET", "k")
    client("GET", "missing")
    client("EXISTS", "k", "missing")
    connect()("PING")
    info = section(client, "stats")
    assert (info["keyspace_hits"], info["keyspace_misses"]) == ("2", "2")
    assert int(info["total_connections_received"]) >= 1
    assert int(info["total_commands_processed"]) >= 5
    assert int(info["total_net_input_bytes"]) > 100 and int(info["total_net_output_bytes"]) > 20


@points(1)
def test_stats_count_errors_and_has_the_fields_that_tools_read(client):
    client.error("NOSUCH")
    info = section(client, "stats")
    assert info["total_error_replies"] == "1"
    assert set(info) >= set(
        "instantaneous_ops_per_sec instantaneous_input_kbps rejected_connections sync_full sync_partial_ok "
        "expired_keys expired_stale_perc evicted_keys evicted_clients pubsub_channels pubsub_patterns latest_fork_usec "
        "total_reads_processed total_writes_processed unexpected_error_replies".split()
    )


@points(1)
def test_pubsub_is_counted(client, connect):
    listener = connect()
    listener("SUBSCRIBE", "a")
    listener("PSUBSCRIBE", "b*")
    info = section(client, "stats")
    assert (info["pubsub_channels"], info["pubsub_patterns"]) == ("1", "1")


@points(1)
def test_commandstats_count_calls_and_failures(client):
    client("SET", "k", "x")
    client.error("INCR", "k")
    client.error("GET")
    client("CONFIG", "GET", "hz")
    info = section(client, "commandstats")
    assert info["cmdstat_set"].startswith("calls=1,usec=")
    assert info["cmdstat_set"].endswith(",rejected_calls=0,failed_calls=0")
    assert info["cmdstat_incr"].endswith(",rejected_calls=0,failed_calls=1")
    assert info["cmdstat_get"] == "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0"
    assert "cmdstat_config|get" in info


@points(1)
def test_latencystats_have_percentiles(client):
    client("SET", "k", 1)
    latency = section(client, "latencystats")["latency_percentiles_usec_set"]
    assert [part.split("=")[0] for part in latency.split(",")] == ["p50", "p99", "p99.9"]


@points(1)
def test_replication_of_a_lone_master(client):
    info = section(client, "replication")
    assert (info["role"], info["connected_slaves"], info["master_repl_offset"]) == ("master", "0", "0")
    assert len(info["master_replid"]) == 40
    assert info["master_replid2"] == "0" * 40 and info["second_repl_offset"] == "-1"


@points(1)
def test_persistence_and_cluster_have_what_tools_read(client):
    assert section(client, "cluster") == {"cluster_enabled": "0"}
    info = section(client, "persistence")
    assert (info["loading"], info["rdb_bgsave_in_progress"], info["aof_enabled"]) == ("0", "0", "0")
    assert info["rdb_last_bgsave_status"] == "ok"


@points(1)
def test_changes_since_the_last_save_are_counted(client):
    before = int(section(client, "persistence")["rdb_changes_since_last_save"])
    client("MSET", "a", 1, "b", 2)
    client("DEL", "a", "missing")
    client("GET", "b")
    assert int(section(client, "persistence")["rdb_changes_since_last_save"]) == before + 3


@points(1)
def test_cpu_section(client):
    info = section(client, "cpu")
    assert float(info["used_cpu_user"]) >= 0 and float(info["used_cpu_sys"]) >= 0


@points(1)
def test_redis_py_understands_it(redis):
    redis.set("k", 1)
    info = redis.info()
    assert info["db0"]["keys"] == 1
    assert info["redis_mode"] == "standalone"
