"""MEMORY: what keys and the server take. The account is in memory.py. Source: Redis 7.0's object.c;
https://redis.io/commands/memory-usage/
"""

import gc
import sys

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.introspection import count_clients_memory
from stage1_single_node.memory import key_bytes
from stage1_single_node.resp import Verbatim
from stage1_single_node.structures.footprint import DICT_SLOT, INTEGER, SAMPLES

WORTH_A_DIAGNOSIS = 5 * 1024 * 1024
NEARLY_EMPTY = (
    "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these "
    "conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to "
    "our programming as soon as I finished rebooting.\n"
)
HEALTHY = "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"


@command("MEMORY|USAGE", arity=-3, flags="readonly", keys=(2, 2, 1))
def usage(client, key, *options):
    samples = SAMPLES
    words = iter(options)
    for word in words:
        count = next(words, None)
        if word.upper() != b"SAMPLES" or count is None:
            raise ReplyError(SYNTAX)
        samples = integer(count)
        if samples < 0:
            raise ReplyError(SYNTAX)
    value = client.db.peek(key)
    return None if value is None else key_bytes(client.db, key, value, samples)


@command("MEMORY|STATS", arity=2)
def stats(client):
    server = client.server
    count_clients_memory(server)
    account, resident = server.memory, server.outside.rss_bytes()
    total, startup, overhead = account.refresh(), account.startup_bytes, account.overhead_bytes
    keys = sum(map(len, server.keyspace.databases))
    databases = {
        b"db.%d" % database.index: {
            b"overhead.hashtable.main": len(database.data) * DICT_SLOT,
            b"overhead.hashtable.expires": len(database.expires) * (DICT_SLOT + INTEGER),
            b"overhead.hashtable.slot-to-keys": 0,
        }
        for database in server.keyspace.databases
        if database.data
    }
    return {
        b"peak.allocated": account.peak_bytes,
        b"total.allocated": total,
        b"startup.allocated": startup,
        b"replication.backlog": 0,
        b"clients.slaves": account.replicas_bytes,
        b"clients.normal": account.clients_bytes,
        b"cluster.links": 0,
        b"aof.buffer": 0,
        b"lua.caches": 0,
        b"functions.caches": 0,
        **databases,
        b"overhead.total": overhead,
        b"keys.count": keys,
        b"keys.bytes-per-key": (total - startup) // keys if keys else 0,
        b"dataset.bytes": total - overhead,
        b"dataset.percentage": 100 * (total - overhead) / max(total - startup, 1),
        b"peak.percentage": 100 * total / account.peak_bytes,
        b"allocator.allocated": total,
        b"allocator.active": total,
        b"allocator.resident": resident,
        b"allocator-fragmentation.ratio": 1.0,
        b"allocator-fragmentation.bytes": 0,
        b"allocator-rss.ratio": resident / total,
        b"allocator-rss.bytes": resident - total,
        b"rss-overhead.ratio": 1.0,
        b"rss-overhead.bytes": 0,
        b"fragmentation": resident / total,
        b"fragmentation.bytes": resident - total,
    }


@command("MEMORY|DOCTOR", arity=2)
def doctor(client):
    server = client.server
    count_clients_memory(server)
    account = server.memory
    used = account.refresh()
    if used < WORTH_A_DIAGNOSIS:
        return Verbatim(NEARLY_EMPTY.encode())
    findings = []
    if account.peak_bytes > 1.5 * used:
        findings.append("Peak memory: once there was far more data than now. Python hands back little of that memory.")
    if account.clients_bytes > 200 * 1024 * len(server.clients):
        findings.append("Big client buffers: some clients ask for much and read slowly. CLIENT LIST (omem) names them.")
    lines = ["Sam, I detected a few issues in this Redis instance memory implants:", "", *findings]
    return Verbatim(("\n".join(lines) + "\n" if findings else HEALTHY).encode())


@command("MEMORY|MALLOC-STATS", arity=2)
def malloc_stats(client):
    lines = [
        f"Python {sys.version.split()[0]}: {sys.getallocatedblocks()} blocks allocated",
        f"objects known to the cycle collector: {', '.join(map(str, gc.get_count()))} young to old, "
        f"{gc.get_freeze_count()} frozen",
    ]
    return Verbatim(("\n".join(lines) + "\n").encode())


@command("MEMORY|PURGE", arity=2)
def purge(client):
    gc.collect()
    return "OK"


@command("MEMORY|HELP", arity=2, flags="loading stale")
def help_(client):
    return subcommand_help(
        "MEMORY",
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).",
    )
