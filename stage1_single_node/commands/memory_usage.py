"""MEMORY: what keys and the server take. The account is in memory.py. Source: Redis 7.0's object.c;
https://redis.io/commands/memory-usage/
"""

import gc
import sys

from stage1_single_node import memory_figures
from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.memory import key_bytes
from stage1_single_node.resp import Verbatim
from stage1_single_node.structures.footprint import SAMPLES

WORTH_A_DIAGNOSIS = 5 * 1024 * 1024
BIG_CLIENT = 200 * 1024  # bytes, the mean over all clients
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
    return memory_figures.stats(client.server)


@command("MEMORY|DOCTOR", arity=2)
def doctor(client):
    now = memory_figures.Figures(client.server)
    if now.used < WORTH_A_DIAGNOSIS:
        return Verbatim(NEARLY_EMPTY.encode())
    findings = []
    if now.peak > 1.5 * now.used:
        findings.append("Peak memory: once there was far more data than now. Python hands back little of that memory.")
    if now.normal_clients > BIG_CLIENT * len(client.server.clients):
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
