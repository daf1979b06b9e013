"""Keyspace notifications: what happens to keys, published on channels of the server's own.

An event goes to `__keyspace@0__:KEY` with its name as the message (what happens to this key?), and to
`__keyevent@0__:EVENT` with the key as the message (to which keys does this happen?). The directive
notify-keyspace-events says in letters which of the two (K, E) and which classes of events:

    g generic  $ string  l list  s set  h hash  z sorted set  t stream  d module  x expired  e evicted  A all of these
    n a new key  m a read that found nothing (keymiss)

They are Pub/Sub messages: whoever is not subscribed at that moment never hears of the event.
While nothing is asked for, the keyspace has no observer, and this file costs nothing.
Source: Redis 7.0's notify.c; https://redis.io/docs/manual/keyspace-notifications/
"""

from stage1_single_node.keyspace import Database, Keyspace
from stage1_single_node.pubsub import Channels

ALL = "g$lshzxetd"  # what A stands for


class Notifications:
    """Publishes the events of a keyspace, as far as they are asked for."""

    def __init__(self, keyspace: Keyspace, channels: Channels):
        self.keyspace = keyspace
        self.channels = channels
        self.classes: frozenset[str] = frozenset()

    def configure(self, letters: str) -> None:
        """Send from now on what notify-keyspace-events says."""
        self.classes = frozenset(letters.replace("A", ALL))
        somewhere = bool(self.classes & set("KE"))
        observers = [observer for observer in self.keyspace.observers if observer != self.notify]
        if somewhere and self.classes - set("KEm"):
            observers.append(self.notify)
        self.keyspace.observers = observers
        self.keyspace.on_missed = self.missed if somewhere and "m" in self.classes else None

    def notify(self, database: Database, key: bytes, letter: str, event: str) -> None:
        """An event has happened to a key; its class is `letter`."""
        if letter not in self.classes:
            return
        name = event.encode()
        if "K" in self.classes:
            self.channels.publish(b"__keyspace@%d__:%b" % (database.index, key), name)
        if "E" in self.classes:
            self.channels.publish(b"__keyevent@%d__:%b" % (database.index, name), key)

    def missed(self, database: Database, key: bytes) -> None:
        """A command read a key that is not there."""
        self.notify(database, key, "m", "keymiss")
