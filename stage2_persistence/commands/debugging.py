"""DEBUG, with what only a server that has files can do: RELOAD and LOADAOF. Source: Redis 7.0's debug.c."""

from stage1_single_node.command import command
from stage1_single_node.commands import debugging
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.errors import CannotStart, ReplyError
from stage2_persistence.aof import CannotPersist

CANNOT_LOAD_RDB = "ERR Error trying to load the RDB dump"
CANNOT_LOAD_AOF = "ERR Error trying to load the AOF files, check server logs."
OPTIONS = {b"NOSAVE", b"NOFLUSH", b"MERGE"}
HELP = (
    "LOADAOF",
    "    Flush the AOF buffers on disk and reload the AOF in memory.",
    "RELOAD [option ...]",
    "    Save the RDB on disk and reload it back to memory. Valid <option> values:",
    "    * MERGE: conflicting keys will be loaded from RDB.",
    "    * NOFLUSH: the existing database will not be removed before load, but",
    "      conflicting keys will generate an exception and kill the server.",
    "    * NOSAVE: the database will be loaded from an existing RDB file.",
)


@command("DEBUG", arity=-2, flags="admin noscript loading stale protected")
def debug(client, name, *words):
    if name.upper() == b"RELOAD":
        return _reload(client.server, {word.upper() for word in words})
    if name.upper() == b"LOADAOF" and not words:
        return _load_append_only_file(client.server)
    if name.upper() == b"HELP" and not words:
        return subcommand_help("DEBUG", *HELP, *debugging.HELP)
    return debugging.debug(client, name, *words)


def _reload(server, options: set[bytes]):
    """The data set goes to the disk and comes back, while everybody waits."""
    if not options <= OPTIONS:
        raise ReplyError("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
    if b"NOSAVE" not in options:
        try:
            server.snapshots.save()
        except OSError:
            raise ReplyError("ERR") from None
    if not server.outside.disk.exists(server.config.dbfilename):
        raise ReplyError(CANNOT_LOAD_RDB)
    _load(server, "rdb", CANNOT_LOAD_RDB, empty=b"NOFLUSH" not in options, replace=b"MERGE" in options)
    server.log("warning", "DB reloaded by DEBUG RELOAD")
    return "OK"


def _load_append_only_file(server):
    if not server.aof.file or server.rewriter.enabling:
        raise ReplyError("ERR the append-only file is off: there is nothing to load")
    try:
        server.aof.settle()
    except OSError:
        raise ReplyError(CANNOT_LOAD_AOF) from None
    except CannotPersist as error:
        server.give_up(error)
        raise ReplyError(CANNOT_LOAD_AOF) from None
    _load(server, "aof", CANNOT_LOAD_AOF)
    server.log("warning", "Append Only File loaded by DEBUG LOADAOF")
    return "OK"


def _load(server, source: str, failure: str, empty: bool = True, replace: bool = False) -> None:
    """The files hold all of it already: it is no change, and nothing for the stream of writes."""
    wanted, server.effects.wanted = server.effects.wanted, False
    dirty = server.keyspace.dirty
    try:
        for database in server.keyspace.databases if empty else ():
            database.flush()
        for _ in server.load(source, replace):
            pass
    except CannotStart:
        raise ReplyError(failure) from None
    finally:
        server.effects.wanted = wanted
        server.loading.active = server.keyspace.loading = False
        server.keyspace.dirty = server.snapshots.clean_at = dirty
