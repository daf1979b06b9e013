"""Loads an RDB file into databases, a megabyte at a time, so that the server can serve between.

Contract: no file, however malformed, raises anything but Corrupt, or takes memory beyond what a file of its size can
hold (LZF, the compression, makes 88 bytes out of one at most). The databases are filled directly: nobody watches, waits
or listens while a server loads. Source: rdbLoadRioWithLoadingCtx in Redis 7.0's rdb.c.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from stage1_single_node.eviction import frequency_entry
from stage2_persistence import rdb_format, small_strings
from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.rdb_format import Corrupt
from stage2_persistence.value_reader import module_name, read_body

PATIENCE = 16  # records that are read the long way when a string did not fit the fast lane: the next ones may be alike
NEVER_ENDING = 1 << 62
NEVER = -(1 << 63)  # earlier than any deadline


class RdbReader:
    """One file. After `load` has ended: where it ended, what it told, and how many keys it brought."""

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        databases: Sequence[Any],
        limits,
        *,
        now_ms: int | None = None,
        replace: bool = False,
    ):
        self.aux: dict[bytes, bytes] = {}
        self.functions: list[bytes] = []
        self.keys_loaded = 0
        self.keys_expired = 0  # keys whose deadline was before `now_ms`: they are left out
        self.empty_keys = 0  # collections without elements, which old versions of Redis wrote by mistake: left out too
        self._databases = databases
        self._database = databases[0]
        self._limits = limits
        self._now_ms = now_ms
        self._replace = replace  # a key that is there already is no error but gives way to the file's
        self._cursor = Cursor(file, size, checked=limits.rdbchecksum)
        self._long_way = NEVER_ENDING if replace else 0  # so many records are kept from the fast lane

    @property
    def offset(self) -> int:
        """How far the file is read; after loading, where the RDB ends. An AOF's commands may follow."""
        return self._cursor.offset

    def load(self) -> Iterator[int]:
        """Fill the databases. Yields the offset reached, about every megabyte. Raises Corrupt."""
        cursor = self._cursor
        version = self._read_version()
        reads = cursor.reads
        while self._read_small_strings() or self._read_record():
            if cursor.reads != reads:
                reads = cursor.reads
                yield cursor.offset
        if version >= 5:
            self._verify_checksum()

    def _read_version(self) -> int:
        cursor = self._cursor
        magic = cursor.take(9) if cursor.left >= 9 else b""
        if magic[:5] != rdb_format.MAGIC or not magic[5:].isdigit():
            raise Corrupt(0, "no RDB file: wrong signature")
        version = int(magic[5:])
        if not 1 <= version <= rdb_format.VERSION:
            raise Corrupt(5, f"can't handle RDB format version {version}")
        return version

    def _read_small_strings(self) -> bool:
        """The fast lane; False if the next record does not fit it."""
        cursor, database = self._cursor, self._database
        if self._long_way:
            self._long_way -= 1
            return False
        cursor.hold(small_strings.LONGEST + 1)
        opcode = cursor.data[cursor.at] if cursor.at < len(cursor.data) else rdb_format.EOF
        keys = expired = 0
        if opcode == rdb_format.STRING:
            keys = small_strings.read_plain(cursor, database.data)
        elif opcode == rdb_format.EXPIRETIME_MS:
            now_ms = NEVER if self._now_ms is None else self._now_ms
            keys, expired = small_strings.read_expiring(cursor, database.data, database.expires, now_ms)
        else:
            return False
        self.keys_loaded += keys
        self.keys_expired += expired
        if not keys and not expired:
            self._long_way = PATIENCE
        return keys + expired > 0

    def _read_record(self) -> bool:
        """One record of any kind; False at the end."""
        cursor = self._cursor
        start = cursor.offset
        opcode = cursor.byte()
        if opcode < rdb_format.FUNCTION2:
            self._read_key(start, opcode)
        elif opcode in HANDLERS:
            HANDLERS[opcode](self, start)
        elif opcode == rdb_format.EOF:
            return False
        else:
            self._read_attributes(start, opcode)
        return True

    def _read_attributes(self, start: int, opcode: int) -> None:
        """A key that has something to be told of it first."""
        cursor = self._cursor
        deadline: int | None = None
        idle = counter = -1
        while True:
            if opcode == rdb_format.EXPIRETIME_MS:
                deadline = cursor.deadline()
            elif opcode == rdb_format.EXPIRETIME:
                deadline = 1000 * int.from_bytes(cursor.take(4), "little", signed=True)
            elif opcode == rdb_format.FREQ:
                counter = cursor.byte()
            elif opcode == rdb_format.IDLE:
                idle = cursor.length()
            else:
                break
            opcode = cursor.byte()
        self._read_key(start, opcode, deadline, idle, counter)

    def _read_key(
        self, start: int, type_byte: int, deadline: int | None = None, idle: int = -1, counter: int = -1
    ) -> None:
        cursor, database = self._cursor, self._database
        key = cursor.string()
        value = cursor.string() if type_byte == rdb_format.STRING else read_body(cursor, type_byte, self._limits)
        if value is None:
            self.empty_keys += 1
            return
        if deadline is not None and self._now_ms is not None and deadline < self._now_ms:
            self.keys_expired += 1
            return
        if key in database.data and not self._replace:
            cursor.fail(f"a key that is there already, {key[:100]!r}", start)
        self.keys_loaded += 1
        database.data[key] = value
        if deadline is not None:
            database.expires[key] = deadline
        elif self._replace:
            database.expires.pop(key, None)
        if idle >= 0 or counter >= 0:
            self._note_access(key, idle, counter)

    def _note_access(self, key: bytes, idle: int, counter: int) -> None:
        """How the key was used before, if the policy of this server asks for what the file tells."""
        database = self._database
        second = database.keyspace.second  # the LRU clock
        if not self._limits.maxmemory_policy.endswith("lfu"):
            if idle >= 0:
                database.accessed[key] = max(second - idle, 0)
        elif counter >= 0:
            database.accessed[key] = frequency_entry(counter, second)

    # Records that are no keys

    def _select(self, start: int) -> None:
        number = self._cursor.length()
        if number >= len(self._databases):
            self._cursor.fail(f"database {number}, and there are {len(self._databases)} (see 'databases')", start)
        self._database = self._databases[number]

    def _resize(self, start: int) -> None:
        """How many keys come, and how many with a deadline: a Python dictionary has no use for it."""
        self._cursor.length()
        self._cursor.length()

    def _aux(self, start: int) -> None:
        name = self._cursor.string()
        self.aux[name] = self._cursor.string()

    def _function(self, start: int) -> None:
        self.functions.append(self._cursor.string())

    def _pre_ga_function(self, start: int) -> None:
        self._cursor.fail("a library of functions in the format of a release candidate of 7.0", start)

    def _module_aux(self, start: int) -> None:
        name = module_name(self._cursor.length())
        self._cursor.fail(f"data of the module '{name}', and there are no modules here", start)

    def _verify_checksum(self) -> None:
        cursor = self._cursor
        expected = cursor.checksum_here()
        start = cursor.offset
        found = int.from_bytes(cursor.take(8), "little")
        if found and found != expected and self._limits.rdbchecksum:
            cursor.fail(f"wrong checksum: {found:016x} is written, {expected:016x} is right", start)


def read_value(data: bytes, limits) -> Any:
    """The value of a type byte and a body, which are all of `data`. Raises Corrupt."""
    cursor = Cursor.over(data)
    value = read_body(cursor, cursor.byte(), limits)
    if value is None:
        raise Corrupt(0, "a collection without elements")
    if cursor.left:
        cursor.fail("more bytes than the value has")
    return value


HANDLERS = {
    rdb_format.SELECTDB: RdbReader._select,
    rdb_format.RESIZEDB: RdbReader._resize,
    rdb_format.AUX: RdbReader._aux,
    rdb_format.FUNCTION2: RdbReader._function,
    rdb_format.FUNCTION_PRE_GA: RdbReader._pre_ga_function,
    rdb_format.MODULE_AUX: RdbReader._module_aux,
}
