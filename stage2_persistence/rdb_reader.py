"""Loads an RDB file into databases, a megabyte at a time, so that the server can serve between.

Contract: no file, however malformed, raises anything but Corrupt, or takes memory beyond what a file of its size can
hold (LZF, the compression, makes 88 bytes out of one at most). The databases are filled directly: nobody watches, waits
or listens while a server loads. Source: rdbLoadRioWithLoadingCtx in Redis 7.0's rdb.c.
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, BinaryIO

from stage1_single_node.eviction import frequency_entry
from stage2_persistence import rdb_format
from stage2_persistence.rdb_cursor import Cursor
from stage2_persistence.rdb_format import Corrupt
from stage2_persistence.value_reader import module_name, read_body

SHORT = 64  # a length below this is one byte, itself
LONGEST_SMALL = 2 + 63 + 1 + 63  # bytes of a key with a short string as its value
# By the length of a key: the type byte and that length as one number, the key, and the byte behind it.
UNPACK_HEAD = [Struct(f">H{size}sB").unpack_from for size in range(SHORT)]


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
        path: str = "",
    ):
        self.aux: dict[bytes, bytes] = {}
        self.functions: list[bytes] = []
        self.keys_loaded = 0
        self.keys_expired = 0  # keys whose deadline was before `now_ms`: they are left out
        self.empty_keys = 0  # collections without elements, which old versions of Redis wrote by mistake: left out too
        self.path = path
        self._databases = databases
        self._database = databases[0]
        self._limits = limits
        self._now_ms = now_ms
        self._replace = replace  # a key that is there already is no error but gives way to the file's
        self._cursor = Cursor(file, size, checked=limits.rdbchecksum)

    @property
    def offset(self) -> int:
        """How far the file is read; after loading, where the RDB ends. An AOF's commands may follow."""
        return self._cursor.offset

    def load(self) -> Iterator[int]:
        """Fill the databases. Yields the offset reached, about every megabyte. Raises Corrupt."""
        cursor = self._cursor
        version = self._read_version()
        while True:
            if len(cursor.data) - cursor.at <= LONGEST_SMALL and not cursor.is_all_held:
                cursor.hold(LONGEST_SMALL + 1)
                yield cursor.offset
            if not self._replace:
                self._read_small_strings()
            if not self._read_record():
                break
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

    def _read_small_strings(self) -> None:
        """Most keys of most files: no deadline, a short name, a string that is short or a number; as many as are held.

        Names are often as long as the one before, so one call takes the type, the name and the byte behind it.
        """
        cursor, values = self._cursor, self._database.data
        data, at = cursor.data, cursor.at
        last = len(data) - LONGEST_SMALL
        keys, before = 0, len(values)
        expected, unpack, width = 0, UNPACK_HEAD[0], 3
        while at < last:
            head, key, size = unpack(data, at)
            if head != expected:
                if data[at] != rdb_format.STRING or data[at + 1] >= SHORT:
                    break
                expected, unpack, width = data[at + 1], UNPACK_HEAD[data[at + 1]], 3 + data[at + 1]
                _, key, size = unpack(data, at)
            start = at + width
            if size < SHORT:
                at = start + size
                values[key] = data[start:at]
            elif rdb_format.INT8 <= size <= rdb_format.INT32:
                at = start + (1 << size - rdb_format.INT8)
                values[key] = b"%d" % int.from_bytes(data[start:at], "little", signed=True)
            else:
                break
            keys += 1
        cursor.at = at
        self.keys_loaded += keys
        if len(values) != before + keys:
            cursor.fail("a key that is there already, somewhere before this place")

    def _read_record(self) -> bool:
        """One record of any kind; False at the end."""
        cursor = self._cursor
        deadline: int | None = None
        idle = counter = -1
        while True:
            start = cursor.offset
            opcode = cursor.byte()
            if opcode == rdb_format.EXPIRETIME_MS:
                deadline = cursor.deadline()
            elif opcode == rdb_format.EXPIRETIME:
                deadline = 1000 * int.from_bytes(cursor.take(4), "little", signed=True)
            elif opcode == rdb_format.FREQ:
                counter = cursor.byte()
            elif opcode == rdb_format.IDLE:
                idle = cursor.length()
            elif opcode == rdb_format.EOF:
                return False
            elif opcode in HANDLERS:
                HANDLERS[opcode](self, start)
                return True
            else:
                break
        self._read_key(start, opcode, deadline, idle, counter)
        return True

    def _read_key(self, start: int, type_byte: int, deadline: int | None, idle: int, counter: int) -> None:
        cursor, database = self._cursor, self._database
        key = cursor.string()
        value = read_body(cursor, type_byte, self._limits)
        if value is None:
            self.empty_keys += 1
        elif deadline is not None and self._now_ms is not None and deadline < self._now_ms:
            self.keys_expired += 1
        elif key in database.data and not self._replace:
            cursor.fail(f"a key that is there already, {key[:100]!r}", start)
        else:
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
