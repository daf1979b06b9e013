"""Publish and subscribe: who listens to which channel.

A message is fire and forget: whoever is subscribed at that moment gets it, nobody else ever will.
Source: Redis 7.0's pubsub.c; https://redis.io/docs/manual/pubsub/
"""

from stage1_single_node.command import Command
from stage1_single_node.errors import ReplyError
from stage1_single_node.structures.glob import matches

WHILE_SUBSCRIBED = frozenset(
    "subscribe ssubscribe sunsubscribe psubscribe unsubscribe punsubscribe ping quit reset".split()
)


class Channels:
    """Subscribers by channel and by pattern, each in order of subscription."""

    def __init__(self):
        self.channels: dict[bytes, dict] = {}
        self.patterns: dict[bytes, dict] = {}

    def publish(self, channel: bytes, message: bytes) -> int:
        """Send the message to all who listen; how many messages were sent."""
        receivers = 0
        for client in self.channels.get(channel, ()):
            client.push([b"message", channel, message])
            receivers += 1
        for pattern, clients in self.patterns.items():
            if matches(pattern, channel):
                for client in clients:
                    client.push([b"pmessage", pattern, channel, message])
                    receivers += 1
        return receivers

    def forget(self, client) -> None:
        """The connection has ended: drop all its subscriptions."""
        for mine, everybody in ((client.channels, self.channels), (client.patterns, self.patterns)):
            for name in mine:
                everybody[name].pop(client, None)
                if not everybody[name]:
                    del everybody[name]
            mine.clear()


def refuse_while_subscribed(command: Command) -> None:
    """In RESP2 a subscribed connection is a listener: replies could not be told from messages."""
    if command.name not in WHILE_SUBSCRIBED:
        raise ReplyError(
            f"ERR Can't execute '{command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
            "are allowed in this context"
        )
