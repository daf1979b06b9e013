"""A value of every type in every encoding: by key, the encoding and the command that makes it."""

from random import Random

from tests.wire import Connection, Word

BYTES = Random(1).randbytes(300)  # no algorithm makes these shorter
LONG = "the same again and again " * 40  # while these become far shorter


def numbers(count: int, largest: int) -> list[Word]:
    return [largest - n for n in range(count)]


SAMPLES: dict[str, tuple[str, tuple[Word, ...]]] = {
    "empty string": ("embstr", ("SET", "")),
    "short string": ("embstr", ("SET", "short")),
    "bytes of all kinds": ("embstr", ("SET", b"\r\n\x00\xff$1\r\n")),
    "no number": ("embstr", ("SET", "007")),
    "string of random bytes": ("raw", ("SET", BYTES)),
    "string that repeats itself": ("raw", ("SET", LONG)),
    "one-byte integer": ("int", ("SET", -128)),
    "two-byte integer": ("int", ("SET", 32767)),
    "four-byte integer": ("int", ("SET", -(2**31))),
    "longer integer": ("int", ("SET", 2**31)),
    "longest integer": ("int", ("SET", -(2**63))),
    "list of integers": ("quicklist", ("RPUSH", *[sign * 10**n for n in range(18) for sign in (1, -1)])),
    "list of strings": ("quicklist", ("RPUSH", "a", "", "b" * 63, "c" * 64, "d" * 5000, BYTES)),
    "list of many": ("quicklist", ("RPUSH", *range(3000))),
    "list with an element of its own node": ("quicklist", ("RPUSH", "a", LONG * 10, "b")),
    "intset of two bytes": ("intset", ("SADD", *numbers(10, 2**15 - 1))),
    "intset of four bytes": ("intset", ("SADD", -1, *numbers(10, 2**31 - 1))),
    "intset of eight bytes": ("intset", ("SADD", -1, *numbers(10, 2**63 - 1))),
    "set of strings": ("hashtable", ("SADD", "a", "", 1, LONG, BYTES)),
    "set of many integers": ("hashtable", ("SADD", *range(600))),
    "small hash": ("listpack", ("HSET", "f", "v", "", "", 1, 2**40, b"\xff", "x" * 64)),
    "hash with a long value": ("hashtable", ("HSET", "f", LONG, "g", BYTES)),
    "hash of many": ("hashtable", ("HSET", *range(2000))),
    "small sorted set": ("listpack", ("ZADD", 1, "a", 0.1, "b", -1.5e300, "c", "inf", "d", "-inf", "e", 2, 7)),
    "sorted set with a long member": ("skiplist", ("ZADD", 1, LONG, 1e-300, "b", "inf", "c", "-inf", "d")),
    "sorted set of many": ("skiplist", ("ZADD", *[n / 7 if n % 2 else n for n in range(600)])),
}


def make_samples(client: Connection) -> None:
    client.pipeline(*[(name, key, *words) for key, (_, (name, *words)) in SAMPLES.items()])
