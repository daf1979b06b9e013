"""Errors that a client sees, with Redis's own texts.

A handler raises `ReplyError(text)`; only the encoder in resp.py turns it into bytes. The first word of a text is
its code (ERR, WRONGTYPE, NOAUTH …), which client libraries map to exception classes, so the words matter.
Source: the `shared.*err` objects of Redis 7.0's server.c and the addReplyError calls of its command files.
"""


class ReplyError(Exception):
    """An error reply: `str(error)` is the line after the minus sign, code first, without CRLF."""


class CannotStart(Exception):
    """Nothing to do with clients: the server cannot start as it is configured; the log says why."""


class SubcommandSyntax(ReplyError):
    """A subcommand was used wrongly in a way that its arity does not show; `Server.failure` quotes it in the reply."""


WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
SYNTAX = "ERR syntax error"
NO_SUCH_KEY = "ERR no such key"
OUT_OF_RANGE = "ERR index out of range"
NOT_AN_INTEGER = "ERR value is not an integer or out of range"
NOT_A_FLOAT = "ERR value is not a valid float"
NOT_POSITIVE = "ERR value is out of range, must be positive"
MIN_OR_MAX_NOT_A_FLOAT = "ERR min or max is not a float"
OVERFLOW = "ERR increment or decrement would overflow"
NAN_OR_INFINITY = "ERR increment would produce NaN or Infinity"
STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
SAME_OBJECT = "ERR source and destination objects are the same"
DB_OUT_OF_RANGE = "ERR DB index is out of range"
BAD_CURSOR = "ERR invalid cursor"
BAD_TIMEOUT = "ERR timeout is not a float or out of range"
NEGATIVE_TIMEOUT = "ERR timeout is negative"
NO_AUTH = "NOAUTH Authentication required."
WRONG_PASS = "WRONGPASS invalid username-password pair or user is disabled."
NO_PROTO = "NOPROTO unsupported protocol version"
OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors."
NOT_IN_TRANSACTION = "ERR Command not allowed inside a transaction"
LOADING = "LOADING Redis is loading the dataset in memory"
MAX_CLIENTS = "ERR max number of clients reached"


def wrong_arity(name: str) -> str:
    """Text for a wrong number of arguments; `name` is the lower-case full name, a subcommand as `config|get`."""
    return f"ERR wrong number of arguments for '{name}' command"


def unknown_command(argv: list[bytes]) -> str:
    """Text for a name that is in no table; like Redis, it quotes at most 128 bytes of the arguments."""
    quoted = ""
    for argument in argv[1:]:
        if len(quoted) >= 128:
            break
        quoted += f"'{printable(argument[:128 - len(quoted)])}' "
    return f"ERR unknown command '{printable(argv[0][:128])}', with args beginning with: {quoted}"


def unknown_subcommand(name: str, given: bytes) -> str:
    """Text for a container command (CONFIG, CLIENT …) called with a subcommand that it lacks."""
    return f"ERR unknown subcommand '{printable(given[:128])}'. Try {name.upper()} HELP."


def subcommand_syntax(argv: list[bytes]) -> str:
    """Text for a subcommand that exists, called wrongly."""
    container, given = printable(argv[0].upper()), printable(argv[1][:128])
    return f"ERR unknown subcommand or wrong number of arguments for '{given}'. Try {container} HELP."


def invalid_expire(name: str) -> str:
    """Text for a time to live that is not positive or does not fit 64 bits, for the command `name` (lower case)."""
    return f"ERR invalid expire time in '{name}' command"


def printable(raw: bytes) -> str:
    """Bytes as text that encodes back to the same bytes; they end at a zero byte, as everything does that C prints."""
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")
