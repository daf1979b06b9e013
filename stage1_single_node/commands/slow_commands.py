"""SLOWLOG and LATENCY: what took long. Source: Redis 7.0's slowlog.c and latency.c;
https://redis.io/docs/management/optimization/latency-monitor/
"""

from stage1_single_node.command import Command, command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import ReplyError, SubcommandSyntax
from stage1_single_node.introspection import every_command
from stage1_single_node.latency_doctor import report
from stage1_single_node.resp import Verbatim

ADMINISTRATION = "admin loading stale"
LATENCY = "admin noscript loading stale"
BAD_COUNT = "ERR count should be greater than or equal to -1"


@command("SLOWLOG|GET", arity=-2, flags=ADMINISTRATION)
def slowlog_get(client, *count):
    if len(count) > 1:
        raise SubcommandSyntax
    wanted = integer(count[0], BAD_COUNT) if count else 10
    if wanted < -1:
        raise ReplyError(BAD_COUNT)
    entries = list(client.server.slowlog.entries)
    return [list(entry) for entry in (entries if wanted == -1 else entries[:wanted])]


@command("SLOWLOG|LEN", arity=2, flags=ADMINISTRATION)
def slowlog_len(client):
    return len(client.server.slowlog.entries)


@command("SLOWLOG|RESET", arity=2, flags=ADMINISTRATION)
def slowlog_reset(client):
    client.server.slowlog.entries.clear()
    return "OK"


@command("SLOWLOG|HELP", arity=2, flags="loading stale")
def slowlog_help(client):
    return subcommand_help(
        "SLOWLOG",
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.",
    )


@command("LATENCY|LATEST", arity=2, flags=LATENCY)
def latest(client):
    events = client.server.latency.events
    return [[name.encode(), *series.samples[-1], series.worst] for name, series in events.items()]


@command("LATENCY|HISTORY", arity=3, flags=LATENCY)
def history(client, event):
    series = client.server.latency.events.get(_text(event))
    return [list(sample) for sample in series.samples] if series else []


@command("LATENCY|RESET", arity=-2, flags=LATENCY)
def reset(client, *events):
    return client.server.latency.reset([_text(event).lower() for event in events])


@command("LATENCY|GRAPH", arity=3, flags=LATENCY)
def graph(client, event):
    latency = client.server.latency
    name = _text(event)
    if name not in latency.events:
        raise ReplyError(f"ERR No samples available for event '{name}'")
    return Verbatim(latency.graph(name, client.server.keyspace.now // 1000).encode())


@command("LATENCY|DOCTOR", arity=2, flags=LATENCY)
def doctor(client):
    server = client.server
    return Verbatim(report(server.latency, server.config, server.keyspace.now // 1000).encode())


@command("LATENCY|HISTOGRAM", arity=-2, flags=LATENCY)
def histogram(client, *names):
    statistics = client.server.statistics
    found = {}
    for each in _named(client.server, names) if names else every_command(client.server):
        curve = statistics.latency(each).cumulative()
        if curve:
            found[each.name.encode()] = {b"calls": each.calls, b"histogram_usec": curve}
    return found


def _named(server, names: tuple[bytes, ...]) -> list[Command]:
    """The commands of these names, with their subcommands; unknown names are skipped."""
    known = {each.name.encode(): each for each in every_command(server)}
    found = [known[name.lower()] for name in names if name.lower() in known]
    return [each for command in found for each in (command, *command.subcommands.values())]


@command("LATENCY|HELP", arity=2, flags="loading stale")
def latency_help(client):
    return subcommand_help(
        "LATENCY",
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram "
        "for the specified command names.",
        "    If no commands are specified then all histograms are replied.",
    )


def _text(word: bytes) -> str:
    """The name of an event, which ends at a zero byte, as C's strings do."""
    return word.partition(b"\0")[0].decode(errors="surrogateescape")
