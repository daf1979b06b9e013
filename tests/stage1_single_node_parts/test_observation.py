"""What a server observes of itself: histograms, rates, the slow log, the latency monitor, MONITOR's lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage1_single_node.command import Command, Declaration
from stage1_single_node.config import Config
from stage1_single_node.histogram import LONGEST_US, Histogram
from stage1_single_node.info_fields import human
from stage1_single_node.latency_doctor import report
from stage1_single_node.latency_monitor import REMEMBERED, LatencyMonitor
from stage1_single_node.monitor import quoted
from stage1_single_node.redaction import without_secrets
from stage1_single_node.slow_log import SlowLog, shortened
from stage1_single_node.statistics import Rate, Statistics
from stage1_single_node.words import split_words

durations = st.integers(0, 3 * LONGEST_US)


def histogram_of(values):
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def command(name):
    return Command(Declaration(name, lambda client: None, -1, "", (0, 0, 0)))


# ── histograms ──


@given(st.lists(durations, min_size=1))
def test_a_curve_rises_to_the_number_of_calls(values):
    curve = histogram_of(values).cumulative()
    assert list(curve) == sorted(curve)
    assert list(curve.values()) == sorted(set(curve.values()))
    assert list(curve.values())[-1] == len(values)


@given(st.lists(durations, min_size=1))
def test_a_curve_counts_what_took_at_most_so_long(values):
    clamped = [min(value, LONGEST_US) for value in values]
    for bound, calls in histogram_of(values).cumulative().items():
        surely, perhaps = (sum(value <= bound * factor for value in clamped) for factor in (0.99, 1.01))
        assert surely <= calls <= perhaps


@given(st.lists(durations, min_size=1), st.sampled_from([0.0, 50.0, 99.0, 99.9, 100.0]))
def test_a_percentile_is_within_one_percent_of_the_exact_one(values, percent):
    ordered = sorted(min(value, LONGEST_US) for value in values)
    exact = ordered[max(int(percent / 100 * len(values) + 0.5), 1) - 1]
    told = histogram_of(values).percentiles([percent])[0]
    assert exact * 0.99 <= told <= exact * 1.01 + 0.01


def test_figures_are_those_of_redis():
    assert histogram_of([1, 2, 2, 200]).percentiles([50, 99]) == [2.007, 200.703]  # as HDR's buckets end
    assert histogram_of([1, 30, 5000]).cumulative() == {1: 1, 33: 2, 8454: 3}


@given(st.lists(durations, min_size=1), st.lists(durations, min_size=1), st.integers(1, 100))
def test_a_shared_histogram_lends_its_shape(own, shared, calls):
    joined = histogram_of(own).plus(histogram_of(shared), calls)
    assert list(joined.cumulative().values())[-1] == len(own) + calls


# ── statistics ──


def test_commands_of_a_batch_share_its_time():
    statistics = Statistics(0)
    fast, slow = command("GET"), command("KEYS")
    fast.calls = 4
    slow.calls = 1
    slow.measured(1000)
    statistics.share(4, 8_000)
    assert statistics.usec(fast) == 8
    assert statistics.usec(slow) == 1000
    assert statistics.latency(fast).cumulative() == {2: 4}


def test_a_rate_is_the_mean_of_the_last_samples():
    rate = Rate()
    for second in range(1, 17):
        rate.sample(100 * second, 1000)
    assert rate.per_second == 100
    rate.sample(1600, 1000)
    assert rate.per_second == pytest.approx(93.75)


@pytest.mark.parametrize(
    ("text", "code"),
    [("ERR syntax error", "ERR"), ("WRONGTYPE Operation", "WRONGTYPE"), ("oops", "ERR"), ("x" * 40 + " y", "ERR")],
)
def test_an_error_is_counted_by_its_code(text, code):
    statistics = Statistics(0)
    statistics.count_error(text)
    assert statistics.errors == {code: 1}


def test_sizes_for_people():
    told = [human(size) for size in (0, 1023, 1024, 5 * 2**20, 25276502016)]
    assert told == ["0B", "1023B", "1.00K", "5.00M", "23.54G"]


# ── the slow log ──


class Peer:
    address = "127.0.0.1:1"
    name = b"me"


def test_the_slow_log_keeps_the_newest():
    config = Config()
    config.slowlog_log_slower_than, config.slowlog_max_len = 10, 2
    log = SlowLog(config)
    for usec in (9, 10, 11, 12):
        log.note(Peer(), [b"GET", b"%d" % usec], usec, 1000)
    assert [(entry.id, entry.usec) for entry in log.entries] == [(2, 12), (1, 11)]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=40))
def test_an_entry_is_short_whatever_was_sent(argv):
    words = shortened(argv)
    assert len(words) <= 32 and all(len(word) <= 128 + len(b"... (172 more bytes)") for word in words)
    if len(argv) <= 32 and all(len(word) <= 128 for word in argv):
        assert words == argv


@pytest.mark.parametrize(
    ("name", "words", "secret"),
    [
        ("AUTH", [b"AUTH", b"s"], {1}),
        ("AUTH", [b"auth", b"u", b"s"], {1, 2}),
        ("HELLO", [b"HELLO", b"3", b"AUTH", b"u", b"s", b"SETNAME", b"n"], {3, 4}),
        ("HELLO", [b"HELLO", b"3", b"SETNAME", b"AUTH"], set()),
        ("CONFIG|SET", [b"CONFIG", b"SET", b"hz", b"10", b"RequirePass", b"s"], {5}),
        ("SET", [b"SET", b"requirepass", b"s"], set()),
    ],
)
def test_secrets_are_hidden(name, words, secret):
    hidden = without_secrets(command(name), words)
    assert {position for position, word in enumerate(hidden) if word == b"(redacted)"} == secret
    assert [hidden[position] for position in range(len(words)) if position not in secret] == [
        words[position] for position in range(len(words)) if position not in secret
    ]


# ── the latency monitor ──


def monitor_with(threshold):
    config = Config()
    config.latency_monitor_threshold = threshold
    return LatencyMonitor(config), config


def test_within_a_second_the_longest_pause_counts():
    latency, _ = monitor_with(5)
    for milliseconds, second in ((4, 1), (7, 1), (9, 1), (8, 1), (6, 2)):
        latency.note("command", 1000 * milliseconds, second)
    series = latency.events["command"]
    assert (list(series.samples), series.worst) == ([(1, 9), (2, 6)], 9)


def test_a_threshold_of_zero_switches_the_monitor_off():
    latency, config = monitor_with(0)
    latency.note("command", 10**9, 1)
    assert not latency.events
    assert report(latency, config, 1).startswith("I'm sorry, Dave")


def test_old_pauses_are_forgotten_and_the_worst_is_not():
    latency, _ = monitor_with(1)
    for second in range(REMEMBERED + 10):
        latency.note("fork", 1000 * (1000 - second), second)
    assert len(latency.events["fork"].samples) == REMEMBERED
    assert latency.events["fork"].worst == 1000
    assert latency.reset(["fork", "no such"]) == 1


def test_a_graph_has_a_column_for_each_pause_and_its_age_below():
    latency, _ = monitor_with(1)
    for age, milliseconds in ((90_000, 1), (7200, 7), (120, 13), (9, 4)):
        latency.note("command", 1000 * milliseconds, 100_000 - age)
    assert latency.graph("command", 100_000).split("\n") == [
        "command - high 13 ms, low 1 ms (all time high 13 ms)",
        "-" * 80,
        "  # ",
        " _| ",
        " ||_",
        "_|||",
        "    ",
        "1229",
        "dhms",
        "",
    ]


# ── MONITOR ──


@given(st.binary())
def test_a_line_of_monitor_can_be_read_back(word):
    assert split_words(quoted(word).encode()) == [word]
