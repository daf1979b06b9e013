"""`python -m stage2_persistence.benchmark`: what durability costs, here and in the real Redis, in one run.

Under each fsync policy both servers run at the same time and are loaded in turns; then both hold a million small keys
and save, load and fork. What counts are the ratios, printed last as the tables that stand in README.md.
Nothing is judged here: figures of one machine are no test.
"""

import statistics
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from rich.console import Console
from rich.progress import Progress

from lab.comparison import HEADER, main, row
from lab.engine import Node
from lab.load import Target, Workload, in_turns
from lab.processes import ProcessEngine, open_engine

STAGE = "stage2_persistence"
POLICIES = {
    "appendonly no": ("appendonly no",),
    "appendfsync no": ("appendonly yes", "appendfsync no"),
    "everysec": ("appendonly yes", "appendfsync everysec"),
    "always": ("appendonly yes", "appendfsync always"),
}
REQUESTS = {1: 60_000, 16: 300_000}  # by pipeline: about one second a sample
KEYS = 1_000_000
SNAPSHOT_TURNS = 3


async def run(console: Console, turns: int, quick: bool) -> list[str]:
    """Measure everything; the lines of the Markdown tables."""
    share = 20 if quick else 1
    lines = list(HEADER)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("ours and Redis in turns", total=len(REQUESTS) * len(POLICIES))
        for pipeline, requests in REQUESTS.items():
            for name, directives in POLICIES.items():
                workload = Workload("set", pipeline, 3, requests // share)
                lines.append(await _under_policy(name, directives, workload, turns))
                console.print(lines[-1], highlight=False)
                progress.advance(task)
    with console.status("snapshots of a big data set"):
        snapshots = await _snapshots(KEYS // share)
    return [*lines, "", *snapshots]


def _engines() -> dict[str, ProcessEngine]:
    return {"ours": open_engine("python", STAGE), "redis": open_engine("redis", STAGE)}


async def _under_policy(name: str, directives: tuple[str, ...], workload: Workload, turns: int) -> str:
    engines = _engines()
    async with engines["ours"], engines["redis"]:
        targets = []
        for who, engine in engines.items():
            # A rewrite in the middle of a sample would measure the rewrite, and not in the same turn on both.
            node = await engine.start(who, 'save ""', "auto-aof-rewrite-percentage 0", *directives)
            targets.append(Target(who, node.port, node.pid))
        medians = await in_turns(workload, targets, turns)
    return row(f"SET 3 B, -P {workload.pipeline}, {name}", medians["ours"], medians["redis"])


async def _snapshots(keys: int) -> list[str]:
    """Seconds to save and to load so many small strings, and what a fork costs; medians of some turns."""
    engines = _engines()
    samples: dict[str, dict[str, list[float]]] = {}
    async with engines["ours"], engines["redis"]:
        nodes = {who: await _filled(who, engine, keys) for who, engine in engines.items()}
        for _ in range(SNAPSHOT_TURNS):
            for who, (engine, node, client) in nodes.items():
                for what, value in (await _snapshot(engine, node, client)).items():
                    samples.setdefault(what, {}).setdefault(who, []).append(value)
    lines = [f"| {keys:,} keys, `key:0` to `value:0` | ours | Redis | ours / Redis |", "|---|---|---|---|"]
    for what, by_server in samples.items():
        ours, real = (statistics.median(by_server[who]) for who in ("ours", "redis"))
        lines.append(f"| {what} | {ours:.3g} | {real:.3g} | **{ours / real:.2f}** |")
    return lines


async def _filled(who: str, engine: ProcessEngine, keys: int) -> tuple[ProcessEngine, Node, Redis]:
    node = await engine.start(f"{who}-snapshots", 'save ""', "enable-debug-command yes")
    client = node.client(socket_timeout=None)
    await client.execute_command("DEBUG", "POPULATE", keys)
    return engine, node, client


async def _snapshot(engine: ProcessEngine, node: Node, client: Redis) -> dict[str, float]:
    """One turn on one server."""
    saving = await _timed(engine, lambda: client.execute_command("SAVE"))
    loading = await _timed(engine, lambda: client.execute_command("DEBUG", "RELOAD", "NOSAVE"))
    await client.execute_command("BGSAVE")
    while (info := await client.info("persistence"))["rdb_bgsave_in_progress"]:
        await engine.sleep(0.05)
    stats = await client.info("stats")
    return {
        "SAVE, seconds": saving,
        "loading it, seconds": loading,
        "the fork, ms": stats["latest_fork_usec"] / 1000,
        "memory that the BGSAVE child copied, MB": info["rdb_last_cow_size"] / 1e6,
    }


async def _timed(engine: ProcessEngine, ask: Callable[[], Awaitable[object]]) -> float:
    started = engine.now()
    await ask()
    return engine.now() - started


if __name__ == "__main__":
    main(STAGE, __doc__, run)
