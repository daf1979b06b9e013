"""LATENCY DOCTOR: the latency monitor's findings in words, and what to try against each kind of pause.

The figures are told as Redis tells them, because tools and people look for them; the advice is ours.
Source: createLatencyReport in Redis 7.0's latency.c.
"""

from stage1_single_node.latency_monitor import LatencyMonitor, Series

DISABLED = (
    "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use "
    '"CONFIG SET latency-monitor-threshold <milliseconds>." in order to enable it. If we weren\'t in a deep space '
    "mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
)
NOTHING_SEEN = (
    "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. "
    "I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
)
SEEN = "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?"
BIG_VALUES = "Freeing a big collection takes long. Cut it into several keys, or use UNLINK and the lazyfree-… options."
ADVICE = {  # by event
    "command": ["SLOWLOG GET shows which commands these were.", BIG_VALUES],
    "fast-command": [
        "A command that is constant time was slow: the process did not get the processor. Look for other programs on "
        "this machine, or for other guests of its host; redis-cli --intrinsic-latency 100 measures it without us."
    ],
    "expire-cycle": ["Many keys expire together. A higher hz spreads the work; so do times to live that differ."],
    "eviction-del": [BIG_VALUES],
    "eviction-cycle": [
        "Much had to be evicted at once: maxmemory was lowered, or a single command stored something big."
    ],
}
NO_ADVICE = "For this kind of event I have no advice."


def report(latency: LatencyMonitor, config, now_seconds: int) -> str:
    """What the doctor says."""
    if not latency.events:
        return NOTHING_SEEN if config.latency_monitor_threshold else DISABLED
    lines = [SEEN, ""]
    for number, (event, series) in enumerate(latency.events.items(), 1):
        lines.append(f"{number}. {event}: {_figures(series, now_seconds)}")
    advice = [text for event in latency.events for text in ADVICE.get(event, [NO_ADVICE])]
    threshold_us = config.latency_monitor_threshold * 1000
    if "command" in latency.events and not 0 <= config.slowlog_log_slower_than <= threshold_us:
        advice.insert(0, f"The slow log misses such commands: CONFIG SET slowlog-log-slower-than {threshold_us}.")
    lines += ["", "I have a few advices for you:", "", *(f"- {text}" for text in dict.fromkeys(advice))]
    return "\n".join(lines) + "\n"


def _figures(series: Series, now_seconds: int) -> str:
    latencies = [latency for _, latency in series.samples]
    mean = sum(latencies) // len(latencies)
    deviation = sum(abs(mean - latency) for latency in latencies) // len(latencies)
    period = max(now_seconds - series.samples[0][0], 1) / len(latencies)
    return (
        f"{len(latencies)} latency spikes (average {mean}ms, mean deviation {deviation}ms, period {period:.2f} sec). "
        f"Worst all time event {series.worst}ms."
    )
