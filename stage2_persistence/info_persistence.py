"""What INFO says of files, and what a snapshot says of its server.

The section Persistence is Redis's, field by field, with two more: `aof_current_incr` names the file that is written to,
`aof_synced_size` says how much of it is known to be on the disk. What is behind that is what a power cut takes.
Source: genRedisInfoString in Redis 7.0's server.c, rdbSaveInfoAuxFields in its rdb.c.
"""

from stage1_single_node.config import VERSION
from stage1_single_node.info_fields import Section, fixed


def add(server, sections: dict) -> dict:
    """The sections of stage 1, with stage 2's figures in them."""
    sections["Persistence"] = persistence(server)
    sections["Stats"] |= {"total_forks": server.background.forks, "latest_fork_usec": server.background.last_fork_us}
    sections["Memory"] |= {"mem_aof_buffer": server.aof.buffered_bytes}
    return sections


def persistence(server) -> Section:
    return {
        "loading": int(server.loading.active),
        **_child(server),
        **_snapshots(server),
        **_append_only_file(server),
        **fixed("module_fork_in_progress:0 module_fork_last_cow_size:0"),
        **(_sizes(server) if server.aof.file or server.rewriter.enabling else {}),
        **(_loading(server) if server.loading.active else {}),
    }


def _child(server) -> Section:
    background = server.background
    keys, cow_bytes = background.child.progress() if background.child else (0, 0)
    share = 100 * keys / background.keys_total if background.child and background.keys_total else 0.0
    return {
        "async_loading": 0,
        "current_cow_peak": background.cow_peak_bytes if background.child else 0,
        "current_cow_size": cow_bytes,
        "current_cow_size_age": _seconds_since(server, background.started_ms) if cow_bytes else 0,
        "current_fork_perc": f"{share:.2f}",
        "current_save_keys_processed": keys,
        "current_save_keys_total": background.keys_total if background.child else 0,
    }


def _snapshots(server) -> Section:
    snapshots, background, loading = server.snapshots, server.background, server.loading
    saving = background.kind == "rdb"
    return {
        "rdb_changes_since_last_save": snapshots.changes,
        "rdb_bgsave_in_progress": int(saving),
        "rdb_last_save_time": snapshots.saved_ms // 1000,
        "rdb_last_bgsave_status": "err" if snapshots.failed else "ok",
        "rdb_last_bgsave_time_sec": snapshots.last_seconds,
        "rdb_current_bgsave_time_sec": _seconds_since(server, background.started_ms) if saving else -1,
        "rdb_saves": snapshots.saves,
        "rdb_last_cow_size": background.cow_bytes["rdb"],
        "rdb_last_load_keys_expired": loading.keys_expired,
        "rdb_last_load_keys_loaded": loading.keys_loaded,
    }


def _append_only_file(server) -> Section:
    rewriter, background = server.rewriter, server.background
    rewriting = background.kind == "aof"
    return {
        "aof_enabled": int(server.aof.file is not None or rewriter.enabling),
        "aof_rewrite_in_progress": int(rewriting),
        "aof_rewrite_scheduled": int(rewriter.scheduled),
        "aof_last_rewrite_time_sec": rewriter.last_seconds,
        "aof_current_rewrite_time_sec": _seconds_since(server, background.started_ms) if rewriting else -1,
        "aof_last_bgrewrite_status": "err" if rewriter.failed else "ok",
        "aof_rewrites": rewriter.rewrites,
        "aof_rewrites_consecutive_failures": rewriter.failures,
        "aof_last_write_status": "err" if server.aof.error else "ok",
        "aof_last_cow_size": background.cow_bytes["aof"],
    }


def _sizes(server) -> Section:
    aof, rewriter = server.aof, server.rewriter
    return {
        "aof_current_size": rewriter.current_bytes,
        "aof_base_size": rewriter.base_bytes,
        "aof_pending_rewrite": int(rewriter.scheduled),
        "aof_buffer_length": aof.buffered_bytes,
        "aof_pending_bio_fsync": int(aof.syncing),
        "aof_delayed_fsync": aof.delayed_fsyncs,
        "aof_current_incr": aof.path,
        "aof_synced_size": aof.synced_bytes,
    }


def _loading(server) -> Section:
    loading = server.loading
    seconds = max(server.clock.unix_ms() - loading.started_ms, 1) / 1000
    left = max(loading.total_bytes - loading.loaded_bytes, 0)
    return {
        "loading_start_time": loading.started_ms // 1000,
        "loading_total_bytes": loading.total_bytes,
        "loading_rdb_used_mem": 0,
        "loading_loaded_bytes": loading.loaded_bytes,
        "loading_loaded_perc": f"{100 * loading.share:.2f}",
        "loading_eta_seconds": int(left * seconds / loading.loaded_bytes) if loading.loaded_bytes else 1,
    }


def _seconds_since(server, started_ms: int) -> int:
    return (server.clock.unix_ms() - started_ms) // 1000


def aux_fields(server) -> list[tuple[bytes, bytes]]:
    """The head of an RDB file, in Redis's order."""
    return [
        (b"redis-ver", VERSION.encode()),
        (b"redis-bits", b"64"),
        (b"ctime", b"%d" % (server.clock.unix_ms() // 1000)),
        (b"used-mem", b"%d" % server.memory.used_bytes),
    ]
