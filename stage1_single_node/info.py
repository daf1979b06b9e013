"""INFO: what a server tells about itself, section by section, in the names that every Redis tool knows.

What this stage has no such thing as (files, replicas, scripts) is told as a real server tells it that has none: a
later stage puts its own figures there, for which `Server.info` is the seam.
Source: genRedisInfoString in Redis 7.0's server.c; https://redis.io/commands/info/
"""

import asyncio
import platform
import sys
from functools import partial

from stage1_single_node import info_statistics, memory_figures
from stage1_single_node.client_info import unsent_bytes
from stage1_single_node.config import VERSION
from stage1_single_node.info_fields import Section, Sections, fixed

NOT_BY_DEFAULT = frozenset(("commandstats", "latencystats"))
EVERYTHING = frozenset(("all", "everything"))
OPERATING_SYSTEM = f"{platform.system()} {platform.release()} {platform.machine()}"
COMPILER = platform.python_compiler().removeprefix("GCC ")  # of this Python
KEYS_FOR_TTL = 100  # of a database, whose mean time to live is told


def text(sections: Sections, wanted: tuple[bytes, ...]) -> bytes:
    """The reply to INFO with these section names, in any case; none is as good as `default`."""
    names = {name.decode(errors="replace").lower() for name in wanted} or {"default"}
    shown = []
    for title, fields in sections.items():
        name = title.lower()
        if name in names or names & EVERYTHING or ("default" in names and name not in NOT_BY_DEFAULT):
            lines = (fields() if callable(fields) else fields).items()
            shown.append(f"# {title}\r\n" + "".join(f"{field}:{value}\r\n" for field, value in lines))
    return "\r\n".join(shown).encode(errors="surrogateescape")


def sections(server) -> Sections:
    """All sections of stage 1's INFO, in order, by title; those that cost much and are rarely shown, as functions."""
    return {
        "Server": _server(server),
        "Clients": _clients(server),
        "Memory": memory_figures.section(server),
        "Persistence": _persistence(server),
        "Stats": info_statistics.stats(server),
        "Replication": _replication(server),
        "CPU": _cpu(server),
        "Modules": {},
        "Commandstats": partial(info_statistics.commandstats, server),
        "Errorstats": info_statistics.errorstats(server),
        "Latencystats": partial(info_statistics.latencystats, server),
        "Cluster": {"cluster_enabled": 0},
        "Keyspace": _keyspace(server),
    }


def _server(server) -> Section:
    now_us = server.clock.unix_us()
    uptime = (now_us // 1000 - server.statistics.started_ms) // 1000
    return {
        "redis_version": VERSION,
        "redis_git_sha1": "00000000",
        "redis_git_dirty": 0,
        "redis_build_id": "0" * 16,
        "redis_mode": "standalone",
        "os": OPERATING_SYSTEM,
        "arch_bits": 64,
        "monotonic_clock": "Python perf_counter",
        "multiplexing_api": type(asyncio.get_running_loop()).__module__.partition(".")[0],
        "atomicvar_api": "the interpreter's lock",
        "gcc_version": COMPILER,
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


def _persistence(server) -> Section:
    return {
        **fixed("loading:0 async_loading:0 current_cow_peak:0 current_cow_size:0 current_cow_size_age:0"),
        **fixed("current_fork_perc:0.00 current_save_keys_processed:0 current_save_keys_total:0"),
        "rdb_changes_since_last_save": server.keyspace.dirty,
        "rdb_bgsave_in_progress": 0,
        "rdb_last_save_time": server.statistics.started_ms // 1000,
        **fixed("rdb_last_bgsave_status:ok rdb_last_bgsave_time_sec:-1 rdb_current_bgsave_time_sec:-1 rdb_saves:0"),
        **fixed("rdb_last_cow_size:0 rdb_last_load_keys_expired:0 rdb_last_load_keys_loaded:0"),
        **fixed("aof_enabled:0 aof_rewrite_in_progress:0 aof_rewrite_scheduled:0 aof_last_rewrite_time_sec:-1"),
        **fixed("aof_current_rewrite_time_sec:-1 aof_last_bgrewrite_status:ok aof_rewrites:0"),
        **fixed("aof_rewrites_consecutive_failures:0 aof_last_write_status:ok aof_last_cow_size:0"),
        **fixed("module_fork_in_progress:0 module_fork_last_cow_size:0"),
    }


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
