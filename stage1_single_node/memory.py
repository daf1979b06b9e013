"""The memory account: how much room the data takes, which is what maxmemory limits.

Counted are keys and values with their dictionary slots, deadlines, and the buffers of connections, as Python's
objects really take them; a short string needs about 150 bytes (Redis: about 100). Not counted is what would be there
without data, the interpreter above all (25 MB: used_memory_rss shows the whole process), and what eviction itself needs
beside the data: the times of access, and this account's own notes.

1. While `maxmemory` is set, every key's size is noted and measured again when the key changes, so the sum is always
   right, for about a microsecond a write, a few for a collection, which is judged by five of its elements.
2. Without `maxmemory` nobody needs the sum at every write: INFO's figure is then an estimate from some random keys.
Weak point: dictionary slots count at their average; a real dictionary grows in jumps and does not shrink.
Source: Redis 7.0's object.c (objectComputeSize, getMemoryOverheadData); zmalloc.c, which has it easier.
"""

from stage1_single_node.keyspace import Database, Keyspace
from stage1_single_node.structures.footprint import DICT_SLOT, INTEGER, SAMPLES, object_bytes

ESTIMATE_KEYS = 200  # of each database, for a figure that is right within some percent


def key_bytes(database: Database, key: bytes, value: object, samples: int = SAMPLES) -> int:
    """What a key takes in all: its name, its value, its slots, its deadline. MEMORY USAGE says this."""
    size = DICT_SLOT + object_bytes(key) + value_bytes(value, samples)
    if key in database.expires:
        size += DICT_SLOT + INTEGER
    return size


def value_bytes(value, samples: int = SAMPLES) -> int:
    """What a value takes; collections are judged by so many elements, or by all of them (0)."""
    if type(value) is bytes or type(value) is bytearray:
        return object_bytes(value)
    return value.memory_bytes(samples)


class Notes:
    """The sizes of all keys in one dictionary."""

    __slots__ = ("data", "sizes", "total")

    def __init__(self, database: Database):
        self.data = database.data
        self.sizes = {key: key_bytes(database, key, value) for key, value in database.data.items()}
        self.total = sum(self.sizes.values())


class Account:
    """The sum over all keys and connections of a server."""

    def __init__(self, keyspace: Keyspace):
        self.keyspace = keyspace
        self.kept = False  # is every key noted?
        self.keys_bytes = 0  # of all keys; exact while the account is kept, else as of the last estimate
        self.clients_bytes = 0  # of normal connections, as of the last count
        self.replicas_bytes = 0  # of replicas' connections: not the data's fault, so no reason to evict
        self.peak_bytes = 0
        self.startup_bytes = sum(
            object_bytes(part)
            for database in keyspace.databases
            for part in (database, vars(database), database.data, database.expires, database.accessed)
        )
        self._notes: list[Notes] = []  # a database each, by index
        self._generation = keyspace.generation

    @property
    def used_bytes(self) -> int:
        """used_memory, as far as it is known without looking again."""
        return self.startup_bytes + self.keys_bytes + self.clients_bytes + self.replicas_bytes

    @property
    def limited_bytes(self) -> int:
        """What must fit `maxmemory`: evicting keys because a replica reads slowly would only give it more to read."""
        self._follow_replaced()
        return self.startup_bytes + self.keys_bytes + self.clients_bytes

    @property
    def overhead_bytes(self) -> int:
        """What of `used_bytes` is not data but administration."""
        slots = sum(len(database.data) + len(database.expires) for database in self.keyspace.databases)
        return self.startup_bytes + self.clients_bytes + self.replicas_bytes + slots * DICT_SLOT

    def refresh(self) -> int:
        """used_memory; estimated anew if the account is not kept. Remembers the peak."""
        if self.kept:
            self._follow_replaced()
        else:
            self.keys_bytes = sum(self._estimate(database) for database in self.keyspace.databases)
        self.peak_bytes = max(self.peak_bytes, self.used_bytes)
        return self.used_bytes

    def _estimate(self, database: Database) -> int:
        """The keys of a database, judged by some of them; by all where they are few."""
        count = len(database.data)
        if count <= ESTIMATE_KEYS:
            keys = list(database.data)
        else:
            keys = [database.keys.draw(self.keyspace.random) for _ in range(ESTIMATE_KEYS)]
        sizes = [key_bytes(database, key, database.data[key]) for key in keys]
        return sum(sizes) * count // len(sizes) if sizes else 0

    # The notes

    def keep(self, wanted: bool) -> None:
        """Begin to note every key, after one walk over all of them; or stop it."""
        if wanted == self.kept:
            return
        self.kept = wanted
        self._notes = [Notes(database) for database in self.keyspace.databases] if wanted else []
        self.keys_bytes = sum(notes.total for notes in self._notes)
        self._generation = self.keyspace.generation
        observers = [observer for observer in self.keyspace.observers if observer != self.note]
        self.keyspace.observers = [*observers, self.note] if wanted else observers

    def note(self, database: Database, key: bytes, kind: str, event: str) -> None:
        """Observer of the keyspace: something has happened to a key; measure it again."""
        if kind == "n":  # a new key: the event of the command that made it comes next
            return
        self._follow_replaced()
        notes = self._notes[database.index]
        value = database.data.get(key)
        before = notes.sizes.pop(key, 0)
        size = 0
        if value is not None:
            notes.sizes[key] = size = key_bytes(database, key, value)
        notes.total += size - before
        self.keys_bytes += size - before

    def _follow_replaced(self) -> None:
        """FLUSHDB and SWAPDB replace whole dictionaries. Notes about one that is still in use stay good."""
        if self._generation == self.keyspace.generation or not self.kept:
            return
        self._generation = self.keyspace.generation
        known = {id(notes.data): notes for notes in self._notes}
        self._notes = [known.get(id(database.data)) or Notes(database) for database in self.keyspace.databases]
        self.keys_bytes = sum(notes.total for notes in self._notes)

    def check(self) -> None:
        """Assert that the notes say what measuring everything afresh would say."""
        self._follow_replaced()
        for database, notes in zip(self.keyspace.databases, self._notes, strict=True):
            fresh = Notes(database)
            assert notes.data is database.data
            assert notes.sizes == fresh.sizes, set(notes.sizes.items()) ^ set(fresh.sizes.items())
            assert notes.total == fresh.total
        assert self.keys_bytes == sum(notes.total for notes in self._notes)
