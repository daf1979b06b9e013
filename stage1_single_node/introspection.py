"""What the server notes when a batch or a command is over: counters, times, the slow log, the latency monitor, MONITOR.

Everything here is told what happened and changes nothing about it. Commands of the fast way share the time of their
batch (`Server.end_batch`); those of the careful way are measured one by one.
"""

import math
import traceback

from stage1_single_node import monitor
from stage1_single_node.client import Client
from stage1_single_node.client_info import memory_bytes
from stage1_single_node.command import ANY, FLAGS, Command
from stage1_single_node.errors import ReplyError, SubcommandSyntax, subcommand_syntax
from stage1_single_node.redaction import without_secrets

DIRECTIVES = "slowlog-log-slower-than", "latency-monitor-threshold"  # a change of these calls `configure`
FAST, SKIP_SLOWLOG = FLAGS["fast"], FLAGS["skip_slowlog"]

SAMPLED_READS = 16  # the latency histogram of the fast way looks at one read in so many, and at all of the first ones


def configure(server) -> None:
    """Find out from which duration on a command is worth a look; a slow log of everything must see everything."""
    config = server.config
    thresholds = [
        config.slowlog_log_slower_than if config.slowlog_log_slower_than >= 0 else math.inf,
        config.latency_monitor_threshold * 1000 or math.inf,
    ]
    server.slow_ns = min(thresholds) * 1000
    server.set_gate("slowlog", ANY if config.slowlog_log_slower_than == 0 else 0)


def mixed_batch_done(server, client: Client, calls: int, elapsed_ns: int) -> None:
    """A read was processed of which some commands took the careful way, and were measured there, or had no turn yet."""
    statistics = server.statistics
    fast_calls = calls - statistics.careful_calls - len(client.pending)
    if fast_calls > 0:
        statistics.share(fast_calls, max(elapsed_ns - statistics.careful_ns, 0))
    statistics.careful_calls = statistics.careful_ns = 0


def look_closer(server, client: Client, commands: list[list[bytes]], elapsed_ns: int) -> None:
    """A batch of the fast way is one of the sampled, or was slow. Which one of several was slow, nobody knows."""
    statistics = server.statistics
    statistics.next_sample = statistics.reads + (1 if statistics.reads < SAMPLED_READS else SAMPLED_READS)
    calls = len(commands)
    usec = elapsed_ns // 1000
    if calls:
        statistics.shared_latency.record(usec // calls, calls)
    if calls == 1 and elapsed_ns >= server.slow_ns:
        note_slow(server, client, server.spellings[commands[0][0]], commands[0], usec)


def command_done(server, client: Client, command: Command, argv: list[bytes], elapsed_ns: int) -> None:
    """A command has run on the careful way (or inside of another one, for which `Effects.nesting` counts)."""
    usec = elapsed_ns // 1000
    command.calls += 1
    command.measured(usec)
    if not server.effects.nesting:
        server.statistics.careful_ns += elapsed_ns
    if elapsed_ns >= server.slow_ns:
        note_slow(server, client, command, argv, usec)
    if server.monitors:  # only now: MONITOR shows the commands of a transaction before their EXEC
        monitor.feed(client, command, argv)


def note_slow(server, client: Client, command: Command, argv: list[bytes], usec: int) -> None:
    """A command took longer than the slow log, or the latency monitor, has patience for."""
    now_seconds = server.keyspace.now // 1000
    if not command.flags & SKIP_SLOWLOG:
        server.slowlog.note(client, without_secrets(command, argv), usec, now_seconds)
    server.latency.note("fast-command" if command.flags & FAST else "command", usec, now_seconds)


def refused(server, command: Command | None, error: ReplyError) -> ReplyError:
    """The server would not run a command; the error is handed on."""
    if command is not None:
        command.rejected += 1
    server.statistics.count_error(str(error))
    return error


def failed(server, command: Command, argv: list[bytes], error: Exception) -> ReplyError:
    """A command ran, and raised: the error for the client. A bug of ours goes to the log, whole."""
    if isinstance(error, SubcommandSyntax):
        error = ReplyError(subcommand_syntax(argv))
    elif not isinstance(error, ReplyError):
        server.log("warning", f"Bug in '{command.name}':\n" + "".join(traceback.format_exception(error)))
        error = ReplyError(f"ERR internal error in '{command.name}', see the server's log")
    command.failed += 1
    server.statistics.count_error(str(error))
    return error


def expire_cycle_done(server, elapsed_us: int) -> None:
    """The search for expired keys took so long."""
    server.statistics.expire_cycle_us += elapsed_us
    server.latency.note("expire-cycle", elapsed_us, server.keyspace.second)


def tick(server, now_ms: int) -> None:
    """Called by cron: what is sampled rather than counted."""
    sampled_before = server.statistics.sampled_ms // 1000
    server.statistics.sample(commands_processed(server), now_ms)
    if now_ms // 1000 != sampled_before:
        count_clients_memory(server)
        server.memory.refresh()
        server.evictor.choose_touch()
    server.evictor.make_room()  # buffers may have grown since the last command that asked for room


def count_clients_memory(server) -> None:
    """What the connections take, which `maxmemory` limits too."""
    normal = replicas = 0
    for client in server.clients.values():
        if client.kind == "replica":
            replicas += memory_bytes(client)
        else:
            normal += memory_bytes(client)
    server.memory.clients_bytes, server.memory.replicas_bytes = normal, replicas


def commands_processed(server) -> int:
    """How many commands have run."""
    return sum(command.calls for command in every_command(server))


def reset(server) -> None:
    """CONFIG RESETSTAT: count from zero again."""
    server.statistics.reset()
    server.evictor.reset_counters()
    keyspace = server.keyspace
    keyspace.hits = keyspace.misses = keyspace.expired_keys = keyspace.expire_cycles_cut_short = 0
    for command in every_command(server):
        command.reset()


def every_command(server) -> list[Command]:
    """The commands of a server, each followed by its subcommands."""
    return [each for command in server.table.values() for each in (command, *command.subcommands.values())]
