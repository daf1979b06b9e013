"""CONFIG: settings read, changed while running, and refused with a reason."""

import pytest

from tests.target import NotReady

points = pytest.mark.points


# As redis-server 7.0.15 lists them, built with TLS and jemalloc as distributions build it.
EVERY_DIRECTIVE = """
acl-pubsub-default aclfile acllog-max-len active-defrag-cycle-max active-defrag-cycle-min
active-defrag-ignore-bytes active-defrag-max-scan-fields active-defrag-threshold-lower
active-defrag-threshold-upper active-expire-effort activedefrag activerehashing always-show-logo
aof-disable-auto-gc aof-load-truncated aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble
aof_rewrite_cpulist appenddirname appendfilename appendfsync appendonly auto-aof-rewrite-min-size
auto-aof-rewrite-percentage bgsave_cpulist bind bind-source-addr bio_cpulist busy-reply-threshold
client-output-buffer-limit client-query-buffer-limit cluster-allow-pubsubshard-when-down
cluster-allow-reads-when-down cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-hostname
cluster-announce-ip cluster-announce-port cluster-announce-tls-port cluster-config-file cluster-enabled
cluster-link-sendbuf-limit cluster-migration-barrier cluster-node-timeout cluster-port
cluster-preferred-endpoint-type cluster-replica-no-failover cluster-replica-validity-factor
cluster-require-full-coverage cluster-slave-no-failover cluster-slave-validity-factor crash-log-enabled
crash-memcheck-enabled daemonize databases dbfilename dir disable-thp dynamic-hz enable-debug-command
enable-module-command enable-protected-configs hash-max-listpack-entries hash-max-listpack-value
hash-max-ziplist-entries hash-max-ziplist-value hll-sparse-max-bytes hz ignore-warnings io-threads
io-threads-do-reads jemalloc-bg-thread latency-monitor-threshold latency-tracking latency-tracking-info-percentiles
lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del
lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor list-compress-depth list-max-listpack-size
list-max-ziplist-size logfile loglevel lua-time-limit masterauth masteruser maxclients maxmemory maxmemory-clients
maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples min-replicas-max-lag min-replicas-to-write
min-slaves-max-lag min-slaves-to-write no-appendfsync-on-rewrite notify-keyspace-events oom-score-adj
oom-score-adj-values pidfile port proc-title-template propagation-error-behavior protected-mode proto-max-bulk-len
rdb-del-sync-files rdb-save-incremental-fsync rdbchecksum rdbcompression repl-backlog-size repl-backlog-ttl
repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync repl-diskless-sync-delay
repl-diskless-sync-max-replicas repl-ping-replica-period repl-ping-slave-period repl-timeout replica-announce-ip
replica-announce-port replica-announced replica-ignore-disk-write-errors replica-ignore-maxmemory
replica-lazy-flush replica-priority replica-read-only replica-serve-stale-data replicaof requirepass
sanitize-dump-payload save server_cpulist set-max-intset-entries set-proc-title shutdown-on-sigint
shutdown-on-sigterm shutdown-timeout slave-announce-ip slave-announce-port slave-ignore-maxmemory slave-lazy-flush
slave-priority slave-read-only slave-serve-stale-data slaveof slowlog-log-slower-than slowlog-max-len
socket-mark-id stop-writes-on-bgsave-error stream-node-max-bytes stream-node-max-entries supervised syslog-enabled
syslog-facility syslog-ident tcp-backlog tcp-keepalive timeout tls-auth-clients tls-ca-cert-dir tls-ca-cert-file
tls-cert-file tls-ciphers tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass
tls-cluster tls-dh-params-file tls-key-file tls-key-file-pass tls-port tls-prefer-server-ciphers tls-protocols
tls-replication tls-session-cache-size tls-session-cache-timeout tls-session-caching tracking-table-max-keys
unixsocket unixsocketperm zset-max-listpack-entries zset-max-listpack-value zset-max-ziplist-entries
zset-max-ziplist-value
"""


def refused(name, why):
    return f"ERR CONFIG SET failed (possibly related to argument '{name}') - {why}"


@points(1)
def test_get_takes_several_names_and_globs(client):
    flat = client("CONFIG", "GET", "maxmemory", "*-keepalive", "MAXMEMORY")
    assert dict(zip(flat[::2], flat[1::2])) == {b"maxmemory": b"0", b"tcp-keepalive": b"300"}
    assert len(flat) == 4
    assert client("CONFIG", "GET", "no such") == []


@points(2)
def test_every_directive_of_redis_7_is_answered(client):
    names = [name.decode() for name in client("CONFIG", "GET", "*")[::2]]
    assert set(EVERY_DIRECTIVE.split()) <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hz", "10"),
        ("timeout", "0"),
        ("maxclients", "10000"),
        ("maxmemory-policy", "noeviction"),
        ("hash-max-listpack-entries", "512"),
        ("hash-max-ziplist-entries", "512"),
        ("zset-max-listpack-value", "64"),
        ("set-max-intset-entries", "512"),
        ("list-max-listpack-size", "-2"),
        ("slowlog-log-slower-than", "10000"),
        ("client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"),
        ("proto-max-bulk-len", "536870912"),
        ("bind", "* -::*"),
        ("protected-mode", "yes"),
        ("loglevel", "notice"),
        ("requirepass", ""),
        ("appendonly", "no"),
        ("replica-read-only", "yes"),
        ("slave-read-only", "yes"),
    ],
)
@points(1)
def test_defaults_are_those_of_redis_7(client, name, value):
    assert client("CONFIG", "GET", name) == [name.encode(), value.encode()]


@points(1)
def test_set_changes_several_at_once(client, configure):
    configure("hz", 10)
    configure("maxmemory-samples", 5)
    assert client("CONFIG", "SET", "hz", 50, "maxmemory-samples", 7) == "OK"
    assert client("CONFIG", "GET", "hz") == [b"hz", b"50"]
    assert client("CONFIG", "GET", "maxmemory-samples") == [b"maxmemory-samples", b"7"]


@points(1)
def test_set_is_all_or_nothing(client):
    client.error("CONFIG", "SET", "hz", 50, "loglevel", "nonsense")
    assert client("CONFIG", "GET", "hz") == [b"hz", b"10"]


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [("1kb", 1024), ("1k", 1000), ("2mb", 2 * 1024**2), ("1M", 10**6), ("1gb", 1024**3), ("77", 77)],
)
@points(1)
def test_memory_is_given_in_units_and_answered_in_bytes(client, configure, given, bytes_):
    configure("auto-aof-rewrite-min-size", given)
    assert client("CONFIG", "GET", "auto-aof-rewrite-min-size")[1] == str(bytes_).encode()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("maxmemory", "lots", "argument must be a memory value"),
        ("hz", "abc", "argument couldn't be parsed into an integer"),
        ("port", "99999", "argument must be between 0 and 65535 inclusive"),
        ("tcp-keepalive", "-1", "argument must be between 0 and 2147483647 inclusive"),
        ("maxmemory-samples", "0", "argument must be between 1 and 2147483647 inclusive"),
        ("databases", "3", "can't set immutable config"),
        ("unixsocket", "/tmp/x", "can't set immutable config"),
        ("lazyfree-lazy-expire", "maybe", "argument must be 'yes' or 'no'"),
        ("loglevel", "loud", "argument(s) must be one of the following: debug, verbose, notice, warning"),
        (
            "maxmemory-policy",
            "fifo",
            "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, "
            "allkeys-lru, allkeys-lfu, allkeys-random, noeviction",
        ),
        ("save", "1 2 3", "Invalid save parameters"),
        ("client-output-buffer-limit", "normal 1 2", "Wrong number of arguments in buffer limit configuration."),
        ("client-output-buffer-limit", "nobody 1 2 3", "Invalid client class specified in buffer limit configuration."),
    ],
)
@points(1)
def test_a_bad_value_is_refused_with_its_reason(client, name, value, why):
    before = client("CONFIG", "GET", name)
    assert client.error("CONFIG", "SET", name, value) == refused(name, why)
    assert client("CONFIG", "GET", name) == before


@points(1)
def test_set_refuses_unknown_and_repeated_names(client):
    assert client.error("CONFIG", "SET", "nosuch", 1) == (
        "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"
    )
    assert client.error("CONFIG", "SET", "hz", 1, "hz", 2) == refused("hz", "duplicate parameter")
    assert client.error("CONFIG", "SET", "hz", 1, "timeout") == "ERR syntax error"


@points(1)
def test_hz_is_kept_in_its_bounds(client, configure):
    configure("hz", 10000)
    assert client("CONFIG", "GET", "hz") == [b"hz", b"500"]


@points(1)
def test_output_limits_are_changed_class_by_class(client, configure):
    configure("client-output-buffer-limit", "pubsub 64mb 16mb 90")
    assert client("CONFIG", "GET", "client-output-buffer-limit")[1] == (
        b"normal 0 0 0 slave 268435456 67108864 60 pubsub 67108864 16777216 90"
    )
    configure("client-output-buffer-limit", "normal 0 0 0 replica 1 2 3 pubsub 33554432 8388608 60")
    assert b"slave 1 2 3 " in client("CONFIG", "GET", "client-output-buffer-limit")[1]


@points(1)
def test_resetstat_sets_the_statistics_to_zero(client):
    client("SET", "k", 1)
    client("GET", "k")
    assert b"keyspace_hits:1\r\n" in client("INFO", "stats")
    assert client("CONFIG", "RESETSTAT") == "OK"
    assert b"keyspace_hits:0\r\n" in client("INFO", "stats")
    assert b"cmdstat_set" not in client("INFO", "commandstats")


@points(1)
def test_a_server_without_a_configuration_file_cannot_rewrite_it(client):
    assert client.error("CONFIG", "REWRITE") == "ERR The server is running without a config file"


# ── configuration files and the command line ──


def value(server, name):
    return server.connect()("CONFIG", "GET", name)[1].decode()


@points(1)
def test_the_command_line_takes_directives(fresh_server):
    server = fresh_server("--maxmemory", "10mb", "--maxmemory-policy", "allkeys-lru", "--save", "60", "1")
    assert value(server, "maxmemory") == str(10 * 1024**2)
    assert value(server, "maxmemory-policy") == "allkeys-lru"
    assert value(server, "save") == "60 1"


@points(1)
def test_a_file_has_comments_quotes_and_any_case(fresh_server):
    server = fresh_server(
        config="""
        # a comment
        MaxMemory 5mb
          loglevel verbose
        requirepass "two \\x77ords"
        notify-keyspace-events 'Kx'
        """
    )
    client = server.connect()
    client("AUTH", "two words")
    assert client("CONFIG", "GET", "maxmemory")[1] == str(5 * 1024**2).encode()
    assert client("CONFIG", "GET", "loglevel")[1] == b"verbose"
    assert client("CONFIG", "GET", "notify-keyspace-events")[1] == b"xK"


@points(1)
def test_the_command_line_wins_over_the_file(fresh_server):
    server = fresh_server("--maxmemory-samples", 9, config="maxmemory-samples 7\nhz 20\n")
    assert (value(server, "maxmemory-samples"), value(server, "hz")) == ("9", "20")


@points(1)
def test_include_reads_another_file_in_its_place(fresh_server, tmp_path):
    (tmp_path / "other.conf").write_text("hz 30\nmaxmemory-samples 8\n")
    server = fresh_server(config=f"hz 20\ninclude {tmp_path}/other.conf\nmaxmemory-samples 9\n")
    assert (value(server, "hz"), value(server, "maxmemory-samples")) == ("30", "9")


@points(1)
def test_rename_command_hides_a_command(fresh_server):
    client = fresh_server(config='rename-command GET FETCH\nrename-command FLUSHALL ""\n').connect()
    client("SET", "k", "v")
    assert client("FETCH", "k") == b"v"
    assert client.error("GET", "k").startswith("ERR unknown command 'GET'")
    assert client.error("FLUSHALL").startswith("ERR unknown command 'FLUSHALL'")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("maxmemory lots", "argument must be a memory value"),
        ("nosuch 1", "Bad directive or wrong number of arguments"),
        ("hz", "wrong number of arguments"),
        ("hz 10 20", "wrong number of arguments"),
        ('requirepass "open', "Unbalanced quotes in configuration line"),
        ("loglevel loud", "argument(s) must be one of the following: debug, verbose, notice, warning"),
    ],
)
@points(1)
def test_a_bad_line_in_the_file_ends_the_start_and_is_shown(fresh_server, line, why):
    with pytest.raises(NotReady) as failure:
        fresh_server(config=f"timeout 0\n{line}\n")
    assert "exit code 1" in str(failure.value)
    assert "*** FATAL CONFIG FILE ERROR (Redis 7.0." in str(failure.value)
    assert "Reading the configuration file, at line 2\n" in str(failure.value)
    assert f">>> '{line}'\n{why}" in str(failure.value)


@points(2)
def test_rewrite_keeps_the_file_and_changes_what_was_changed(fresh_server, tmp_path):
    client = fresh_server(config="# my comment\nhz 20\nmaxmemory-samples 7\n").connect()
    client("CONFIG", "SET", "hz", 30, "timeout", 100)
    assert client("CONFIG", "REWRITE") == "OK"
    lines = (tmp_path / "redis.conf").read_text().splitlines()
    assert lines[:3] == ["# my comment", "hz 30", "maxmemory-samples 7"]
    generated = lines.index("# Generated by CONFIG REWRITE")
    assert "timeout 100" in lines[generated:]
    assert not any(line.startswith("maxclients") for line in lines)  # what has its default is not written


@points(2)
def test_a_rewritten_file_starts_the_same_server_again(fresh_server, tmp_path):
    first = fresh_server(config="requirepass old\n")
    client = first.connect()
    client("AUTH", "old")
    client("CONFIG", "SET", "requirepass", 'new "word"', "maxmemory", "3mb", "notify-keyspace-events", "KEA")
    client("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 2mb 3", "maxmemory-policy", "allkeys-lfu")
    client("CONFIG", "REWRITE")
    before = client("CONFIG", "GET", "*")
    first.end()
    again = fresh_server(config=(tmp_path / "redis.conf").read_text()).connect()
    assert again("AUTH", 'new "word"') == "OK"
    after = again("CONFIG", "GET", "*")
    old, new = dict(zip(before[::2], before[1::2])), dict(zip(after[::2], after[1::2]))
    assert {name for name in old if old[name] != new[name]} <= {b"port"}
