"""DUMP and RESTORE: one value as the bytes that an RDB file has for it, with a version and a checksum.

Source: Redis 7.0's cluster.c (dumpCommand, restoreCommand); https://redis.io/commands/restore/
"""

from stage1_single_node.command import command
from stage1_single_node.commands.arguments import integer
from stage1_single_node.errors import SYNTAX, ReplyError
from stage1_single_node.eviction import HIGHEST_FREQUENCY, frequency_entry
from stage2_persistence.errors import BAD_FORMAT, BAD_PAYLOAD, BUSY_KEY
from stage2_persistence.payload import BadPayload, dump, restore


@command("DUMP", arity=2, flags="readonly", keys=(1, 1, 1))
def dump_(client, key):
    value = client.db.read(key)
    return None if value is None else dump(value, client.server.config)


@command("RESTORE", arity=-4, flags="write denyoom", keys=(1, 1, 1))
@command("RESTORE-ASKING", arity=-4, flags="write denyoom asking", keys=(1, 1, 1))
def restore_(client, key, ttl, payload, *options):
    database, server = client.db, client.server
    wanted = _options(options)
    if "replace" not in wanted and database.write(key) is not None:
        raise ReplyError(BUSY_KEY)
    until = integer(ttl)
    if until < 0:
        raise ReplyError("ERR Invalid TTL value, must be >= 0")
    try:
        value = restore(payload, server.config)
    except BadPayload:
        raise ReplyError(BAD_PAYLOAD) from None
    except ValueError:
        raise ReplyError(BAD_FORMAT) from None
    deleted = database.delete(key)
    if until and "absttl" not in wanted:
        until += server.keyspace.now
    if until and until <= server.keyspace.now and server.keyspace.may_expire:
        if deleted:
            server.effects.instead(client, [b"DEL", key])
            database.changed(key, "g", "del")
        return "OK"
    database.add(key, value)
    if until:
        database.set_deadline(key, until)
    if until and "absttl" not in wanted:
        server.effects.instead(client, [b"RESTORE", key, b"%d" % until, payload, *options, b"ABSTTL"])
    _note_access(server, database, key, wanted)
    database.changed(key, "g", "restore")
    return "OK"


def _options(words: tuple[bytes, ...]) -> dict[str, int]:
    """By lower-case name; `idletime` in seconds, `freq` from 0 to 255."""
    wanted: dict[str, int] = {}
    rest = iter(words)
    for word in rest:
        name = word.lower().decode(errors="replace")
        if name in ("replace", "absttl"):
            wanted[name] = 1
            continue
        argument = next(rest, None)
        other = {"idletime": "freq", "freq": "idletime"}.get(name)
        if argument is None or other is None or other in wanted:  # a key has the one or the other
            raise ReplyError(SYNTAX)
        wanted[name] = integer(argument)
        if name == "idletime" and wanted[name] < 0:
            raise ReplyError("ERR Invalid IDLETIME value, must be >= 0")
        if name == "freq" and not 0 <= wanted[name] <= HIGHEST_FREQUENCY:
            raise ReplyError("ERR Invalid FREQ value, must be >= 0 and <= 255")
    return wanted


def _note_access(server, database, key: bytes, wanted: dict[str, int]) -> None:
    """What eviction shall know of the key, where it wants to know that kind of thing."""
    policy, second = server.config.maxmemory_policy, server.keyspace.second
    if policy.endswith("lfu") and "freq" in wanted:
        database.accessed[key] = frequency_entry(wanted["freq"], second)
    elif not policy.endswith("lfu") and "idletime" in wanted and server.keyspace.touch is not False:
        database.accessed[key] = second - wanted["idletime"]
