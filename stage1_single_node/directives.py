"""Every directive of Redis 7.0's redis.conf: its kind, its default, and what may be done to it. A table to look up.

All stages' directives stand here from the start, so that one configuration file serves all of them and real Redis.
Source: static_configs in config.c of Redis 7.0; a test holds names, defaults, bounds and replies to the real server's.
"""

from dataclasses import dataclass
from typing import Any

from stage1_single_node.directive_checks import check_host_name, check_process_title, file_name
from stage1_single_node.directive_kinds import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    PORT,
    UINT_MAX,
    ULONG_MAX,
    Choice,
    Directory,
    Hint,
    Integer,
    Kind,
    Memory,
    MemoryOrPercent,
    No,
    Octal,
    Text,
    YesNo,
)
from stage1_single_node.directive_lists import (
    Addresses,
    EventClasses,
    OomScores,
    OutputLimit,
    OutputLimits,
    Percentiles,
    ReplicaOf,
    SavePoints,
    ShutdownOptions,
)

KB, MB, GB = 2**10, 2**20, 2**30


@dataclass(frozen=True)
class Directive:
    name: str
    kind: Kind
    default: Any
    alias: str = ""  # the older name, which means the same everywhere
    immutable: bool = False  # can only be set in a file or on the command line
    protected: bool = False  # CONFIG SET needs enable-protected-configs, for it decides which files are written
    sensitive: bool = False  # must not show in the slow log or to MONITOR
    hidden: bool = False  # CONFIG GET answers its exact name only
    denied_while_loading: bool = False

    @property
    def attribute(self) -> str:
        """Its name as an attribute of Config."""
        return self.name.replace("-", "_")


NO_DEFRAGMENTATION = (
    "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc "
    "like the one shipped by default with the Redis source distribution"
)
COUNT = Integer(0, INT_MAX)
PROTECTION = Choice("no", "yes", "local")
POLICIES = (
    "volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction".split()
)
FACILITIES = "user local0 local1 local2 local3 local4 local5 local6 local7".split()

DIRECTIVES = (
    # Network
    Directive("bind", Addresses(), ("*", "-::*")),
    Directive("bind-source-addr", Text(optional=True), ""),
    Directive("port", PORT, 6379),
    Directive("socket-mark-id", Integer(0, UINT_MAX), 0, immutable=True),
    Directive("protected-mode", YesNo(), True),
    Directive("tcp-backlog", COUNT, 511, immutable=True),
    Directive("tcp-keepalive", COUNT, 300),
    Directive("timeout", COUNT, 0),
    Directive("unixsocket", Text(optional=True), "", immutable=True),
    Directive("unixsocketperm", Octal(0, 0o777), 0, immutable=True),
    Directive("maxclients", Integer(1, UINT_MAX), 10000),
    Directive("io-threads", Integer(1, 128), 1, immutable=True),
    Directive("io-threads-do-reads", YesNo(), False, immutable=True),
    Directive("proto-max-bulk-len", Memory(MB, LONG_MAX), 512 * MB),
    Directive("client-query-buffer-limit", Memory(MB, LONG_MAX), GB),
    Directive(
        "client-output-buffer-limit",
        OutputLimits(),
        {
            "normal": OutputLimit(0, 0, 0),
            "replica": OutputLimit(256 * MB, 64 * MB, 60),
            "pubsub": OutputLimit(32 * MB, 8 * MB, 60),
        },
    ),
    # TLS
    Directive("tls-port", PORT, 0),
    Directive("tls-cert-file", Text(optional=True), ""),
    Directive("tls-key-file", Text(optional=True), ""),
    Directive("tls-key-file-pass", Text(optional=True), ""),
    Directive("tls-client-cert-file", Text(optional=True), ""),
    Directive("tls-client-key-file", Text(optional=True), ""),
    Directive("tls-client-key-file-pass", Text(optional=True), ""),
    Directive("tls-dh-params-file", Text(optional=True), ""),
    Directive("tls-ca-cert-file", Text(optional=True), ""),
    Directive("tls-ca-cert-dir", Text(optional=True), ""),
    Directive("tls-auth-clients", Choice("no", "yes", "optional"), "yes"),
    Directive("tls-replication", YesNo(), False),
    Directive("tls-cluster", YesNo(), False),
    Directive("tls-protocols", Text(optional=True), ""),
    Directive("tls-ciphers", Text(optional=True), ""),
    Directive("tls-ciphersuites", Text(optional=True), ""),
    Directive("tls-prefer-server-ciphers", YesNo(), False),
    Directive("tls-session-caching", YesNo(), True),
    Directive("tls-session-cache-size", COUNT, 20480),
    Directive("tls-session-cache-timeout", COUNT, 300),
    # The process
    Directive("daemonize", YesNo(), False, immutable=True),
    Directive("supervised", Choice("upstart", "systemd", "auto", "no"), "no", immutable=True),
    Directive("pidfile", Text(optional=True), "", immutable=True),
    Directive("dir", Directory(), "", protected=True, denied_while_loading=True),
    Directive("hz", Hint(1, 500), 10),
    Directive("dynamic-hz", YesNo(), True),
    Directive("databases", Integer(1, INT_MAX), 16, immutable=True),
    Directive("shutdown-timeout", COUNT, 10),
    Directive("shutdown-on-sigint", ShutdownOptions(), ()),
    Directive("shutdown-on-sigterm", ShutdownOptions(), ()),
    Directive("always-show-logo", YesNo(), False, immutable=True),
    Directive("set-proc-title", YesNo(), True, immutable=True),
    Directive("proc-title-template", Text(check_process_title), "{title} {listen-addr} {server-mode}"),
    Directive("disable-thp", YesNo(), True, immutable=True),
    Directive("oom-score-adj", Choice("no", "yes", "relative", "absolute", meaning={"relative": "yes"}), "no"),
    Directive("oom-score-adj-values", OomScores(), (0, 200, 800)),
    Directive("server_cpulist", Text(optional=True), "", immutable=True),
    Directive("bio_cpulist", Text(optional=True), "", immutable=True),
    Directive("aof_rewrite_cpulist", Text(optional=True), "", immutable=True),
    Directive("bgsave_cpulist", Text(optional=True), "", immutable=True),
    Directive("ignore-warnings", Text(), ""),
    Directive("jemalloc-bg-thread", YesNo(), True),
    # The log, and what else is measured
    Directive("logfile", Text(), "", immutable=True),
    Directive("loglevel", Choice("debug", "verbose", "notice", "warning"), "notice"),
    Directive("syslog-enabled", YesNo(), False, immutable=True),
    Directive("syslog-ident", Text(), "redis", immutable=True),
    Directive("syslog-facility", Choice(*FACILITIES), "local0", immutable=True),
    Directive("crash-log-enabled", YesNo(), True),
    Directive("crash-memcheck-enabled", YesNo(), True),
    Directive("use-exit-on-panic", YesNo(), False, hidden=True),
    Directive("watchdog-period", COUNT, 0, hidden=True),
    Directive("slowlog-log-slower-than", Integer(-1, LONG_MAX), 10000),
    Directive("slowlog-max-len", Integer(0, LONG_MAX), 128),
    Directive("latency-monitor-threshold", Integer(0, LONG_MAX), 0),
    Directive("latency-tracking", YesNo(), True),
    Directive("latency-tracking-info-percentiles", Percentiles(), (50.0, 99.0, 99.9)),
    # Who may do what
    Directive("requirepass", Text(optional=True), "", sensitive=True),
    Directive("aclfile", Text(), "", immutable=True),
    Directive("acllog-max-len", Integer(0, LONG_MAX), 128),
    Directive("acl-pubsub-default", Choice("allchannels", "resetchannels"), "resetchannels"),
    Directive("enable-protected-configs", PROTECTION, "no", immutable=True),
    Directive("enable-debug-command", PROTECTION, "no", immutable=True),
    Directive("enable-module-command", PROTECTION, "no", immutable=True),
    # Memory
    Directive("maxmemory", Memory(0, ULONG_MAX), 0),
    Directive("maxmemory-policy", Choice(*POLICIES), "noeviction"),
    Directive("maxmemory-samples", Integer(1, INT_MAX), 5),
    Directive("maxmemory-eviction-tenacity", Integer(0, 100), 10),
    Directive("maxmemory-clients", MemoryOrPercent(-100, LONG_MAX), 0),
    Directive("lfu-log-factor", COUNT, 10),
    Directive("lfu-decay-time", COUNT, 1),
    Directive("active-expire-effort", Integer(1, 10), 1),
    Directive("activerehashing", YesNo(), True),
    Directive("lazyfree-lazy-eviction", YesNo(), False),
    Directive("lazyfree-lazy-expire", YesNo(), False),
    Directive("lazyfree-lazy-server-del", YesNo(), False),
    Directive("lazyfree-lazy-user-del", YesNo(), False),
    Directive("lazyfree-lazy-user-flush", YesNo(), False),
    Directive("activedefrag", No(NO_DEFRAGMENTATION), False),
    Directive("active-defrag-ignore-bytes", Memory(1, LONG_MAX), 100 * MB),
    Directive("active-defrag-threshold-lower", Integer(0, 1000), 10),
    Directive("active-defrag-threshold-upper", Integer(0, 1000), 100),
    Directive("active-defrag-cycle-min", Integer(1, 99), 1),
    Directive("active-defrag-cycle-max", Integer(1, 99), 25),
    Directive("active-defrag-max-scan-fields", Integer(1, LONG_MAX), 1000),
    # Data types
    Directive("hash-max-listpack-entries", Integer(0, LONG_MAX), 512, "hash-max-ziplist-entries"),
    Directive("hash-max-listpack-value", Memory(0, LONG_MAX), 64, "hash-max-ziplist-value"),
    Directive("list-max-listpack-size", Integer(INT_MIN, INT_MAX), -2, "list-max-ziplist-size"),
    Directive("list-compress-depth", COUNT, 0),
    Directive("set-max-intset-entries", Integer(0, LONG_MAX), 512),
    Directive("zset-max-listpack-entries", Integer(0, LONG_MAX), 128, "zset-max-ziplist-entries"),
    Directive("zset-max-listpack-value", Memory(0, LONG_MAX), 64, "zset-max-ziplist-value"),
    Directive("hll-sparse-max-bytes", Memory(0, LONG_MAX), 3000),
    Directive("stream-node-max-bytes", Memory(0, LONG_MAX), 4096),
    Directive("stream-node-max-entries", Integer(0, LONG_MAX), 100),
    Directive("notify-keyspace-events", EventClasses(), ""),
    Directive("tracking-table-max-keys", Integer(0, LONG_MAX), 1000000),
    Directive("lua-enable-deprecated-api", YesNo(), False, immutable=True, hidden=True),
    Directive("busy-reply-threshold", Integer(0, LONG_MAX), 5000, "lua-time-limit"),
    # Persistence
    Directive("save", SavePoints(), ((3600, 1), (300, 100), (60, 10000))),
    Directive("dbfilename", Text(file_name("dbfilename", "filename", may_be_empty=True)), "dump.rdb", protected=True),
    Directive("rdbcompression", YesNo(), True),
    Directive("rdbchecksum", YesNo(), True, immutable=True),
    Directive("rdb-del-sync-files", YesNo(), False),
    Directive("rdb-save-incremental-fsync", YesNo(), True),
    Directive("rdb-key-save-delay", Integer(INT_MIN, INT_MAX), 0, hidden=True),
    Directive("key-load-delay", Integer(INT_MIN, INT_MAX), 0, hidden=True),
    Directive("loading-process-events-interval-bytes", Integer(KB, INT_MAX), 2 * MB, hidden=True),
    Directive("sanitize-dump-payload", Choice("no", "yes", "clients"), "no"),
    Directive("stop-writes-on-bgsave-error", YesNo(), True),
    Directive("appendonly", YesNo(), False, denied_while_loading=True),
    Directive("appendfilename", Text(file_name("appendfilename", "filename")), "appendonly.aof", immutable=True),
    Directive("appenddirname", Text(file_name("appenddirname", "dirname")), "appendonlydir", immutable=True),
    Directive("appendfsync", Choice("everysec", "always", "no"), "everysec"),
    Directive("no-appendfsync-on-rewrite", YesNo(), False),
    Directive("auto-aof-rewrite-percentage", COUNT, 100),
    Directive("auto-aof-rewrite-min-size", Memory(0, LONG_MAX), 64 * MB),
    Directive("aof-load-truncated", YesNo(), True),
    Directive("aof-use-rdb-preamble", YesNo(), True),
    Directive("aof-timestamp-enabled", YesNo(), False),
    Directive("aof-rewrite-incremental-fsync", YesNo(), True),
    Directive("aof-disable-auto-gc", YesNo(), False),
    # Replication
    Directive("replicaof", ReplicaOf(), None, "slaveof", immutable=True),
    Directive("masteruser", Text(optional=True), "", sensitive=True),
    Directive("masterauth", Text(optional=True), "", sensitive=True),
    Directive("replica-serve-stale-data", YesNo(), True, "slave-serve-stale-data"),
    Directive("replica-read-only", YesNo(), True, "slave-read-only"),
    Directive("replica-ignore-maxmemory", YesNo(), True, "slave-ignore-maxmemory"),
    Directive("replica-lazy-flush", YesNo(), False, "slave-lazy-flush"),
    Directive("replica-ignore-disk-write-errors", YesNo(), False),
    Directive("propagation-error-behavior", Choice("ignore", "panic", "panic-on-replicas"), "ignore"),
    Directive("replica-priority", COUNT, 100, "slave-priority"),
    Directive("replica-announced", YesNo(), True),
    Directive("replica-announce-ip", Text(optional=True), "", "slave-announce-ip"),
    Directive("replica-announce-port", PORT, 0, "slave-announce-port"),
    Directive("repl-timeout", Integer(1, INT_MAX), 60),
    Directive("repl-ping-replica-period", Integer(1, INT_MAX), 10, "repl-ping-slave-period"),
    Directive("repl-disable-tcp-nodelay", YesNo(), False),
    Directive("repl-backlog-size", Memory(1, LONG_MAX, floor=16 * KB), MB),
    Directive("repl-backlog-ttl", Integer(0, LONG_MAX), 3600),
    Directive("repl-diskless-sync", YesNo(), True),
    Directive("repl-diskless-sync-delay", COUNT, 5),
    Directive("repl-diskless-sync-max-replicas", COUNT, 0),
    Directive("repl-diskless-load", Choice("disabled", "on-empty-db", "swapdb"), "disabled", denied_while_loading=True),
    Directive("min-replicas-to-write", COUNT, 0, "min-slaves-to-write"),
    Directive("min-replicas-max-lag", COUNT, 10, "min-slaves-max-lag"),
    # Cluster
    Directive("cluster-enabled", YesNo(), False, immutable=True),
    Directive("cluster-config-file", Text(), "nodes.conf", immutable=True),
    Directive("cluster-port", PORT, 0, immutable=True),
    Directive("cluster-node-timeout", Integer(0, LONG_MAX), 15000),
    Directive("cluster-announce-ip", Text(optional=True), ""),
    Directive("cluster-announce-hostname", Text(check_host_name, optional=True), ""),
    Directive("cluster-announce-port", PORT, 0),
    Directive("cluster-announce-tls-port", PORT, 0),
    Directive("cluster-announce-bus-port", PORT, 0),
    Directive("cluster-preferred-endpoint-type", Choice("ip", "hostname", "unknown-endpoint"), "ip"),
    Directive("cluster-require-full-coverage", YesNo(), True),
    Directive("cluster-allow-reads-when-down", YesNo(), False),
    Directive("cluster-allow-pubsubshard-when-down", YesNo(), True),
    Directive("cluster-allow-replica-migration", YesNo(), True),
    Directive("cluster-migration-barrier", COUNT, 1),
    Directive("cluster-replica-no-failover", YesNo(), False, "cluster-slave-no-failover"),
    Directive("cluster-replica-validity-factor", COUNT, 10, "cluster-slave-validity-factor"),
    Directive("cluster-link-sendbuf-limit", Memory(0, ULONG_MAX), 0),
)

BY_NAME = {directive.name: directive for directive in DIRECTIVES} | {
    directive.alias: directive for directive in DIRECTIVES if directive.alias
}

# Accepted in a file without any effect: what older versions had.
OBSOLETE = frozenset(("list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"))
