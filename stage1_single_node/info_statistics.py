"""The counters in figures: INFO's sections Stats, Commandstats, Errorstats and Latencystats.

Source: genRedisInfoString in Redis 7.0's server.c.
"""

from stage1_single_node.info_fields import Section, fixed
from stage1_single_node.introspection import commands_processed, every_command

NOT_IN_THIS_STAGE = fixed(
    "pubsubshard_channels:0 latest_fork_usec:0 total_forks:0 migrate_cached_sockets:0 slave_expires_tracked_keys:0 "
    "active_defrag_hits:0 active_defrag_misses:0 active_defrag_key_hits:0 active_defrag_key_misses:0 "
    "total_active_defrag_time:0 current_active_defrag_time:0 tracking_total_keys:0 tracking_total_items:0 "
    "tracking_total_prefixes:0 unexpected_error_replies:0"
)


def stats(server) -> Section:
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
        **fixed("sync_full:0 sync_partial_ok:0 sync_partial_err:0"),
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
        **NOT_IN_THIS_STAGE,
        "total_error_replies": statistics.errors.total(),
        "dump_payload_sanitizations": 0,
        "total_reads_processed": statistics.reads,
        "total_writes_processed": statistics.writes,
        **fixed("io_threaded_reads_processed:0 io_threaded_writes_processed:0"),
        **fixed("reply_buffer_shrinks:0 reply_buffer_expands:0"),
    }


def commandstats(server) -> Section:
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


def errorstats(server) -> Section:
    return {f"errorstat_{code}": f"count={count}" for code, count in sorted(server.statistics.errors.items())}


def latencystats(server) -> Section:
    fields: Section = {}
    percentiles = server.config.latency_tracking_info_percentiles if server.config.latency_tracking else ()
    for command in every_command(server):
        latency = server.statistics.latency(command)
        if latency.total and percentiles:
            pairs = zip(percentiles, latency.percentiles(percentiles), strict=True)
            told = ",".join(f"p{percent:.6g}={usec:.3f}" for percent, usec in pairs)
            fields[f"latency_percentiles_usec_{command.name}"] = told
    return fields
