"""Large random keyspaces: thousands of keys of every type, many with deadlines, in several databases."""

from random import Random
from typing import Any

from tests.interoperability.grammar import Pattern
from tests.interoperability.scripts import (
    HASHES,
    LISTS,
    SETS,
    SORTED_SETS,
    STRINGS,
    VOCABULARY,
    Command,
)
from tests.wire import Connection

KEYS_PER_TYPE = 1000
DATABASES = (0, 1, 9)
PIPELINE = 500
FAR_MS = 4_102_444_800_000  # in the year 2100

DEADLINES = """
EXPIRE <key> <long>
PEXPIREAT <key> <far>
PEXPIREAT <key> <far>
PEXPIREAT <key> <far>
PERSIST <key>
RENAME <key> <key>
COPY <key> <key> REPLACE
DEL <key>
"""
WRITES = [
    Pattern(line)
    for text in (STRINGS, LISTS, HASHES, SETS, SORTED_SETS, DEADLINES)
    for line in text.strip().splitlines()
    if not line.startswith("B") and "BY string*" not in line and "<lex" not in line  # nobody waits, nobody sorts badly
]
TYPES = ("string", "list", "hash", "set", "zset")


def _key(kind: str):
    def key(dice: Random) -> bytes:
        chosen = dice.choice(TYPES) if kind == "key" else kind
        return b"%s:%d" % (chosen.encode(), dice.randrange(KEYS_PER_TYPE))

    return key


MANY_KEYS = {
    **VOCABULARY,
    **{kind: _key(kind) for kind in (*TYPES, "key")},
    "far": lambda dice: b"%d" % (FAR_MS + dice.randrange(10**9)),
}


def fill(client: Connection, dice: Random, length: int) -> None:
    """Run so many random commands, about a tenth of them in the second and third database."""
    _large_values(client, dice)
    commands: list[Command] = [dice.choice(WRITES).sentence(dice, MANY_KEYS) for _ in range(length)]
    for start in range(0, length, PIPELINE):
        client("SELECT", dice.choice(DATABASES))
        client.pipeline(*[tuple(command) for command in commands[start : start + PIPELINE]])
    client("SELECT", 0)


def _large_values(client: Connection, dice: Random) -> None:
    """One of each that outgrew its compact form, and strings that compress well, badly and not at all."""
    client("RPUSH", "large list", *[dice.randbytes(dice.randrange(200)) for _ in range(500)])
    client("SADD", "large set", *[dice.randbytes(8) for _ in range(700)])
    client("SADD", "large intset", *[dice.randrange(-(2**40), 2**40) for _ in range(500)])
    client("HSET", "large hash", *[word for n in range(700) for word in (f"field {n}", dice.randbytes(n % 90))])
    client("ZADD", "large zset", *[word for n in range(300) for word in (dice.uniform(-9, 9), f"member {n}")])
    client("SET", "random", dice.randbytes(5000))
    client("SET", "repeated", bytes(dice.choices(b"ab", k=50)) * 500)
    client("SET", "half", dice.randbytes(1000) + bytes(1000))


Picture = dict[tuple[int, bytes], tuple[Any, ...]]


def picture(client: Connection) -> tuple[str, Picture]:
    """The digest of everything; and of each key its encoding, its deadline and the digest of its value."""
    keys: Picture = {}
    for database in DATABASES:
        client("SELECT", database)
        names = sorted(client("KEYS", "*"))
        for start in range(0, len(names), PIPELINE):
            some = names[start : start + PIPELINE]
            encodings = client.pipeline(*[("OBJECT", "ENCODING", name) for name in some])
            deadlines = client.pipeline(*[("PEXPIRETIME", name) for name in some])
            digests = client("DEBUG", "DIGEST-VALUE", *some)
            keys.update({(database, name): tuple(facts) for name, *facts in zip(some, encodings, deadlines, digests)})
    client("SELECT", 0)
    return client("DEBUG", "DIGEST"), keys
