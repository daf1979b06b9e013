"""One command at a time: while the server walks through every key for KEYS *, everybody else waits.

Redis executes commands on a single thread. That makes each command atomic without a lock, and it lets one
O(N) command on a big keyspace stall every client. SCAN visits the same keys in many short commands, between
which the others get their turns.
"""

import asyncio
from collections.abc import Awaitable
from random import Random

from redis.asyncio import Redis

from lab.dashboard import NOBODY, Gauge, Watch
from lab.engine import POOL_CONNECTIONS, Engine, Node
from lab.history import Event, History, summarize
from lab.latency import Histogram, TimeSeries
from lab.result import Result, milliseconds
from lab.workload import Workload, reads, redis_client, zipf

KEYS_PER_MSET = 1000
KEYS_PER_SCAN = 500
READS_PER_SECOND = 400.0
REST_SECONDS = 0.5

Span = tuple[float, float]


async def slow_command(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """KEYS * on a big keyspace stalls everyone, SCAN does not: the single thread made visible"""
    keys, repetitions = (100_000, 1) if quick else (300_000, 3)
    watch.phase("fill", f"{keys:,} keys")
    server = await engine.start("server", 'save ""')
    redis = server.client()
    for first in range(0, keys, KEYS_PER_MSET):
        await redis.mset({f"key:{number}": number for number in range(first, first + KEYS_PER_MSET)})

    # All connections are made now: so many handshakes during a stall would stall the clients.
    await asyncio.gather(*(redis.ping() for _ in range(POOL_CONNECTIONS)))
    history = History()
    async with Workload(engine, history, patience_seconds=10.0) as workload:
        questions = reads(zipf(Random(f"{seed} choice"), keys), "key:{}")
        workload.ask_at_rate("bystanders", READS_PER_SECOND, questions, redis_client(redis), Random(f"{seed} arrival"))
        watch.follow(_gauges(engine, history))
        began = engine.now()

        watch.phase("in peace", "bystanders read single keys")
        await engine.sleep(0.5 if quick else 2.0)
        peace = [(began, engine.now())]

        watch.phase("KEYS *", f"one command that looks at {keys:,} keys, done {repetitions} ×")
        during_keys = [await _timed(engine, _keys(server)) for _ in range(repetitions)]

        watch.phase("SCAN", f"the same as many commands that look at {KEYS_PER_SCAN} keys each")
        during_scan = [await _timed(engine, _scan(redis)) for _ in range(repetitions)]
    return _judge(engine, seed, history, {"in peace": peace, "KEYS *": during_keys, "SCAN": during_scan})


async def _timed(engine: Engine, work: Awaitable[None]) -> Span:
    """When the work was done, with a rest behind it for what queued up meanwhile."""
    start = engine.now()
    await work
    end = engine.now()
    await engine.sleep(REST_SECONDS)
    return start, end


async def _keys(server: Node) -> None:
    """KEYS * over a bare connection that only counts lines: to decode the reply would stall this process too."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"KEYS *\r\n")
    header = await reader.readline()
    lines = 2 * int(header.removeprefix(b"*"))  # for each key its length and itself
    while lines > 0:
        lines -= (await reader.read(65536)).count(b"\n")
    writer.close()


async def _scan(redis: Redis) -> None:
    cursor, _ = await redis.scan(count=KEYS_PER_SCAN)
    while cursor:
        cursor, _ = await redis.scan(cursor, count=KEYS_PER_SCAN)


def _gauges(engine: Engine, history: History) -> list[Gauge]:
    def lately() -> Histogram:
        return summarize(history.recent(engine.now() - 1.0)).latency

    return [
        Gauge("reads answered", "/s", lambda: lately().count),
        Gauge("slowest in the last second", "ms", lambda: 1000 * lately().maximum),
    ]


def _judge(engine: Engine, seed: int, history: History, spans: dict[str, list[Span]]) -> Result:
    seen = {name: _latency(history, of_name) for name, of_name in spans.items()}
    longest = {name: max(end - start for start, end in of_name) for name, of_name in spans.items()}
    peace, during_keys, during_scan = seen.values()
    figures = {
        "seconds of KEYS": longest["KEYS *"],
        "seconds of SCAN": longest["SCAN"],
        "slowest read in peace": peace.maximum,
        "slowest read during KEYS": during_keys.maximum,
        "slowest read during SCAN": during_scan.maximum,
    }
    checks = {
        "bystanders asked during KEYS *": during_keys.count > 0,
        "KEYS * stalled them for most of its time": during_keys.maximum > 0.5 * longest["KEYS *"],
        "and for far longer than a read takes in peace": during_keys.maximum > 10 * peace.percentile(50),
    }
    verdict = (
        f"KEYS * took {milliseconds(longest['KEYS *'])}, and a bystander's GET, which takes "
        f"{milliseconds(peace.percentile(50))} in peace, waited up to {milliseconds(during_keys.maximum)} for it. "
        f"SCAN took {milliseconds(longest['SCAN'])} for the same keys, and no GET waited longer than "
        f"{milliseconds(during_scan.maximum)}."
    )
    rows = [
        [name, milliseconds(longest[name]) if name != "in peace" else "", f"{latency.count}",
         milliseconds(latency.percentile(50)), milliseconds(latency.percentile(99)), milliseconds(latency.maximum)]
        for name, latency in seen.items()
    ]  # fmt: skip
    columns = ["company", "took", "reads beside it", "p50", "p99", "slowest"]
    began = spans["in peace"][0][0]
    latencies = [(read.asked - began, 1000 * read.seconds) for read in history.operations]
    series = {"slowest read (ms)": TimeSeries(0.05, latencies).percentile(100)}
    starts = sorted((start - began, name) for name in ("KEYS *", "SCAN") for start, _ in spans[name])
    events = [Event(*start) for start in starts]
    return Result("slow-command", engine.name, seed, verdict, checks, columns, rows, figures, history, series, events)


def _latency(history: History, spans: list[Span]) -> Histogram:
    """Of the reads that were asked in one of the spans."""
    return summarize(read for span in spans for read in history.asked_between(*span).operations).latency
