"""How fast a server is: redis-benchmark's load, and our own where that program is missing.

Figures of two servers may only be compared when they come from one run, in turns, because the machine's speed drifts;
`in_turns` does that, and what it returns is meant to be read as ratios of medians.
"""

import asyncio
import csv
import io
import os
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hiredis

CLIENTS = 50
KEYS = 100_000  # the key space that the load draws from
LOAD_SECONDS = 120.0  # one sample takes a few seconds; a server that hangs must not hold the benchmark for ever
OWN_COMMANDS = {
    "get": "GET {key}", "set": "SET {key} {value}", "incr": "INCR counter:{key}", "lpush": "LPUSH mylist {value}",
    "zadd": "ZADD myzset 0 element:{key}", "mset": "MSET" + " {key} {value}" * 10, "ping": "PING",
}  # fmt: skip


@dataclass(frozen=True)
class Workload:
    """One command, `pipeline` requests in flight on each connection, values of `value_bytes`."""

    command: str
    pipeline: int = 1
    value_bytes: int = 3
    requests: int = 100_000


@dataclass(frozen=True)
class Target:
    """A running server; `pid` lets its CPU time be read where the system tells it."""

    name: str
    port: int
    pid: int | None = None


@dataclass(frozen=True)
class Sample:
    """One run of a workload: requests per second, latency in milliseconds, CPU microseconds per request (or None)."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None


async def in_turns(workload: Workload, targets: list[Target], turns: int) -> dict[str, Sample]:
    """Run the workload on each target in turn, `turns` times, and give the medians by target name."""
    samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
    for turn in range(turns):
        for target in targets if turn % 2 == 0 else reversed(targets):  # neither is always the first
            samples[target.name].append(await measure(workload, target))
    return {name: median(measured) for name, measured in samples.items()}


def median(samples: list[Sample]) -> Sample:
    """The median of each figure by itself."""
    cpu = [sample.cpu_us for sample in samples if sample.cpu_us is not None]
    return Sample(
        statistics.median(sample.per_second for sample in samples),
        statistics.median(sample.p50_ms for sample in samples),
        statistics.median(sample.p99_ms for sample in samples),
        statistics.median(cpu) if cpu else None,
    )


async def measure(workload: Workload, target: Target) -> Sample:
    """One sample; raises RuntimeError if the load could not be run or a request failed."""
    before = cpu_seconds(target.pid)
    run = _redis_benchmark if shutil.which("redis-benchmark") else _own_load
    per_second, p50_ms, p99_ms = await asyncio.wait_for(run(workload, target.port), LOAD_SECONDS)
    after = cpu_seconds(target.pid)
    cpu_us = None if before is None or after is None else (after - before) * 1e6 / workload.requests
    return Sample(per_second, p50_ms, p99_ms, cpu_us)


def cpu_seconds(pid: int | None) -> float | None:
    """CPU time that a process has used, user and system; None where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _redis_benchmark(workload: Workload, port: int) -> tuple[float, float, float]:
    options = {"-p": port, "-c": CLIENTS, "-n": workload.requests, "-P": workload.pipeline, "-d": workload.value_bytes,
               "-r": KEYS, "-t": workload.command}  # fmt: skip
    arguments = [str(word) for pair in options.items() for word in pair]
    process = await asyncio.create_subprocess_exec(
        "redis-benchmark", *arguments, "--csv", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    rows = [row for row in csv.reader(io.StringIO(output.decode())) if len(row) == 8 and row[0] != "test"]
    if process.returncode or not rows:
        raise RuntimeError(f"redis-benchmark -t {workload.command} failed: {(errors or output).decode().strip()}")
    row = rows[-1]
    return float(row[1]), float(row[4]), float(row[6])


async def _own_load(workload: Workload, port: int) -> tuple[float, float, float]:
    rounds = max(1, workload.requests // (CLIENTS * workload.pipeline))
    latencies: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(_one_client(workload, port, rounds, number, latencies) for number in range(CLIENTS)))
    elapsed = time.perf_counter() - started
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    return CLIENTS * rounds * workload.pipeline / elapsed, p50, p99


async def _one_client(workload: Workload, port: int, rounds: int, number: int, latencies: list[float]) -> None:
    replies = hiredis.Reader()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    requests = _requests(workload, number)
    for _ in range(rounds):
        sent = time.perf_counter()
        writer.write(b"".join(next(requests) for _ in range(workload.pipeline)))
        missing = workload.pipeline
        while missing:
            replies.feed(await reader.read(65536))
            while missing and (reply := replies.gets()) is not False:
                if isinstance(reply, hiredis.ReplyError):
                    raise RuntimeError(f"{workload.command} failed: {reply}")
                missing -= 1
        latencies.append(time.perf_counter() - sent)
    writer.close()


def _requests(workload: Workload, number: int) -> Iterator[bytes]:
    """Endless requests, each on another key, as redis-benchmark makes them."""
    words = OWN_COMMANDS[workload.command].split()
    key = number
    while True:
        key = (key * 1_103_515_245 + 12_345) % KEYS
        filled = [word.format(key=f"key:{key:012d}", value="x" * workload.value_bytes).encode() for word in words]
        yield b"*%d\r\n" % len(filled) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in filled)
