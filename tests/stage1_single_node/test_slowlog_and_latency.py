"""SLOWLOG and LATENCY: what took long."""

import pytest

points = pytest.mark.points


@pytest.fixture
def logging_all(client, configure):
    configure("slowlog-log-slower-than", 0)
    client("SLOWLOG", "RESET")
    return client


@pytest.fixture
def sleeper(fresh_server):
    return fresh_server("--enable-debug-command", "yes", "--latency-monitor-threshold", 5).connect()


@points(1)
def test_an_entry_has_id_time_duration_words_address_and_name(logging_all, connect):
    other = connect()
    other("CLIENT", "SETNAME", "me")
    now = int(logging_all("TIME")[0])
    other("SET", "k", "v")
    ident, when, microseconds, words, address, name = logging_all("SLOWLOG", "GET", 1)[0]
    assert (words, name) == ([b"SET", b"k", b"v"], b"me")
    assert abs(when - now) <= 1 and microseconds >= 0 and ident > 0
    assert address.startswith(b"127.0.0.1:")


@points(1)
def test_newest_first_and_ids_grow(logging_all):
    logging_all("SET", "k", 1)
    logging_all("GET", "k")
    entries = logging_all("SLOWLOG", "GET", 2)
    assert [entry[3][0] for entry in entries] == [b"GET", b"SET"]
    assert entries[0][0] == entries[1][0] + 1


@points(1)
def test_len_reset_and_counts(logging_all):
    for n in range(15):
        logging_all("SET", "k", n)
    assert len(logging_all("SLOWLOG", "GET")) == 10
    assert len(logging_all("SLOWLOG", "GET", -1)) == logging_all("SLOWLOG", "LEN") - 1  # the GET itself came after
    assert logging_all("SLOWLOG", "RESET") == "OK"
    assert logging_all("SLOWLOG", "LEN") == 1
    assert logging_all.error("SLOWLOG", "GET", -2) == "ERR count should be greater than or equal to -1"


@points(1)
def test_the_log_has_a_length(logging_all, configure):
    configure("slowlog-max-len", 3)
    for n in range(10):
        logging_all("SET", "k", n)
    assert logging_all("SLOWLOG", "LEN") == 3
    configure("slowlog-max-len", 128)


@points(1)
def test_long_words_and_many_words_are_cut(logging_all):
    logging_all("RPUSH", "l", *range(40))
    logging_all("SET", "k", "x" * 200)
    long, many = logging_all("SLOWLOG", "GET", 2)
    assert long[3][2] == b"x" * 128 + b"... (72 more bytes)"
    assert len(many[3]) == 32 and many[3][31] == b"... (11 more arguments)"


@points(1)
def test_nothing_is_logged_below_the_threshold_or_when_it_is_negative(client, configure):
    configure("slowlog-log-slower-than", 5_000_000)
    client("SLOWLOG", "RESET")
    client("SET", "k", 1)
    assert client("SLOWLOG", "LEN") == 0
    configure("slowlog-log-slower-than", -1)
    client("SET", "k", 1)
    assert client("SLOWLOG", "LEN") == 0


@points(1)
def test_passwords_are_not_logged(logging_all):
    logging_all("CONFIG", "SET", "masterauth", "secret")
    logging_all("CONFIG", "SET", "masterauth", "")
    logging_all.error("AUTH", "secret")
    entries = logging_all("SLOWLOG", "GET", -1)
    assert b"secret" not in repr(entries).encode()
    assert [b"CONFIG", b"SET", b"masterauth", b"(redacted)"] in [entry[3] for entry in entries]


@points(1)
def test_a_slow_command_is_logged_with_its_time(sleeper):
    sleeper("DEBUG", "SLEEP", "0.02")
    words, microseconds = [(entry[3], entry[2]) for entry in sleeper("SLOWLOG", "GET")][0]
    assert words == [b"DEBUG", b"SLEEP", b"0.02"] and microseconds >= 20_000


@points(1)
def test_commands_inside_a_transaction_are_logged_one_by_one(logging_all):
    logging_all.transaction(("SET", "k", 1), ("GET", "k"))
    words = [entry[3][0] for entry in logging_all("SLOWLOG", "GET", 3)]
    assert words == [b"GET", b"SET", b"MULTI"]  # and EXEC not, which would count the same time again


# ── LATENCY ──


@points(1)
def test_a_latency_spike_is_remembered(sleeper):
    assert sleeper("LATENCY", "LATEST") == []
    sleeper("DEBUG", "SLEEP", "0.01")
    event, when, latest, worst = sleeper("LATENCY", "LATEST")[0]
    assert event == b"command" and 10 <= latest <= worst
    assert sleeper("LATENCY", "HISTORY", "command") == [[when, latest]]
    assert sleeper("LATENCY", "HISTORY", "no such") == []


@points(1)
def test_latency_reset_forgets(sleeper):
    sleeper("DEBUG", "SLEEP", "0.01")
    assert sleeper("LATENCY", "RESET", "no such") == 0
    assert sleeper("LATENCY", "RESET") == 1
    assert sleeper("LATENCY", "LATEST") == []


@points(1)
def test_nothing_is_monitored_by_default(fresh_server):
    client = fresh_server("--enable-debug-command", "yes").connect()
    client("DEBUG", "SLEEP", "0.01")
    assert client("LATENCY", "LATEST") == []
    assert client("LATENCY", "DOCTOR").startswith(b"I'm sorry, Dave, I can't do that. Latency monitoring is disabled")


@points(1)
def test_doctor_and_graph_speak_of_what_happened(sleeper):
    sleeper("DEBUG", "SLEEP", "0.01")
    assert b"1. command: 1 latency spikes (average " in sleeper("LATENCY", "DOCTOR")
    assert sleeper("LATENCY", "GRAPH", "command").startswith(b"command - high 1")
    assert sleeper.error("LATENCY", "GRAPH", "no such") == "ERR No samples available for event 'no such'"


@points(1)
def test_histograms_count_calls_by_power_of_two(client):
    for _ in range(5):
        client("SET", "k", 1)
    name, flat = client("LATENCY", "HISTOGRAM", "set")
    assert name == b"set" and flat[:3] == [b"calls", 5, b"histogram_usec"]
    bounds, counts = flat[3][::2], flat[3][1::2]
    assert counts[-1] == 5 and counts == sorted(counts)
    assert bounds == sorted(set(bounds))
    assert client("LATENCY", "HISTOGRAM", "no such") == []
