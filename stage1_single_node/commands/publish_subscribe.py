"""Pub/Sub commands. Those that subscribe have no reply: each name is confirmed by a push of its own.
Source: Redis 7.0's pubsub.c; https://redis.io/commands/?group=pubsub
"""

from stage1_single_node.command import command
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import ReplyError, SubcommandSyntax
from stage1_single_node.pubsub import Audience
from stage1_single_node.resp import NO_REPLY
from stage1_single_node.structures.glob import matches

LISTENING = "pubsub noscript loading stale"
PUBLISHING = "pubsub loading stale fast"
ASKING = "pubsub loading stale"


@command("SUBSCRIBE", arity=-2, flags=LISTENING)
def subscribe(client, *channels):
    client.server.pubsub.channels.subscribe(client, channels)
    return NO_REPLY


@command("UNSUBSCRIBE", arity=-1, flags=LISTENING)
def unsubscribe(client, *channels):
    client.server.pubsub.channels.unsubscribe(client, channels)
    return NO_REPLY


@command("PSUBSCRIBE", arity=-2, flags=LISTENING)
def psubscribe(client, *patterns):
    client.server.pubsub.patterns.subscribe(client, patterns)
    return NO_REPLY


@command("PUNSUBSCRIBE", arity=-1, flags=LISTENING)
def punsubscribe(client, *patterns):
    client.server.pubsub.patterns.unsubscribe(client, patterns)
    return NO_REPLY


@command("SSUBSCRIBE", arity=-2, flags=LISTENING, keys=(1, -1, 1))
def ssubscribe(client, *channels):
    if client.executing:  # the older SUBSCRIBE may appear in a transaction, and spoils the count of EXEC's replies
        raise ReplyError("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
    client.server.pubsub.shard_channels.subscribe(client, channels)
    return NO_REPLY


@command("SUNSUBSCRIBE", arity=-1, flags=LISTENING, keys=(1, -1, 1))
def sunsubscribe(client, *channels):
    client.server.pubsub.shard_channels.unsubscribe(client, channels)
    return NO_REPLY


@command("PUBLISH", arity=3, flags=PUBLISHING)
def publish(client, channel, message):
    return client.server.pubsub.publish(channel, message)


@command("SPUBLISH", arity=3, flags=PUBLISHING, keys=(1, 1, 1))
def spublish(client, channel, message):
    return client.server.pubsub.publish_to_shard(channel, message)


@command("PUBSUB|CHANNELS", arity=-2, flags=ASKING)
def pubsub_channels(client, *pattern):
    return _names(client, client.server.pubsub.channels, pattern)


@command("PUBSUB|SHARDCHANNELS", arity=-2, flags=ASKING)
def pubsub_shardchannels(client, *pattern):
    return _names(client, client.server.pubsub.shard_channels, pattern)


def _names(client, audience: Audience, pattern: tuple[bytes, ...]) -> list[bytes]:
    """What somebody listens to, all of it or what matches one pattern."""
    if not pattern:
        return list(audience.listeners)
    if len(pattern) > 1:
        raise SubcommandSyntax
    return [name for name in audience.listeners if matches(pattern[0], name)]


@command("PUBSUB|NUMSUB", arity=-2, flags=ASKING)
def pubsub_numsub(client, *channels):
    return _counts(client.server.pubsub.channels, channels)


@command("PUBSUB|SHARDNUMSUB", arity=-2, flags=ASKING)
def pubsub_shardnumsub(client, *channels):
    return _counts(client.server.pubsub.shard_channels, channels)


def _counts(audience: Audience, names: tuple[bytes, ...]) -> list[bytes | int]:
    """Names and numbers of listeners in one flat list."""
    return [word for name in names for word in (name, len(audience.listeners.get(name, ())))]


@command("PUBSUB|NUMPAT", arity=2, flags=ASKING)
def pubsub_numpat(client):
    return len(client.server.pubsub.patterns)


@command("PUBSUB|HELP", arity=2, flags="loading stale")
def pubsub_help(client):
    return subcommand_help(
        "PUBSUB",
        "CHANNELS [<pattern>]",
        "    The channels that somebody listens to, all or those that match.",
        "NUMPAT",
        "    How many different patterns somebody listens to.",
        "NUMSUB [<channel> ...]",
        "    How many clients listen to each channel, patterns not counted.",
        "SHARDCHANNELS [<pattern>]",
        "    The shard channels that somebody listens to, all or those that match.",
        "SHARDNUMSUB [<channel> ...]",
        "    How many clients listen to each shard channel.",
    )
