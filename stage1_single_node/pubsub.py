"""Publish and subscribe: who listens to what.

A message is fire and forget: whoever is subscribed at that moment gets it, nobody else ever will, and nobody keeps it.
Messages and confirmations are pushes: they go to a client between its replies, in order with them, and even to one that
has silenced its replies (CLIENT REPLY OFF).
Source: Redis 7.0's pubsub.c; https://redis.io/docs/manual/pubsub/
"""

from collections.abc import Callable, Collection, Iterable
from operator import attrgetter

from stage1_single_node.command import Command
from stage1_single_node.errors import ReplyError
from stage1_single_node.resp import Push, encode
from stage1_single_node.structures.glob import matches

WHILE_SUBSCRIBED = frozenset(
    "subscribe ssubscribe sunsubscribe psubscribe unsubscribe punsubscribe ping quit reset".split()
)


class Audience:
    """Who listens, for one kind of name, in order of subscription.

    Both sides remember: `listeners` here, so that a message finds the clients, and a dictionary at each client, so that
    its end, and UNSUBSCRIBE without names, find the names.
    """

    def __init__(self, prefix: bytes, names_of: Callable, count_of: Callable):
        self.subscribed = prefix + b"subscribe"  # the first word of a confirmation
        self.unsubscribed = prefix + b"unsubscribe"
        self.names_of = names_of
        self.count_of = count_of  # the last word: how many subscriptions a client has now
        self.listeners: dict[bytes, dict] = {}

    def __len__(self) -> int:
        return len(self.listeners)

    def subscribe(self, client, names: Iterable[bytes]) -> None:
        """Add a listener, and confirm each name (even one that the client listens to already)."""
        for name in names:
            self.names_of(client)[name] = None
            self.listeners.setdefault(name, {})[client] = None
            client.push([self.subscribed, name, self.count_of(client)])
        _take_role(client)

    def unsubscribe(self, client, names: Iterable[bytes]) -> None:
        """Remove a listener from some names, or from all its own, and confirm each; there is always a confirmation."""
        mine = self.names_of(client)
        for name in list(names or mine) or [None]:
            if name in mine:
                self._remove(client, name)
            client.push([self.unsubscribed, name, self.count_of(client)])
        _take_role(client)

    def forget(self, client) -> None:
        """Remove a listener from everything, without a word."""
        for name in list(self.names_of(client)):
            self._remove(client, name)
        _take_role(client)

    def _remove(self, client, name: bytes) -> None:
        del self.names_of(client)[name]
        del self.listeners[name][client]
        if not self.listeners[name]:
            del self.listeners[name]


class Channels:
    """All subscriptions of a server: to channels, to patterns of channels, and to shard channels.

    Shard channels are for a cluster, where a message stays inside its shard; to a lone server they are a second set of
    channels that has no patterns.
    """

    def __init__(self):
        together = attrgetter("channels_and_patterns")
        self.channels = Audience(b"", attrgetter("channels"), together)
        self.patterns = Audience(b"p", attrgetter("patterns"), together)
        self.shard_channels = Audience(b"s", attrgetter("shard_channels"), lambda client: len(client.shard_channels))

    def publish(self, channel: bytes, message: bytes) -> int:
        """Send the message to all who listen; how many messages were sent (a client can get several)."""
        receivers = _send(self.channels.listeners.get(channel, ()), [b"message", channel, message])
        for pattern, clients in self.patterns.listeners.items():
            if matches(pattern, channel):
                receivers += _send(clients, [b"pmessage", pattern, channel, message])
        return receivers

    def publish_to_shard(self, channel: bytes, message: bytes) -> int:
        """The same for a shard channel."""
        return _send(self.shard_channels.listeners.get(channel, ()), [b"smessage", channel, message])

    def forget(self, client) -> None:
        """The connection has ended, or begins anew: drop all its subscriptions."""
        for audience in (self.channels, self.patterns, self.shard_channels):
            audience.forget(client)


def _send(clients: Collection, message: list[bytes]) -> int:
    """Push one message to many clients, encoded once for each version of the protocol; returns how many they are."""
    encoded: dict[int, bytes] = {}
    for client in clients:
        data = encoded.get(client.protocol)
        if data is None:
            data = encoded[client.protocol] = encode(Push(message), client.protocol)
        client.send(data)
    return len(clients)


def _take_role(client) -> None:
    """A subscriber has limits of its own for unread output, and in RESP2 it may do little else."""
    if client.kind != "replica":
        client.kind = "pubsub" if client.subscriptions else "normal"
    client.set_gate()


def refuse_while_subscribed(command: Command) -> None:
    """In RESP2 a subscribed connection is a listener: replies could not be told from messages."""
    if command.name not in WHILE_SUBSCRIBED:
        raise ReplyError(
            f"ERR Can't execute '{command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
            "are allowed in this context"
        )
