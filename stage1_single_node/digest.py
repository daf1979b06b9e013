"""DEBUG DIGEST: one number for the whole content, equal on two servers exactly when their data is.

The order of a list matters, that of a set or of the keys does not, so two ways of adding are needed:

    mix   order counts:     digest = SHA1(digest xor SHA1(data))
    xor   it does not:      digest = digest xor SHA1(data)

Tests compare a master with its replica, or a server before and after a restart, by this. The numbers are the real
server's own. Source: computeDatasetDigest and xorObjectDigest in Redis 7.0's debug.c.
"""

from hashlib import sha1
from typing import Any

from stage1_single_node.keyspace import Database, Keyspace
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet

STRING, LIST, SET, ZSET, HASH = range(5)  # OBJ_STRING …, the numbers of the types


class Digest:
    """160 bits that sum up what was added."""

    def __init__(self):
        self._bits = 0

    def xor(self, data: bytes) -> "Digest":
        """Add something whose place does not matter."""
        self._bits ^= int.from_bytes(sha1(data).digest(), "big")
        return self

    def mix(self, data: bytes) -> "Digest":
        """Add something that comes after what was mixed in before."""
        self.xor(data)
        self._bits = int.from_bytes(sha1(bytes(self)).digest(), "big")
        return self

    def __bytes__(self) -> bytes:
        return self._bits.to_bytes(20, "big")

    def __str__(self) -> str:
        return bytes(self).hex()


def of_keyspace(keyspace: Keyspace) -> Digest:
    """The digest of all databases; of nothing, it is all zeros."""
    total = Digest()
    for database in keyspace.databases:
        if database.data:
            total.mix(database.index.to_bytes(4, "big"))
            for key in database.data:
                total.xor(bytes(_add_value(Digest().mix(key), database, key)))
    return total


def of_value(database: Database, key: bytes) -> Digest:
    """The digest of a key's value and of whether it has a time to live; of no value, it is all zeros."""
    return _add_value(Digest(), database, key) if key in database.data else Digest()


def _add_value(digest: Digest, database: Database, key: bytes) -> Digest:
    value: Any = database.data[key]
    if isinstance(value, List):
        digest.mix(LIST.to_bytes(4, "big"))
        for element in value:
            digest.mix(element)
    elif isinstance(value, Set):
        digest.mix(SET.to_bytes(4, "big"))
        for member in value:
            digest.xor(member)
    elif isinstance(value, SortedSet):
        digest.mix(ZSET.to_bytes(4, "big"))
        for score, member in value.at(range(len(value))):
            digest.xor(bytes(Digest().mix(member).mix(b"%.17g" % score)))
    elif isinstance(value, Hash):
        digest.mix(HASH.to_bytes(4, "big"))
        for field, content in value.items():
            digest.xor(bytes(Digest().mix(field).mix(content)))
    else:
        digest.mix(STRING.to_bytes(4, "big")).mix(bytes(value))
    if key in database.expires:
        digest.xor(b"!!expire!!")
    return digest
