"""What a command is: a handler and the facts that the server needs before it may call it.

    @command("MSET", arity=-3, flags="write denyoom", keys=(1, -1, 2))
    def mset(client, *pairs): ...

The decorator only hangs a `Declaration` on the function; `table` collects the functions of some modules into a
dictionary that belongs to one server (no registry: a hundred servers live in one process).
A name with a bar, "CONFIG|GET", is a subcommand and becomes part of the container command CONFIG.
Contract: a handler gets the client and the arguments behind the name as bytes, returns a value that `resp.encode`
knows, and raises ReplyError. Source: redisCommand in Redis 7.0's server.h; https://redis.io/commands/command/
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from stage1_single_node.histogram import Histogram

FLAG_NAMES = (
    "write readonly denyoom admin pubsub noscript blocking loading stale skip_monitor skip_slowlog asking fast "
    "no_auth may_replicate sentinel only_sentinel no_mandatory_keys protected allow_busy module no_async_loading "
    "no_multi movablekeys"
).split()
FLAGS = {name: 1 << bit for bit, name in enumerate(FLAG_NAMES)}
WRITE, DENYOOM, NOSCRIPT = FLAGS["write"], FLAGS["denyoom"], FLAGS["noscript"]

# Three bits of our own, for the gate (client.py): every command has ANY; TIMED are those whose time may grow with the
# data, which are measured one by one; CONTAINER are those that only have subcommands.
ANY, TIMED, CONTAINER = 1 << 29, 1 << 30, 1 << 31
CONSTANT_TIME = frozenset(("SET", "SETEX", "PSETEX"))  # not "fast", yet O(1); SELECT is, but ends a batch
UNLIMITED = 2**31  # more arguments than a request may have


@dataclass(frozen=True)
class Declaration:
    """The facts written at a handler: `arity` counts the name, negative: at least; `keys` is (first, last, step).

    COMMAND tells more, which commands/facts.json knows of the real server; a test holds that the two agree.
    """

    name: str
    handler: Callable
    arity: int
    flags: str
    keys: tuple[int, int, int]


def command(name: str, *, arity: int, flags: str = "", keys: tuple[int, int, int] = (0, 0, 0)) -> Callable:
    """Declare the function below as the handler of `name`; one function may serve several names."""

    def declare(handler: Callable) -> Callable:
        handler.__dict__.setdefault("declarations", []).append(Declaration(name, handler, arity, flags, keys))
        return handler

    return declare


class Command:
    """One command of one server: the declaration made fast, and its statistics (INFO commandstats)."""

    __slots__ = (
        "name", "handler", "arity", "words", "fewest", "most", "flags", "keys", "subcommands",
        "calls", "timed", "usec", "latency", "rejected", "failed",
    )  # fmt: skip

    def __init__(self, declaration: Declaration):
        self.name = declaration.name.lower()
        self.handler = declaration.handler
        self.arity = declaration.arity
        self.words = 1 + declaration.name.count("|")  # how many words of a request are the name
        self.fewest = abs(declaration.arity)
        self.most = declaration.arity if declaration.arity > 0 else UNLIMITED
        self.keys = declaration.keys
        self.subcommands: dict[bytes, Command] = {}
        names = declaration.flags.split()
        self.flags = sum(FLAGS[flag] for flag in names) | ANY
        if ("fast" not in names and declaration.name not in CONSTANT_TIME) or declaration.name == "SELECT":
            self.flags |= TIMED
        self.reset()

    def reset(self) -> None:
        """Forget the statistics (CONFIG RESETSTAT)."""
        self.calls = self.rejected = self.failed = 0
        self.timed = self.usec = 0  # so many of the calls were measured alone, and took so long
        self.latency = Histogram()  # of these

    def measured(self, usec: int) -> None:
        """One of the calls took so long by itself."""
        self.timed += 1
        self.usec += usec
        self.latency.record(usec)


def _refuse_container(client, *arguments):
    raise AssertionError("a container command is resolved to its subcommand before it is called")


def table(*modules: ModuleType) -> dict[bytes, Declaration]:
    """All declarations of the modules, by upper-case name. A stage's table is `{**below, **table(its modules)}`."""
    found: dict[bytes, Declaration] = {}
    for module in modules:
        for function in vars(module).values():
            if getattr(function, "__module__", None) == module.__name__:
                for declaration in getattr(function, "declarations", ()):
                    found[declaration.name.upper().encode()] = declaration
    return found


def bind(declarations: dict[bytes, Declaration]) -> dict[bytes, Command]:
    """A server's own commands, by upper-case name, subcommands inside their containers."""
    commands = {name: Command(declaration) for name, declaration in declarations.items() if b"|" not in name}
    for name, declaration in declarations.items():
        container_name, bar, subname = name.partition(b"|")
        if not bar:
            continue
        container = commands.get(container_name)
        if container is None:
            container = Command(Declaration(container_name.decode(), _refuse_container, -2, "", (0, 0, 0)))
            commands[container_name] = container
        container.flags |= CONTAINER
        container.subcommands[subname] = Command(declaration)
    return commands


def spellings(commands: dict[bytes, Command]) -> dict[bytes, Command]:
    """The table of the fast way: upper and lower case are found in one step, other spellings on the careful way."""
    return commands | {name.lower(): command for name, command in commands.items()}


def find(commands: dict[bytes, Command], argv: list[bytes]) -> Command | None:
    """The command that `argv` means, in any spelling: a subcommand where its second word names one, else None."""
    found = commands.get(argv[0].upper())
    if found is None or not found.flags & CONTAINER or len(argv) == 1:
        return found
    return found.subcommands.get(argv[1].upper())
