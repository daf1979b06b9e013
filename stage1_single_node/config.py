"""The configuration of one server: redis.conf, the command line, CONFIG GET, SET and REWRITE.

Every directive of directives.py is an attribute, `_` for `-`, with a value to compute with: `config.maxmemory` is an
int of bytes, `config.appendonly` a bool, `config.save` a tuple of pairs. The server reads them where it needs them.
Contract: texts in, texts out; no file is opened here. What only the server can judge or do, it says through two seams:

    checks      by attribute: may this value be taken (is there such a directory)? asked for files and for CONFIG SET
    on_change   called after CONFIG SET has changed a value, to put it into effect (listen on another port …)

Both refuse by raising ConfigError, and a refused CONFIG SET leaves everything as it was.
Source: config.c of Redis 7.0; https://redis.io/docs/management/config/
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from stage1_single_node import config_rewrite
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.directives import BY_NAME, DIRECTIVES, OBSOLETE, Directive
from stage1_single_node.structures import glob
from stage1_single_node.words import split_words

VERSION = "7.0.15"  # of the Redis whose configuration this is
MAX_INCLUDE_DEPTH = 16  # a file that includes itself has no end

Hook = Callable[[], None]
LineReader = Callable[[list[str]], None]


class DeniedWhileLoading(ConfigError):
    """The directive cannot be set while the data set is being loaded; clients expect LOADING instead of ERR."""


class Config:
    def __init__(self, directory: str = ""):
        """The defaults; `directory` is what `dir` is before anybody sets it: the process's working directory."""
        for directive in DIRECTIVES:
            setattr(self, directive.attribute, directive.default)
        self.dir = directory
        self.file = ""  # the path of the file that was read, which CONFIG REWRITE writes
        self.rename_command: list[tuple[str, str]] = []  # (name, new name or "" to remove it), from files only
        self.user: list[list[str]] = []  # the words of each `user` line, from files only: access control reads them
        self.checks: dict[str, Callable[[Any], None]] = {}
        # What else a line of a file may begin with; a later stage adds its own word (sentinel).
        self.line_readers: dict[str, LineReader] = {
            "rename-command": self._read_rename_command,
            "user": self._read_user,
            "loadmodule": self._refuse_module,
            "sentinel": self._refuse_sentinel,
        }
        self._hooks: dict[str, list[Hook]] = {}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no directive is called {name.replace('_', '-')!r}")

    def on_change(self, hook: Hook, *names: str) -> None:
        """Call `hook` after CONFIG SET has changed one of the directives, once for all those changed together."""
        for name in names:
            self._hooks.setdefault(BY_NAME[name].name, []).append(hook)

    # CONFIG GET ----------------------------------------------------------------------------------------------------

    def get(self, patterns: Iterable[str]) -> dict[str, str]:
        """Name and value of what matches one of the glob patterns, case ignored, old names included."""
        found: dict[str, str] = {}
        taken: set[str] = set()  # in lower case
        for pattern in patterns:
            if any(sign in pattern for sign in "[*?"):
                matches = glob.compiled(pattern.encode(errors="surrogateescape"), nocase=True)
                names = [name for name, directive in BY_NAME.items() if not directive.hidden and matches(name.encode())]
            else:
                names = [pattern] if pattern.lower() in BY_NAME else []  # answered in the spelling of the question
            for name in names:
                if name.lower() not in taken:
                    taken.add(name.lower())
                    directive = BY_NAME[name.lower()]
                    found[name] = directive.kind.format(getattr(self, directive.attribute))
        return found

    # CONFIG SET ----------------------------------------------------------------------------------------------------

    def set(
        self, changes: Mapping[str, str] | Iterable[tuple[str, str]], *, local: bool = True, loading: bool = False
    ) -> None:
        """Change all of them or none. `local`: the client is on this machine; `loading`: the data set is being loaded.

        Raises ConfigError with the text behind ERR.
        """
        pairs = list(changes.items() if isinstance(changes, Mapping) else changes)
        self._refuse_forbidden([name for name, _ in pairs], local, loading)
        directives = [BY_NAME[name.lower()] for name, _ in pairs]
        before = {directive.attribute: getattr(self, directive.attribute) for directive in directives}
        called: list[Hook] = []
        try:
            for directive, (name, text) in zip(directives, pairs):
                with blaming(name.lower()):
                    self._assign(directive, directive.kind.words(text))
            for directive, (name, _) in zip(directives, pairs):
                if getattr(self, directive.attribute) != before[directive.attribute]:
                    with blaming(name.lower()):
                        self._call_hooks(directive, called)
        except ConfigError:
            vars(self).update(before)
            for hook in called:
                with suppress(ConfigError):  # it was content with these values before
                    hook()
            raise

    def _refuse_forbidden(self, names: list[str], local: bool, loading: bool) -> None:
        seen = []
        for name in names:
            directive = BY_NAME.get(name.lower())
            if directive is None:
                raise ConfigError(f"Unknown option or number of arguments for CONFIG SET - '{name}'")
            with blaming(name):
                if directive.immutable:
                    raise ConfigError("can't set immutable config")
                if directive.protected and not allows(self.enable_protected_configs, local):
                    raise ConfigError("can't set protected config")
                if name.lower() in seen:
                    raise ConfigError("duplicate parameter")
            if directive.denied_while_loading and loading:
                raise DeniedWhileLoading("the data set is being loaded")
            seen.append(name.lower())

    def _call_hooks(self, directive: Directive, called: list[Hook]) -> None:
        for hook in self._hooks.get(directive.name, ()):
            if hook not in called:
                called.append(hook)
                hook()

    def _assign(self, directive: Directive, words: list[str], again: bool = False) -> None:
        current = getattr(self, directive.attribute)
        value = directive.kind.add(words, current) if again else directive.kind.parse(words, current)
        if directive.attribute in self.checks:
            self.checks[directive.attribute](value)
        setattr(self, directive.attribute, value)

    # Files and the command line --------------------------------------------------------------------------------------

    def load(self, text: str, include: Callable[[str], str] | None = None) -> None:
        """Read a configuration file (and what the command line appends to it).

        `include` returns the text of the files that an include line's path means, which may be a glob pattern that
        nothing matches; it may raise OSError. Relative paths are made absolute by `dir` as set so far, as Redis does.
        Raises ConfigError with the whole message for standard error.
        """
        self._load(text, include, seen=[], depth=0)
        if self.cluster_enabled and self.replicaof:
            raise ConfigError(fatal("replicaof directive not allowed in cluster mode"))

    def _load(self, text: str, include: Callable[[str], str] | None, seen: list[str], depth: int) -> None:
        for number, raw in enumerate(text.split("\n"), 1):
            line = raw.strip(" \t\r\n")
            if not line or line.startswith("#"):
                continue
            try:
                words = split_line(line)
                if words[:1] != ["include"] or len(words) != 2 or not include or depth == MAX_INCLUDE_DEPTH:
                    self._read_line(words, seen)
                    continue
                included = include(posixpath.join(self.dir, words[1]))
            except ConfigError as error:
                raise ConfigError(
                    fatal(f"Reading the configuration file, at line {number}\n>>> '{line}'\n{error}")
                ) from None
            except OSError as error:
                raise ConfigError(f"Fatal error, can't open config file '{words[1]}': {error.strerror}") from None
            self._load(included, include, seen, depth + 1)

    def _read_line(self, words: list[str], seen: list[str]) -> None:
        if not words:
            return
        name, *arguments = words
        directive = BY_NAME.get(name)
        if directive:
            if len(arguments) == 1 and directive.kind.many_words:
                arguments = split_line(arguments[0]) or [""]  # they may stand in one pair of quotes: --save "60 1000"
            elif len(arguments) != 1 and not directive.kind.many_words:
                raise ConfigError("wrong number of arguments")
            self._assign(directive, arguments, again=directive.name in seen)
            seen.append(directive.name)
        elif name in self.line_readers:
            self.line_readers[name](words)
        elif "." in name:
            raise ConfigError("Module config specified without value" if not arguments else "modules are not supported")
        elif name not in OBSOLETE or len(arguments) != 1:
            raise ConfigError(BAD_DIRECTIVE)

    def _read_rename_command(self, words: list[str]) -> None:
        if len(words) != 3:
            raise ConfigError(BAD_DIRECTIVE)
        self.rename_command.append((words[1], words[2]))

    def _read_user(self, words: list[str]) -> None:
        if len(words) < 2:
            raise ConfigError(BAD_DIRECTIVE)
        self.user.append(words[1:])

    def _refuse_module(self, words: list[str]) -> None:
        raise ConfigError("modules are not supported" if len(words) > 1 else BAD_DIRECTIVE)

    def _refuse_sentinel(self, words: list[str]) -> None:
        raise ConfigError("sentinel directive while not in sentinel mode")

    # CONFIG REWRITE --------------------------------------------------------------------------------------------------

    def rewrite(self, old_text: str, others: Mapping[str, Iterable[str]] | None = None) -> str:
        """The file `old_text` with the values as they are now.

        `others` has the lines of what the table of directives does not know, all of them, by option: `user`,
        `sentinel monitor` … Lines of options that nobody names stay as they are.
        """
        wanted = {
            directive.name: [
                (f"{directive.name} {text}", needed)
                for text, needed in directive.kind.rewrite(getattr(self, directive.attribute), directive.default)
            ]
            for directive in DIRECTIVES
        }
        wanted |= {option: [(line, True) for line in lines] for option, lines in (others or {}).items()}
        names = {name: directive.name for name, directive in BY_NAME.items()}
        names |= {name: name for name in ("include", *self.line_readers)}
        return config_rewrite.rewrite(old_text, wanted, names)


BAD_DIRECTIVE = "Bad directive or wrong number of arguments"


def split_line(line: str) -> list[str]:
    """The words of a line, the first in lower case; raises ConfigError."""
    words = split_words(line.encode(errors="surrogateescape"))
    if words is None:
        raise ConfigError("Unbalanced quotes in configuration line")
    texts = [word.decode(errors="surrogateescape") for word in words]
    return [text.lower() for text in texts[:1]] + texts[1:]


def allows(protection: str, local: bool) -> bool:
    """Does enable-debug-command or one of its like let this client? They are yes, no or local."""
    return protection == "yes" or (protection == "local" and local)


@contextmanager
def blaming(name: str) -> Iterator[None]:
    """Says in an error of CONFIG SET which of its arguments is to blame."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"CONFIG SET failed (possibly related to argument '{name}') - {error}") from None


def fatal(text: str) -> str:
    return f"\n*** FATAL CONFIG FILE ERROR (Redis {VERSION}) ***\n{text}"
