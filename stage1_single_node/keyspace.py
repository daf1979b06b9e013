"""The keyspace: numbered databases, each a dictionary of values beside a dictionary of deadlines.

Values are plain Python objects: `bytes` (or `bytearray`, a string edited in place) for strings, and the classes in
structures/ for the others; no wrapper, because a wrapper for each of a million keys costs memory, time and garbage
collection. Expiry is lazy: who looks at a key whose deadline has passed removes it first; the
active cycle (expiry.py) finds those that nobody looks at.
Contract: this part knows no server, no client, no clock. `now` is set from outside, once a batch of commands; hooks
tell the outside what happened. Source: Redis 7.0's db.c and expire.c.
"""

from collections.abc import Callable
from random import Random
from typing import Literal

from stage1_single_node.errors import WRONG_TYPE, ReplyError
from stage1_single_node.kinds import as_bytes
from stage1_single_node.structures.sampler import Sampler

ACCESS_LIMIT = 10_000  # more keys than this have no idle times unless LRU or LFU eviction needs them: 42 bytes a key


class Keyspace:
    """All databases of a server, and what they share: the time, the counters, the hooks."""

    def __init__(self, databases: int, random: Random):
        self.now = 0  # unix time in milliseconds, as of the current batch of commands
        self.random = random
        self.dirty = 0  # changes to the data since the start (INFO's rdb_changes_since_last_save counts from it)
        self.hits = self.misses = self.expired_keys = self.expire_cycles_cut_short = 0
        self.stale_share = 0.0  # how many of the keys with a deadline have passed it, as the expire cycle estimates
        self.may_expire = True  # False on a server that waits for its master's word (stage 3)
        self.loading = False  # nothing expires while a file is replayed, which says itself what has expired (stage 2)
        self.observers: list[Callable[[Database, bytes, str, str], None]] = []  # see Database.changed
        self.on_expired: Callable[[Database, bytes], None] = lambda database, key: None
        self.on_missed: Callable[[Database, bytes], None] | None = None  # a read found nothing (keyspace event m)
        # What an access leaves behind in `accessed`: None: the second; False: nothing; else whatever the function does.
        # The question stands at every access, not in a method: on the hot path a call costs more than its work.
        self.touch: Callable[[Database, bytes], None] | Literal[False] | None = None
        self.second = 0  # the LRU clock: unix time in seconds, as of the last tick of cron
        self.ready: list[tuple[Database, bytes]] = []  # keys that clients were blocked on and that now exist
        self.generation = 0  # how often a database got other dictionaries: FLUSHDB, SWAPDB
        self.databases = [Database(self, index) for index in range(databases)]

    def swap(self, first: int, second: int) -> None:
        """SWAPDB: the two databases change their data; clients stay connected to their number."""
        if first != second:
            self.databases[first].exchange(self.databases[second])
        self.dirty += 1


class Database:
    """One numbered database. Commands read with `read…`, prepare to write with `write…`, and end with `changed`."""

    def __init__(self, keyspace: Keyspace, index: int):
        self.keyspace = keyspace
        self.index = index
        self.watchers: dict[bytes, dict] = {}  # WATCH: who must hear that the key changes, and had it expired by then?
        self.waiting: dict[bytes, dict] = {}  # blocking commands: who waits for the key, in order of arrival
        self._hold({}, {}, {})

    def _hold(self, data: dict, expires: dict, accessed: dict) -> None:
        self.data: dict[bytes, object] = data
        self.expires: dict[bytes, int] = expires  # key: unix time in milliseconds
        self.accessed: dict[bytes, int] = accessed  # key: LRU seconds, or LFU's minutes and counter (eviction.py)
        self.keys = Sampler(data)
        self.volatile_keys = Sampler(expires)

    # Looking

    def read(self, key: bytes, kind: type | None = None):
        """The value for a command that only reads, or None; raises WRONGTYPE unless it is of class `kind`."""
        keyspace = self.keyspace
        value = self.data.get(key)
        if value is None or (self.expires and key in self.expires and self.expire_if_needed(key)):
            keyspace.misses += 1
            if keyspace.on_missed:
                keyspace.on_missed(self, key)
            return None
        keyspace.hits += 1
        if keyspace.touch is None:
            self.accessed[key] = keyspace.second
        elif keyspace.touch:
            keyspace.touch(self, key)
        if kind is not None and type(value) is not kind:
            raise ReplyError(WRONG_TYPE)
        return value

    def look(self, key: bytes, tells_miss: bool = True):
        """`read` without an access: it counts as hit or miss, the key's idle time stays (EXISTS, TYPE, TTL, OBJECT)."""
        keyspace = self.keyspace
        value = self.peek(key)
        if value is not None:
            keyspace.hits += 1
            return value
        keyspace.misses += 1
        if tells_miss and keyspace.on_missed:
            keyspace.on_missed(self, key)
        return None

    def read_string(self, key: bytes) -> bytes | None:
        """`read` for a string, as immutable bytes."""
        value = self.read(key)
        return value if type(value) is bytes or value is None else as_bytes(value)

    def write(self, key: bytes, kind: type | None = None):
        """The value for a command that may change it in place, or None; raises WRONGTYPE unless of class `kind`."""
        keyspace = self.keyspace
        value = self.data.get(key)
        if value is None or (self.expires and key in self.expires and self.expire_if_needed(key)):
            return None
        if keyspace.touch is None:
            self.accessed[key] = keyspace.second
        elif keyspace.touch:
            keyspace.touch(self, key)
        if kind is not None and type(value) is not kind:
            raise ReplyError(WRONG_TYPE)
        return value

    def write_string(self, key: bytes) -> bytes | bytearray | None:
        """`write` for a string: bytes or bytearray."""
        value = self.write(key)
        if value is None or type(value) is bytes or type(value) is bytearray:
            return value
        raise ReplyError(WRONG_TYPE)

    def obtain(self, key: bytes, kind: type):
        """`write`, and where there is nothing yet, a new empty `kind` that is already in its place."""
        value = self.write(key, kind)
        if value is None:
            value = kind()
            self.add(key, value)
        return value

    def peek(self, key: bytes):
        """The value or None, leaving no trace: no statistics, no access time (SCAN, DEBUG)."""
        if key in self.expires and self.expire_if_needed(key):
            return None
        return self.data.get(key)

    def has_expired(self, key: bytes) -> bool:
        """True if the key is still there although its deadline has passed (it is left there)."""
        return key in self.expires and self.expires[key] < self.keyspace.now and not self.keyspace.loading

    def expire_if_needed(self, key: bytes) -> bool:
        """True if the deadline of `key`, which has one, has passed; the key is then deleted if we may delete it."""
        keyspace = self.keyspace
        if self.expires[key] >= keyspace.now or keyspace.loading:
            return False
        if keyspace.may_expire:
            self._delete_expired(key)
        return True

    # Changing. These move the data; `changed` tells the world, once a command, or once a key and event.

    def put(self, key: bytes, value: object, event: str = "") -> None:
        """Set a key whatever was there; its time to live is gone. With an `event` of strings `changed` is done, too."""
        if self.expires and key in self.expires:
            self.expire_if_needed(key)  # if it has expired, the world hears of that first
            self.expires.pop(key, None)
        data = self.data
        size = len(data)
        data[key] = value
        keyspace = self.keyspace
        if len(data) != size:  # looking twice for the key would cost more: in a big dict each look is a cache miss
            self._created(key)
        elif keyspace.touch is None:
            self.accessed[key] = keyspace.second
        elif keyspace.touch:
            keyspace.touch(self, key)
        if event:
            keyspace.dirty += 1
            if self.watchers or keyspace.observers:
                self.changed(key, "$", event, 0)

    def replace(self, key: bytes, value: object) -> None:
        """Set a key that may have a time to live, which stays."""
        size = len(self.data)
        self.data[key] = value
        if len(self.data) != size:
            self._created(key)

    add = replace  # says that the key is known not to exist

    def _created(self, key: bytes) -> None:
        """A key has come into being. Clients that are blocked on it will be served after this command."""
        keyspace = self.keyspace
        if keyspace.touch is None:
            self.accessed[key] = keyspace.second
        elif keyspace.touch:
            keyspace.touch(self, key)
        if self.waiting and key in self.waiting:
            keyspace.ready.append((self, key))
        for observer in keyspace.observers:
            observer(self, key, "n", "new")

    def delete(self, key: bytes) -> bool:
        """Remove a key; False if it was not there (or has expired, which removes it too)."""
        if key in self.expires:
            self.expire_if_needed(key)
            self.expires.pop(key, None)
        self.accessed.pop(key, None)
        return self.data.pop(key, None) is not None

    def delete_if_empty(self, key: bytes, value) -> None:
        """A collection that has lost its last element is no key any more; call it after `changed`."""
        if not value:
            self.delete(key)
            self.changed(key, "g", "del", 0)

    def _delete_expired(self, key: bytes) -> None:
        """The deadline has passed: delete, count, tell (the `expired` event; replicas and files see DEL)."""
        del self.expires[key]
        del self.data[key]
        self.accessed.pop(key, None)
        self.keyspace.expired_keys += 1
        self.keyspace.on_expired(self, key)
        self.changed(key, "x", "expired", 0)

    def set_deadline(self, key: bytes, unix_ms: int | None) -> None:
        """Give an existing key a time to live that ends at `unix_ms`, or take it away."""
        if unix_ms is None:
            self.expires.pop(key, None)
        else:
            self.expires[key] = unix_ms

    def changed(self, key: bytes, letter: str, event: str, changes: int = 1) -> None:
        """A key has changed; `letter` is the class of the event in notify-keyspace-events ($ l s h z g x e …).

        `changes` is how much INFO's rdb_changes_since_last_save grows, and 0 where files need not hear of it.
        """
        keyspace = self.keyspace
        keyspace.dirty += changes
        if self.watchers and key in self.watchers:
            self.signal_watchers(key)
        if keyspace.observers:
            for observer in keyspace.observers:
                observer(self, key, letter, event)

    def signal_watchers(self, key: bytes, existed: bool = True) -> None:
        """A key has changed: the next EXEC of everyone who watches it will do nothing.

        For a watcher an expired key is no key: what was expired and is now removed, or was not there (`existed`) or
        expired and is now an expired key, has not changed.
        """
        expired = self.has_expired(key)
        watchers = self.watchers[key]
        for client, had_expired in watchers.items():
            if (had_expired or not existed) and (expired or key not in self.data):
                watchers[client] = expired
            else:
                client.watch_broken = True

    # The whole database

    def flush(self) -> int:
        """Remove all keys; how many there were."""
        removed = len(self.data)
        self._take({}, {}, {})
        self.keyspace.dirty += removed
        return removed

    def exchange(self, other: "Database") -> None:
        """Swap data with another database: watched keys change, and waiting clients may be served."""
        mine = self.data, self.expires, self.accessed
        self._take(other.data, other.expires, other.accessed)
        other._take(*mine)
        for database in (self, other):
            self.keyspace.ready += [(database, key) for key in database.waiting if key in database.data]

    def _take(self, data: dict, expires: dict, accessed: dict) -> None:
        """Hold other data from now on. Watched keys that were there, or are now, have changed."""
        before = self.data
        self._hold(data, expires, accessed)
        self.keyspace.generation += 1
        for key in self.watchers:
            if key in before or key in data:
                self.signal_watchers(key, key in before)

    def __len__(self) -> int:
        return len(self.data)
