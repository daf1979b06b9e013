"""The memory account in figures: INFO's section Memory, and MEMORY STATS.

Two figures mean something else here than in Redis, and all others follow from them:

    used        the data and the connections, as memory.py counts them; that is what maxmemory limits. The interpreter's
                own 25 MB are no part of it, so a server without data says some kilobytes.
    resident    all that the process has in memory, the interpreter included

Source: genRedisInfoString in Redis 7.0's server.c, getMemoryOverheadData in object.c.
"""

import platform

from stage1_single_node.info_fields import Section, fixed, human
from stage1_single_node.introspection import count_clients_memory
from stage1_single_node.structures.footprint import DICT_SLOT, INTEGER

ALLOCATOR = f"python-{platform.python_version()}"
NO_SCRIPTS = fixed(
    "used_memory_lua:0 used_memory_vm_eval:0 used_memory_lua_human:0B used_memory_scripts_eval:0 "
    "number_of_cached_scripts:0 number_of_functions:0 number_of_libraries:0 used_memory_vm_functions:0 "
    "used_memory_vm_total:0 used_memory_vm_total_human:0B used_memory_functions:0 used_memory_scripts:0 "
    "used_memory_scripts_human:0B"
)


class Figures:
    """The account as of now."""

    def __init__(self, server):
        count_clients_memory(server)
        account = server.memory
        self.used = account.refresh()
        self.peak = account.peak_bytes
        self.startup = account.startup_bytes
        self.overhead = account.overhead_bytes
        self.dataset = self.used - self.overhead
        self.dataset_percent = 100 * self.dataset / max(self.used - self.startup, 1)
        self.normal_clients = account.clients_bytes
        self.replicas = account.replicas_bytes
        self.resident = server.outside.rss_bytes()
        self.resident_ratio = self.resident / self.used
        self.keys = sum(map(len, server.keyspace.databases))


def section(server) -> Section:
    """INFO memory."""
    now = Figures(server)
    return {
        "used_memory": now.used,
        "used_memory_human": human(now.used),
        "used_memory_rss": now.resident,
        "used_memory_rss_human": human(now.resident),
        "used_memory_peak": now.peak,
        "used_memory_peak_human": human(now.peak),
        "used_memory_peak_perc": f"{100 * now.used / now.peak:.2f}%",
        "used_memory_overhead": now.overhead,
        "used_memory_startup": now.startup,
        "used_memory_dataset": now.dataset,
        "used_memory_dataset_perc": f"{now.dataset_percent:.2f}%",
        "allocator_allocated": now.used,
        "allocator_active": now.used,
        "allocator_resident": now.resident,
        **_limits(server),
        "allocator_frag_ratio": "1.00",
        "allocator_frag_bytes": 0,
        "allocator_rss_ratio": f"{now.resident_ratio:.2f}",
        "allocator_rss_bytes": now.resident - now.used,
        "rss_overhead_ratio": "1.00",
        "rss_overhead_bytes": 0,
        "mem_fragmentation_ratio": f"{now.resident_ratio:.2f}",
        "mem_fragmentation_bytes": now.resident - now.used,
        "mem_not_counted_for_evict": now.replicas,
        "mem_replication_backlog": 0,
        "mem_total_replication_buffers": now.replicas,
        "mem_clients_slaves": now.replicas,
        "mem_clients_normal": now.normal_clients,
        **fixed(f"mem_cluster_links:0 mem_aof_buffer:0 mem_allocator:{ALLOCATOR}"),
        "active_defrag_running": 0,
        "lazyfree_pending_objects": server.lazy_free.pending,
        "lazyfreed_objects": server.lazy_free.freed,
    }


def _limits(server) -> Section:
    total = server.outside.total_memory_bytes()
    return {
        "total_system_memory": total,
        "total_system_memory_human": human(total),
        **NO_SCRIPTS,
        "maxmemory": server.config.maxmemory,
        "maxmemory_human": human(server.config.maxmemory),
        "maxmemory_policy": server.config.maxmemory_policy,
    }


def stats(server) -> dict[bytes, object]:
    """The reply to MEMORY STATS."""
    now = Figures(server)
    return {
        b"peak.allocated": now.peak,
        b"total.allocated": now.used,
        b"startup.allocated": now.startup,
        b"replication.backlog": 0,
        b"clients.slaves": now.replicas,
        b"clients.normal": now.normal_clients,
        b"cluster.links": 0,
        b"aof.buffer": 0,
        b"lua.caches": 0,
        b"functions.caches": 0,
        **{b"db.%d" % each.index: _tables(each) for each in server.keyspace.databases if each.data},
        b"overhead.total": now.overhead,
        b"keys.count": now.keys,
        b"keys.bytes-per-key": (now.used - now.startup) // now.keys if now.keys else 0,
        b"dataset.bytes": now.dataset,
        b"dataset.percentage": now.dataset_percent,
        b"peak.percentage": 100 * now.used / now.peak,
        b"allocator.allocated": now.used,
        b"allocator.active": now.used,
        b"allocator.resident": now.resident,
        b"allocator-fragmentation.ratio": 1.0,
        b"allocator-fragmentation.bytes": 0,
        b"allocator-rss.ratio": now.resident_ratio,
        b"allocator-rss.bytes": now.resident - now.used,
        b"rss-overhead.ratio": 1.0,
        b"rss-overhead.bytes": 0,
        b"fragmentation": now.resident_ratio,
        b"fragmentation.bytes": now.resident - now.used,
    }


def _tables(database) -> dict[bytes, int]:
    return {
        b"overhead.hashtable.main": len(database.data) * DICT_SLOT,
        b"overhead.hashtable.expires": len(database.expires) * (DICT_SLOT + INTEGER),
        b"overhead.hashtable.slot-to-keys": 0,
    }
