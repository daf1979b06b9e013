"""INFO: what a server tells about itself, section by section, in the names that every Redis tool knows.

Each function below is a section. What this stage has no such thing as is told as the real server tells it when it has
none: a later stage puts its own figures there (`Server.info` is the seam). Three figures mean something else here:

    used_memory           the data and the connections, as the account of memory.py counts them; that is what maxmemory
                          limits. The interpreter's own 25 MB are no part of it (and of used_memory_startup neither).
    used_memory_rss       all that the process has in memory, the interpreter included
    mem_allocator         Python's: the allocator_… fields below it are these two figures again

Source: genRedisInfoString in Redis 7.0's server.c; https://redis.io/commands/info/
"""

import asyncio
import platform
import sys

from stage1_single_node.client_info import unsent_bytes
from stage1_single_node.config import VERSION
from stage1_single_node.introspection import commands_processed, count_clients_memory, every_command

Section = dict[str, object]

NOT_BY_DEFAULT = frozenset(("commandstats", "latencystats"))
EVERYTHING = frozenset(("all", "everything"))
UNITS = "BKMGTPE"
KEYS_FOR_TTL = 100  # of a database, whose mean time to live is told


def text(sections: dict[str, Section], wanted: list[bytes]) -> bytes:
    """The reply to INFO with these section names, in any case; none is as good as `default`."""
    names = {name.decode(errors="replace").lower() for name in wanted} or {"default"}
    shown = []
    for title, fields in sections.items():
        name = title.lower()
        if name in names or names & EVERYTHING or ("default" in names and name not in NOT_BY_DEFAULT):
            shown.append(f"# {title}\r\n" + "".join(f"{field}:{value}\r\n" for field, value in fields.items()))
    return "\r\n".join(shown).encode(errors="surrogateescape")


def sections(server) -> dict[str, Section]:
    """All sections of stage 1's INFO, in order, by title."""
    return {
        "Server": _server(server),
        "Clients": _clients(server),
        "Memory": _memory(server),
        "Persistence": _persistence(server),
        "Stats": _stats(server),
        "Replication": _replication(server),
        "CPU": _cpu(server),
        "Modules": {},
        "Commandstats": _commandstats(server),
        "Errorstats": _errorstats(server),
        "Latencystats": _latencystats(server),
        "Cluster": {"cluster_enabled": 0},
        "Keyspace": _keyspace(server),
    }


def human(size: float) -> str:
    """A number of bytes for people: 894.77K."""
    exponent = 0
    while size >= 1024 and exponent < len(UNITS) - 1:
        size /= 1024
        exponent += 1
    return f"{size:.2f}{UNITS[exponent]}" if exponent else f"{size:.0f}B"


def _server(server) -> Section:
    now_us = server.clock.unix_us()
    uptime = (now_us // 1000 - server.statistics.started_ms) // 1000
    return {
        "redis_version": VERSION,
        "redis_git_sha1": "00000000",
        "redis_git_dirty": 0,
        "redis_build_id": "0" * 16,
        "redis_mode": "standalone",
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "arch_bits": 64,
        "monotonic_clock": "Python perf_counter",
        "multiplexing_api": type(asyncio.get_running_loop()).__module__.partition(".")[0],
        "atomicvar_api": "the interpreter's lock",
        "gcc_version": platform.python_compiler().removeprefix("GCC ") or "0.0.0",
        "process_id": server.outside.pid,
        "process_supervised": "no",
        "run_id": server.run_id,
        "tcp_port": server.config.port or server.config.tls_port,
        "server_time_usec": now_us,
        "uptime_in_seconds": uptime,
        "uptime_in_days": uptime // 86400,
        "hz": server.config.hz,
        "configured_hz": server.config.hz,
        "lru_clock": now_us // 1_000_000 & 0xFFFFFF,
        "executable": sys.executable,
        "config_file": server.config.file,
        "io_threads_active": 0,
    }


def _clients(server) -> Section:
    clients = list(server.clients.values())
    return {
        "connected_clients": len(clients),
        "cluster_connections": 0,
        "maxclients": server.config.maxclients,
        "client_recent_max_input_buffer": max((client.parser.pending_bytes for client in clients), default=0),
        "client_recent_max_output_buffer": max((unsent_bytes(client) for client in clients), default=0),
        "blocked_clients": sum(client.blocked is not None for client in clients),
        "tracking_clients": 0,
        "clients_in_timeout_table": 0,
    }


def _memory(server) -> Section:
    count_clients_memory(server)
    account, config = server.memory, server.config
    used, peak, resident = account.refresh(), account.peak_bytes, server.outside.rss_bytes()
    overhead, startup = account.overhead_bytes, account.startup_bytes
    total = server.outside.total_memory_bytes()
    return {
        "used_memory": used,
        "used_memory_human": human(used),
        "used_memory_rss": resident,
        "used_memory_rss_human": human(resident),
        "used_memory_peak": peak,
        "used_memory_peak_human": human(peak),
        "used_memory_peak_perc": f"{100 * used / peak:.2f}%",
        "used_memory_overhead": overhead,
        "used_memory_startup": startup,
        "used_memory_dataset": used - overhead,
        "used_memory_dataset_perc": f"{100 * (used - overhead) / max(used - startup, 1):.2f}%",
        "allocator_allocated": used,
        "allocator_active": used,
        "allocator_resident": resident,
        "total_system_memory": total,
        "total_system_memory_human": human(total),
        **NO_SCRIPTS,
        "maxmemory": config.maxmemory,
        "maxmemory_human": human(config.maxmemory),
        "maxmemory_policy": config.maxmemory_policy,
        "allocator_frag_ratio": "1.00",
        "allocator_frag_bytes": 0,
        "allocator_rss_ratio": f"{resident / used:.2f}",
        "allocator_rss_bytes": resident - used,
        "rss_overhead_ratio": "1.00",
        "rss_overhead_bytes": 0,
        "mem_fragmentation_ratio": f"{resident / used:.2f}",
        "mem_fragmentation_bytes": resident - used,
        "mem_not_counted_for_evict": account.replicas_bytes,
        "mem_replication_backlog": 0,
        "mem_total_replication_buffers": account.replicas_bytes,
        "mem_clients_slaves": account.replicas_bytes,
        "mem_clients_normal": account.clients_bytes,
        "mem_cluster_links": 0,
        "mem_aof_buffer": 0,
        "mem_allocator": f"python-{platform.python_version()}",
        "active_defrag_running": 0,
        "lazyfree_pending_objects": server.lazy_free.pending,
        "lazyfreed_objects": server.lazy_free.freed,
    }


NO_SCRIPTS: Section = {
    "used_memory_lua": 0,
    "used_memory_vm_eval": 0,
    "used_memory_lua_human": "0B",
    "used_memory_scripts_eval": 0,
    "number_of_cached_scripts": 0,
    "number_of_functions": 0,
    "number_of_libraries": 0,
    "used_memory_vm_functions": 0,
    "used_memory_vm_total": 0,
    "used_memory_vm_total_human": "0B",
    "used_memory_functions": 0,
    "used_memory_scripts": 0,
    "used_memory_scripts_human": "0B",
}


def _persistence(server) -> Section:
    return {
        "loading": 0,
        "async_loading": 0,
        "current_cow_peak": 0,
        "current_cow_size": 0,
        "current_cow_size_age": 0,
        "current_fork_perc": "0.00",
        "current_save_keys_processed": 0,
        "current_save_keys_total": 0,
        "rdb_changes_since_last_save": server.keyspace.dirty,
        "rdb_bgsave_in_progress": 0,
        "rdb_last_save_time": server.statistics.started_ms // 1000,
        "rdb_last_bgsave_status": "ok",
        "rdb_last_bgsave_time_sec": -1,
        "rdb_current_bgsave_time_sec": -1,
        "rdb_saves": 0,
        "rdb_last_cow_size": 0,
        "rdb_last_load_keys_expired": 0,
        "rdb_last_load_keys_loaded": 0,
        "aof_enabled": 0,
        "aof_rewrite_in_progress": 0,
        "aof_rewrite_scheduled": 0,
        "aof_last_rewrite_time_sec": -1,
        "aof_current_rewrite_time_sec": -1,
        "aof_last_bgrewrite_status": "ok",
        "aof_rewrites": 0,
        "aof_rewrites_consecutive_failures": 0,
        "aof_last_write_status": "ok",
        "aof_last_cow_size": 0,
        "module_fork_in_progress": 0,
        "module_fork_last_cow_size": 0,
    }


def _stats(server) -> Section:
    statistics, keyspace, evictor = server.statistics, server.keyspace, server.evictor
    exceeded_now_us = server.clock.monotonic_us() - evictor.exceeded_since_us if evictor.exceeded_since_us else 0
    return {
        "total_connections_received": statistics.connections,
        "total_commands_processed": commands_processed(server),
        "instantaneous_ops_per_sec": round(statistics.command_rate.per_second),
        "total_net_input_bytes": statistics.input_bytes,
        "total_net_output_bytes": statistics.output_bytes,
        "total_net_repl_input_bytes": 0,
        "total_net_repl_output_bytes": 0,
        "instantaneous_input_kbps": f"{statistics.input_rate.per_second / 1024:.2f}",
        "instantaneous_output_kbps": f"{statistics.output_rate.per_second / 1024:.2f}",
        "instantaneous_input_repl_kbps": "0.00",
        "instantaneous_output_repl_kbps": "0.00",
        "rejected_connections": statistics.rejected_connections,
        "sync_full": 0,
        "sync_partial_ok": 0,
        "sync_partial_err": 0,
        "expired_keys": keyspace.expired_keys,
        "expired_stale_perc": f"{100 * keyspace.stale_share:.2f}",
        "expired_time_cap_reached_count": keyspace.expire_cycles_cut_short,
        "expire_cycle_cpu_milliseconds": statistics.expire_cycle_us // 1000,
        "evicted_keys": evictor.evicted_keys,
        "evicted_clients": statistics.evicted_clients,
        "total_eviction_exceeded_time": (evictor.exceeded_us + exceeded_now_us) // 1000,
        "current_eviction_exceeded_time": exceeded_now_us // 1000,
        "keyspace_hits": keyspace.hits,
        "keyspace_misses": keyspace.misses,
        "pubsub_channels": len(server.pubsub.channels),
        "pubsub_patterns": len(server.pubsub.patterns),
        **dict.fromkeys(NOT_IN_THIS_STAGE, 0),
        "unexpected_error_replies": 0,
        "total_error_replies": statistics.errors.total(),
        "dump_payload_sanitizations": 0,
        "total_reads_processed": statistics.reads,
        "total_writes_processed": statistics.writes,
        "io_threaded_reads_processed": 0,
        "io_threaded_writes_processed": 0,
        "reply_buffer_shrinks": 0,
        "reply_buffer_expands": 0,
    }


NOT_IN_THIS_STAGE = (
    "pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets slave_expires_tracked_keys "
    "active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses total_active_defrag_time "
    "current_active_defrag_time tracking_total_keys tracking_total_items tracking_total_prefixes"
).split()


def _replication(server) -> Section:
    return {
        "role": "master",
        "connected_slaves": 0,
        "master_failover_state": "no-failover",
        "master_replid": server.replication_id,
        "master_replid2": "0" * 40,
        "master_repl_offset": 0,
        "second_repl_offset": -1,
        "repl_backlog_active": 0,
        "repl_backlog_size": server.config.repl_backlog_size,
        "repl_backlog_first_byte_offset": 0,
        "repl_backlog_histlen": 0,
    }


def _cpu(server) -> Section:
    system, user, children_system, children_user = server.outside.cpu_seconds()
    return {
        "used_cpu_sys": f"{system:.6f}",
        "used_cpu_user": f"{user:.6f}",
        "used_cpu_sys_children": f"{children_system:.6f}",
        "used_cpu_user_children": f"{children_user:.6f}",
        "used_cpu_sys_main_thread": f"{system:.6f}",
        "used_cpu_user_main_thread": f"{user:.6f}",
    }


def _commandstats(server) -> Section:
    fields: Section = {}
    for command in every_command(server):
        if command.calls or command.rejected or command.failed:
            usec = server.statistics.usec(command)
            each = usec / command.calls if command.calls else 0
            fields[f"cmdstat_{command.name}"] = (
                f"calls={command.calls},usec={usec:.0f},usec_per_call={each:.2f},"
                f"rejected_calls={command.rejected},failed_calls={command.failed}"
            )
    return fields


def _errorstats(server) -> Section:
    return {f"errorstat_{code}": f"count={count}" for code, count in sorted(server.statistics.errors.items())}


def _latencystats(server) -> Section:
    fields: Section = {}
    percentiles = server.config.latency_tracking_info_percentiles
    for command in every_command(server):
        latency = server.statistics.latency(command)
        if latency.total and percentiles:
            told = ",".join(f"p{percent:.6g}={latency.percentile(percent):.3f}" for percent in percentiles)
            fields[f"latency_percentiles_usec_{command.name}"] = told
    return fields


def _keyspace(server) -> Section:
    fields: Section = {}
    for database in server.keyspace.databases:
        if database.data:
            fields[f"db{database.index}"] = (
                f"keys={len(database.data)},expires={len(database.expires)},avg_ttl={_mean_ttl_ms(database)}"
            )
    return fields


def _mean_ttl_ms(database) -> int:
    """Estimated from some keys."""
    if not database.expires:
        return 0
    keyspace = database.keyspace
    keys = [database.volatile_keys.draw(keyspace.random) for _ in range(KEYS_FOR_TTL)]
    return max(sum(database.expires[key] - keyspace.now for key in keys) // len(keys), 0)
