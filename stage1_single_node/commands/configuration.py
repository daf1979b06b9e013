"""CONFIG: the configuration of a running server. Source: Redis 7.0's config.c; https://redis.io/commands/config-set/"""

from stage1_single_node import introspection
from stage1_single_node.command import command
from stage1_single_node.commands.subcommand_help import subcommand_help
from stage1_single_node.config import DeniedWhileLoading
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.errors import LOADING, SYNTAX, ReplyError

ADMINISTRATION = "admin noscript loading stale"


@command("CONFIG|GET", arity=-3, flags=ADMINISTRATION)
def config_get(client, *patterns):
    found = client.server.config.get(map(_text, patterns))
    return {_raw(name): _raw(value) for name, value in found.items()}


@command("CONFIG|SET", arity=-4, flags=ADMINISTRATION)
def config_set(client, *words):
    if len(words) % 2:
        raise ReplyError(SYNTAX)
    texts = list(map(_text, words))
    try:
        client.server.config.set(zip(texts[::2], texts[1::2]), local=client.is_local)
    except DeniedWhileLoading:
        raise ReplyError(LOADING) from None
    except ConfigError as error:
        raise ReplyError(f"ERR {error}") from None
    return "OK"


@command("CONFIG|REWRITE", arity=2, flags=ADMINISTRATION)
def config_rewrite(client):
    server = client.server
    path = server.config.file
    if not path:
        raise ReplyError("ERR The server is running without a config file")
    try:
        try:
            old = server.outside.read_file(path)
        except FileNotFoundError:
            old = b""
        server.outside.replace_file(path, _raw(server.config.rewrite(_text(old))))
    except OSError as error:
        server.log("warning", f"CONFIG REWRITE failed: {error.strerror}")
        raise ReplyError(f"ERR Rewriting config file: {error.strerror}") from None
    server.log("notice", "CONFIG REWRITE executed with success.")
    return "OK"


@command("CONFIG|RESETSTAT", arity=2, flags=ADMINISTRATION)
def config_resetstat(client):
    introspection.reset(client.server)
    return "OK"


@command("CONFIG|HELP", arity=2, flags="loading stale")
def config_help(client):
    return subcommand_help(
        "CONFIG",
        "GET <pattern> [<pattern> ...]",
        "    The directives whose names match, with their values.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change directives, all of them or none.",
        "RESETSTAT",
        "    Set the counters that INFO shows to zero.",
        "REWRITE",
        "    Write the configuration as it is now into its file.",
    )


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
