"""`python -m stage1_single_node.benchmark`: how fast stage 1 is, beside the real Redis, in one run.

Both servers run at the same time and are loaded in turns; what counts is the ratio of the medians, printed last as
the table that stands in README.md. fakeredis's TCP server, where it is installed, shows what other Python servers do.
Nothing is judged here: figures of one machine are no test.
"""

import asyncio
import importlib.util
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from lab.child import Child
from lab.comparison import HEADER, main, row
from lab.load import Sample, Target, Workload, in_turns, measure
from lab.ports import Reservation
from lab.processes import ProcessEngine, open_engine

COMMANDS = ("get", "set", "incr", "lpush", "zadd", "mset")
REQUESTS = {1: 60_000, 16: 300_000}  # by pipeline: one to two seconds a sample
FAKEREDIS_REQUESTS = {1: 2_000, 16: 2_000}
MEMORY_KEYS = 1_000_000
FAKEREDIS = "import sys, fakeredis; fakeredis.TcpFakeServer(('127.0.0.1', int(sys.argv[1]))).serve_forever()"
STAGE = "stage1_single_node"


def workloads(quick: bool) -> list[Workload]:
    """What is measured: every command at both pipelines with 3 bytes, GET and SET with 1 KiB too."""
    share = 20 if quick else 1
    small = [Workload(name, pipeline, 3, REQUESTS[pipeline] // share) for pipeline in (1, 16) for name in COMMANDS]
    large = [Workload(name, n, 1024, REQUESTS[n] // 2 // share) for n in (1, 16) for name in ("get", "set")]
    return small + large


async def run(console: Console, turns: int, quick: bool) -> list[str]:
    """Measure everything; the lines of the Markdown tables."""
    engines = {"ours": open_engine("python", STAGE), "redis": open_engine("redis", STAGE)}
    async with engines["ours"], engines["redis"]:
        targets = [await _target(name, engine) for name, engine in engines.items()]
        lines = list(HEADER)
        with Progress(console=console, transient=True) as progress:
            for workload in progress.track(workloads(quick), description="ours and Redis in turns"):
                medians = await in_turns(workload, targets, turns)
                lines.append(_row(workload, medians["ours"], medians["redis"]))
                console.print(lines[-1], highlight=False)
            with_fakeredis = await _beside_fakeredis(targets[0], progress)
        memory = await _memory(engines, MEMORY_KEYS // (20 if quick else 1))
    return [*lines, "", *with_fakeredis, "", *memory]


async def _target(name: str, engine: ProcessEngine, *directives: str) -> Target:
    node = await engine.start(name, 'save ""', *directives)
    return Target(name, node.port, node.pid)


def _row(workload: Workload, ours: Sample, real: Sample) -> str:
    size = "3 B" if workload.value_bytes == 3 else "1 KiB"
    load = f"{workload.command.upper()} {size}, -P {workload.pipeline}"
    return row(load, ours, real)


async def _beside_fakeredis(ours: Target, progress: Progress) -> list[str]:
    """How many times faster than fakeredis's TCP server; one line instead where it is not installed."""
    if not importlib.util.find_spec("fakeredis"):
        return ["fakeredis is not installed (pip install fakeredis): not compared."]
    port = Reservation()
    directory = Path.cwd()
    child = Child([sys.executable, "-c", FAKEREDIS, str(port.port)], Path("/dev/null"), directory)
    try:
        await _until_connectable(port.port)
        lines = ["| load | ours / fakeredis |", "|---|---|"]
        other = Target("fakeredis", port.port)
        for pipeline, requests in progress.track(FAKEREDIS_REQUESTS.items(), description="beside fakeredis"):
            slow = await measure(Workload("set", pipeline, 3, requests), other)
            fast = await measure(Workload("set", pipeline, 3, REQUESTS[pipeline]), ours)
            lines.append(f"| SET 3 B, -P {pipeline} | {fast.per_second / slow.per_second:,.0f} × |")
        return lines
    finally:
        child.kill()
        port.release()


async def _until_connectable(port: int) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def _memory(engines: dict[str, ProcessEngine], keys: int) -> list[str]:
    """Bytes a key for many small strings: ours by the process's resident memory, Redis by its used_memory."""
    lines = [f"| {keys:,} keys `key:000000000000`, values of 3 bytes | bytes a key |", "|---|---|"]
    per_key = {}
    for name, engine in engines.items():
        node = await engine.start(f"memory-{name}", 'save ""')
        client = node.client()
        field = "used_memory_rss" if name == "ours" else "used_memory"
        before = (await client.info("memory"))[field]
        for start in range(0, keys, 10_000):
            pipeline = client.pipeline(transaction=False)
            for number in range(start, min(start + 10_000, keys)):
                pipeline.set(f"key:{number:012d}", b"v%02d" % (number % 100))  # no number: Redis shares those
            await pipeline.execute()
        per_key[name] = ((await client.info("memory"))[field] - before) / keys
        await node.stop()
    lines += [f"| ours, resident memory | {per_key['ours']:.0f} |", f"| Redis, used_memory | {per_key['redis']:.0f} |"]
    return [*lines, f"| ratio | **{per_key['ours'] / per_key['redis']:.2f}** |"]


if __name__ == "__main__":
    main(STAGE, __doc__, run)
