"""The memory account: what it sums up is what measuring everything afresh would say, whatever commands ran."""

import asyncio
import tracemalloc
from random import Random

import pytest

from stage1_single_node.client import Client
from stage1_single_node.config import Config
from stage1_single_node.memory import Account, key_bytes, value_bytes
from stage1_single_node.outside import Outside
from stage1_single_node.server import Server
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet

COMMANDS = """
SET k v | SET k v EX 1000 | SET k v KEEPTTL | SETEX k 1000 v | APPEND k v | SETRANGE k 10 v | GETSET k v | GETDEL k
INCR n | MSET k v k v | MSETNX k v k v | GETEX k EX 100 | GETEX k PERSIST | DEL k k | UNLINK k | EXPIRE k 1000
PEXPIRE k 1 | PERSIST k | RENAME k k | RENAMENX k k | COPY k k | COPY k k REPLACE | MOVE k 1 | SELECT 0 | SELECT 1
RPUSH l v v v | LPUSH l v | LPOP l 2 | RPOP l | LMOVE l l LEFT RIGHT | LTRIM l 0 3 | LSET l 0 v | LREM l 0 v
LINSERT l BEFORE v v
HSET h f v f v | HDEL h f | HINCRBY h c 1 | HSETNX h f v | SADD s v v | SREM s v | SPOP s | SMOVE s s v
SINTERSTORE s s s | SUNIONSTORE s s s | ZADD z 1 v 2 v | ZREM z v | ZPOPMIN z | ZINCRBY z 2 v | ZUNIONSTORE z 2 z z
ZREMRANGEBYRANK z 0 1 | SORT l ALPHA STORE l | SWAPDB 0 1 | FLUSHDB | DEBUG POPULATE 3 k 10 | GET k | LRANGE l 0 -1
""".replace("\n", "|").split("|")


def command(template: str, dice: Random) -> list[bytes]:
    """The template with random keys, of the kind that the letter says or sometimes of another, and random values."""
    words = []
    for word in template.split():
        if len(word) == 1 and word in "klhszn":
            kind = word if dice.random() < 0.95 else dice.choice("klhsz")
            words.append(f"{kind}{dice.randrange(4)}".encode())
        elif word in ("v", "f"):
            words.append(bytes(dice.choices(b"abc", k=dice.choice([1, 2, 30, 200]))))
        else:
            words.append(word.encode())
    return words


async def run(seed: int, maxmemory: int) -> None:
    config = Config()
    config.enable_debug_command = "yes"
    config.maxmemory = maxmemory
    config.maxmemory_policy = "allkeys-random"
    server = Server(config, Outside())
    server.configure()
    server.evictor.configure()
    client = Client(server)
    templates = [template for template in COMMANDS if template.strip()]
    dice = Random(seed)
    for _ in range(2000):
        server.keyspace.now += 1
        template = dice.choice(templates)
        if template.strip() in ("FLUSHDB", "SWAPDB 0 1") and dice.random() < 0.8:
            continue  # too often, and there would be no data
        reply = server.call(client, command(template, dice))
        assert "internal error" not in str(reply), template
        if dice.random() < 0.05:
            server.memory.check()
    server.memory.check()
    assert server.keyspace.dirty > 500


@pytest.mark.parametrize("seed", range(5))
def test_the_account_equals_a_fresh_measure_after_random_commands(seed):
    asyncio.run(run(seed, maxmemory=2**40))


@pytest.mark.parametrize("seed", range(3))
def test_the_account_is_right_while_keys_are_evicted(seed):
    asyncio.run(run(seed, maxmemory=12_000))


def test_the_account_begins_and_ends_with_the_limit():
    server = Server(Config(), Outside())
    database = server.keyspace.databases[0]
    for number in range(1000):
        database.put(b"key:%d" % number, bytes(number))
    account = server.memory
    estimate = account.refresh()
    account.keep(True)
    assert estimate == pytest.approx(account.refresh(), rel=0.2)
    account.check()
    account.keep(False)
    assert server.keyspace.observers == []


def test_a_small_keyspace_is_measured_not_estimated():
    server = Server(Config(), Outside())
    account = Account(server.keyspace)
    server.keyspace.databases[0].put(b"small", b"x")
    server.keyspace.databases[0].put(b"large", bytes(5_000_000))
    assert 5_000_000 < account.refresh() < 5_050_000
    assert account.peak_bytes == account.used_bytes


def filled(kind, count=20_000):
    words = [b"element:%020d" % number for number in range(count)]
    if kind is List:
        return List(words)
    if kind is Hash:
        return Hash((word, bytes(10)) for word in words)
    if kind is Set:
        return Set(words)
    if kind is SortedSet:
        return SortedSet.of({word: float(number) for number, word in enumerate(words)}, 128, 64)
    return bytes(count)


@pytest.mark.parametrize("kind", [bytes, List, Hash, Set, SortedSet])
def test_measures_are_near_what_python_allocates(kind):
    filled(kind)  # what is made once and kept must not count
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    value = filled(kind)
    allocated = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert value_bytes(value) == pytest.approx(allocated, rel=0.2)
    assert value_bytes(value, 0) == pytest.approx(value_bytes(value, 5), rel=0.1)


def test_a_deadline_costs_something():
    database = Server(Config(), Outside()).keyspace.databases[0]
    database.put(b"k", b"v")
    without = key_bytes(database, b"k", b"v")
    database.set_deadline(b"k", 1)
    assert key_bytes(database, b"k", b"v") > without
