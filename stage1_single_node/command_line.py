"""The command line of redis-server: `[redis.conf] [--directive value …] [-]`.

Options are a configuration file in other clothes: `--maxmemory 1gb` becomes the line `maxmemory "1gb"`, read after the
file and standard input (`-`), so that it wins over both.
Source: main() in server.c of Redis 7.0, odd cases included (a value may begin with two minus signs; `--save` alone).
"""

from dataclasses import dataclass

from stage1_single_node.config import VERSION, split_line
from stage1_single_node.directive_kinds import ConfigError, quoted

USAGE = """\
Usage: {program} [/path/to/redis.conf] [options] [-]
       {program} - (read the configuration from standard input)
       {program} -v or --version
       {program} -h or --help

Every directive of redis.conf is an option:
       {program}                                  the defaults, on port 6379
       {program} redis.conf --port 7777           a file, and a port that wins over the file's
       {program} --save "" --maxmemory 128mb      no file at all
       echo 'maxmemory 128mb' | {program} -
"""
VERSION_LINE = f"Redis server v={VERSION} sha=00000000:0 malloc=libc bits=64 build=0"  # tools look for v=
NO_MEMORY_TEST = "--test-memory is a test of the machine's memory chips: redis-server has it, this server does not"
NO_SENTINEL = "--sentinel: Sentinel comes with stage 4 of the course (python -m stage4_sentinel)"


@dataclass(frozen=True)
class CommandLine:
    """What to read: the file, standard input, then the lines that the options stand for."""

    file: str | None
    stdin: bool
    options: str

    def text(self, file_text: str, stdin_text: str) -> str:
        """All of it as one configuration for `Config.load`."""
        return f"{file_text}{stdin_text}\n{self.options}"


def answer(arguments: list[str], program: str = "python -m stage1_single_node") -> str | None:
    """What to print instead of running the server (--version, --help); None for all other arguments.

    Raises ConfigError for what this server does not do.
    """
    if arguments[:1] in (["-v"], ["--version"]):
        return VERSION_LINE
    if arguments[:1] in (["-h"], ["--help"]):
        return USAGE.format(program=program)
    if arguments[:1] in (["--test-memory"], ["--check-system"]):
        raise ConfigError(NO_MEMORY_TEST)
    return None


def parse(arguments: list[str], sentinel: bool = False) -> CommandLine:
    """The arguments behind the program's name. Raises ConfigError for --sentinel where there is no Sentinel."""
    if "--sentinel" in arguments and not sentinel:
        raise ConfigError(NO_SENTINEL)
    file = None
    if arguments and not arguments[0].startswith("-"):
        file, *arguments = arguments
    stdin = False
    if file is None and arguments[:1] == ["-"]:
        stdin, arguments = True, arguments[1:]
    if arguments[-1:] == ["-"]:
        stdin, arguments = True, arguments[:-1]
    return CommandLine(file, stdin, _lines(arguments))


def _lines(arguments: list[str]) -> str:
    """The options as lines. Behind an option's name the next word is its value, even if it looks like an option."""
    lines = []
    expects_value = False
    for argument, following in zip(arguments, [*arguments[1:], None]):
        if argument.startswith("--") and not expects_value:
            lines.append(argument[2:] + " ")
            expects_value = len(split_line(argument)) == 1
            if argument.lower() == "--save" and (following is None or following.startswith("--")):
                lines[-1] += '""'  # what programs produce that expand an empty list of save points
                expects_value = False
            elif argument.lower() == "--sentinel":
                expects_value = False
        elif lines:
            lines[-1] += quoted(argument) + " "
            expects_value = False
        else:
            lines.append(quoted(argument) + " ")
    return "\n".join(lines)
