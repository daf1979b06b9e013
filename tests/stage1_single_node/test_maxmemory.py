"""maxmemory: what a full server refuses, and whom each of the eight policies sacrifices."""

import pytest

from tests.waiting import eventually

points = pytest.mark.points

OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
VALUE = "x" * 10_000


@pytest.fixture
def full(client, configure):
    """full(policy) leaves no memory at all: whoever may be evicted will be."""

    def full(policy):
        configure("maxmemory-policy", policy)
        configure("maxmemory", 1)

    yield full
    client("CONFIG", "SET", "maxmemory", 0)


@pytest.fixture
def shrink(client, configure):
    """shrink(policy, bytes) takes as much memory away, and looks at all keys that are sampled."""

    def shrink(policy, size):
        configure("maxmemory-samples", 64)
        configure("maxmemory-policy", policy)
        used = int(client("INFO", "memory").split(b"used_memory:")[1].split(b"\r")[0])
        before = client("DBSIZE")
        configure("maxmemory", used - size)
        eventually(lambda: client("DBSIZE") <= before - 0.9 * size / len(VALUE))  # a key takes more than its value

    yield shrink
    client("CONFIG", "SET", "maxmemory", 0)


def fill(client, prefix, count, *options):
    client.pipeline(*[("SET", f"{prefix}{n}", VALUE, *options) for n in range(count)])


def left(client, prefix):
    return len(client("KEYS", f"{prefix}*"))


@points(1)
def test_noeviction_refuses_what_may_take_memory(client, full):
    client("SET", "k", "v")
    client("RPUSH", "l", 1, 2)
    full("noeviction")
    for command in [
        ("SET", "a", 1),
        ("INCR", "n"),
        ("LPUSH", "l", 1),
        ("SADD", "s", 1),
        ("HSET", "h", 1, 1),
        ("ZADD", "z", 1, 1),
    ]:
        assert client.error(*command) == OUT_OF_MEMORY
    assert client("DBSIZE") == 2


@points(1)
def test_noeviction_lets_reads_and_removals_through(client, full):
    client("SET", "k", "v")
    client("RPUSH", "l", 1, 2)
    full("noeviction")
    assert client("GET", "k") == b"v"
    assert client("LPOP", "l") == b"1"
    assert client("EXPIRE", "k", 100) == 1
    assert client("DEL", "k") == 1


@points(1)
def test_out_of_memory_while_queueing_aborts_the_transaction(client, full):
    client("MULTI")
    full("noeviction")
    assert client.error("SET", "k", 1) == OUT_OF_MEMORY
    assert client.error("EXEC") == "EXECABORT Transaction discarded because of previous errors."


@points(1)
def test_a_transaction_that_was_queued_in_better_times_is_refused_as_a_whole(client, full):
    client("MULTI")
    client("SET", "k", 1)
    full("noeviction")
    assert client.error("EXEC") == (
        "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."
    )
    assert client("EXISTS", "k") == 0


@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"])
@points(2)
def test_a_volatile_policy_evicts_all_keys_with_a_time_to_live_and_no_other(client, full, policy):
    fill(client, "volatile", 50, "EX", 1000)
    fill(client, "stays", 50)
    full(policy)
    eventually(lambda: client("DBSIZE") == 50)
    assert left(client, "stays") == 50
    assert client.error("SET", "k", 1) == OUT_OF_MEMORY


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
@points(2)
def test_an_allkeys_policy_may_evict_everything_in_every_database(client, full, policy):
    fill(client, "volatile", 50, "EX", 1000)
    fill(client, "other", 50)
    client("SELECT", 3)
    fill(client, "third", 10)
    full(policy)
    eventually(lambda: b"keys=" not in client("INFO", "keyspace"))


@points(1)
def test_evictions_are_counted(client, full):
    fill(client, "k", 20)
    full("allkeys-random")
    eventually(lambda: client("DBSIZE") == 0)
    assert b"evicted_keys:20\r\n" in client("INFO", "stats")


@points(1)
def test_writes_go_on_under_an_allkeys_policy(client, shrink, configure):
    fill(client, "old", 200)
    shrink("allkeys-lru", 100_000)
    for n in range(100):
        assert client("SET", f"new{n}", VALUE) == "OK"
    assert left(client, "new") > 0 and client("DBSIZE") < 210


@pytest.mark.parametrize(("policy", "options"), [("allkeys-lru", ()), ("volatile-lru", ("EX", 1000))], ids=str)
@points(3)
def test_lru_evicts_what_was_not_used_for_the_longest_time(client, shrink, policy, options):
    fill(client, "cold", 100, *options)
    fill(client, "hot", 100, *options)
    eventually(lambda: client("OBJECT", "IDLETIME", "hot99") >= 2)  # the clock of LRU counts seconds
    client.pipeline(*[("GET", f"hot{n}") for n in range(100)])
    shrink(policy, 500_000)
    assert left(client, "hot") >= 95
    assert left(client, "cold") <= 55


@pytest.mark.parametrize(("policy", "options"), [("allkeys-lfu", ()), ("volatile-lfu", ("EX", 1000))], ids=str)
@points(3)
def test_lfu_evicts_what_is_used_rarely_however_lately(client, shrink, configure, policy, options):
    configure("maxmemory-policy", policy)
    configure("lfu-log-factor", 0)
    fill(client, "often", 100, *options)
    client.pipeline(*[("GET", f"often{n}") for n in range(100) for _ in range(20)])
    fill(client, "lately", 100, *options)
    client.pipeline(*[("GET", f"lately{n}") for n in range(100)])
    shrink(policy, 500_000)
    assert left(client, "often") >= 95
    assert left(client, "lately") <= 55


@points(3)
def test_volatile_ttl_evicts_what_would_expire_soonest(client, shrink):
    fill(client, "later", 100, "EX", 100_000)
    fill(client, "sooner", 100, "EX", 1000)
    shrink("volatile-ttl", 500_000)
    assert left(client, "later") >= 95
    assert left(client, "sooner") <= 55


@pytest.mark.parametrize(("policy", "options"), [("allkeys-random", ()), ("volatile-random", ("EX", 1000))], ids=str)
@points(2)
def test_random_evicts_old_and_new_alike(client, shrink, policy, options):
    fill(client, "old", 100, *options)
    fill(client, "new", 100, *options)
    shrink(policy, 1_000_000)
    assert left(client, "old") < 90 and left(client, "new") < 90


@points(1)
def test_lifting_the_limit_ends_the_refusals(client, full):
    full("noeviction")
    assert client.error("SET", "k", 1) == OUT_OF_MEMORY
    client("CONFIG", "SET", "maxmemory", 0)
    assert client("SET", "k", 1) == "OK"
