"""The program around a server: command line, configuration file, log, signals, the loop; `main` of every stage.

It does what main() of redis-server does, in its order: configure, fork into the background, listen and load, say
"Ready to accept connections", and at the end leave nothing behind. What a user does wrong gets a line and exit code 1.
Source: main(), setupSignalHandlers and finishShutdown in Redis 7.0's server.c.
"""

import asyncio
import gc
import os
import platform
import signal
import sys
import traceback
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from stage1_single_node import access_control, command_line
from stage1_single_node.command import Command, bind
from stage1_single_node.config import VERSION, Config, fatal
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.errors import CannotStart, ReplyError
from stage1_single_node.outside import Log

try:
    from uvloop import new_event_loop
except ImportError:  # Windows, or an interpreter that uvloop has no wheel for
    from asyncio import new_event_loop  # type: ignore[assignment]

TEXT = ("utf-8", "surrogateescape")  # a configuration file is bytes: whatever is no UTF-8 survives as it is
DEFAULT_PIDFILE = "/var/run/redis.pid"
RESERVED_FILES = 32  # CONFIG_MIN_RESERVED_FDS: descriptors for files and listeners, beside one for each client

# Nearly all objects that a command allocates die by their reference count; what survives is data, over which the
# cycle collector goes again and again in vain. Filling 300,000 small hashes with Python's own thresholds cost 8 % of
# the time and pauses of up to 59 ms, with these 2 % and 7 ms. `gc.freeze` spares it what was there from the start. It
# is not turned off, because a traceback or a broken-off connection may leave a cycle.
GC_THRESHOLDS = (50_000, 20, 100)


def main(server_class: Any, arguments: list[str] | None = None) -> None:
    """Run a server until somebody ends it, then exit. `arguments` are those of redis-server."""
    _fill_standard_descriptors()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C before there is a server ends the process without a word
    program = f"python -m {server_class.__module__.partition('.')[0]}"
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        answer = command_line.answer(arguments, program)
        if answer is not None:
            print(answer.rstrip("\n"))
            return
        config = _configured(arguments, bind(server_class.commands))
    except ConfigError as error:
        sys.exit(str(error))
    if config.daemonize:
        _daemonize()
    log = Log(config.loglevel, config.logfile, role="C")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    log("warning", "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
    log("warning", f"Redis version={VERSION}, bits=64, {program}, {python}, pid={os.getpid()}, just started")
    if arguments:
        log("warning", "Configuration loaded")
    else:
        log("warning", "Warning: no config file specified, using the default config. In order to specify a config file "
            f"use {program} /path/to/redis.conf")  # fmt: skip
    log.role = "M"
    sys.exit(Program(server_class, config, log).run())


class Program:
    """One server, its loop, and the signals that end it."""

    def __init__(self, server_class: Any, config: Config, log: Log):
        self.config = config
        self.log = log
        self.outside = server_class.outside_class(log)
        self.server = server_class(config, self.outside)
        self.loop: asyncio.AbstractEventLoop | None = None  # there while the server serves
        self.told_to_end = False
        config.on_change(self._set_log_level, "loglevel")
        config.on_change(self._change_directory, "dir")
        config.on_change(self._follow_maxclients, "maxclients")

    def run(self) -> int:
        """Until the end; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        if sys.platform != "win32":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal has gone: no reason to go with it
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.get_loop().set_exception_handler(self._log_exception)
            try:
                runner.run(self._serve())
            except CannotStart:
                return 1
        return self.server.exit_code

    async def _serve(self) -> None:
        config = self.config
        config.set({"maxclients": str(self._possible_clients())})
        mode = "cluster" if config.cluster_enabled else "standalone"
        self.log("notice", f"Running mode={mode}, port={config.port or config.tls_port}.")
        gc.disable()  # what is loaded is data: going over it again and again while it grows finds nothing
        await self.server.start()
        self.log("warning", "Server initialized")
        pidfile = _write_pidfile(config)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        gc.enable()
        self.loop = asyncio.get_running_loop()
        if config.port or config.tls_port:
            self.log("notice", "Ready to accept connections")
        if config.unixsocket:
            self.log("notice", f"The server is now ready to accept connections at {config.unixsocket}")
        await self.server.stopping.wait()
        await self.server.stop()
        if pidfile:
            self.log("notice", "Removing the pid file.")
            pidfile.unlink(missing_ok=True)
        self.log("warning", "Redis is now ready to exit, bye bye...")
        self.loop = None

    def _signalled(self, number: int, frame: object) -> None:
        """SIGTERM or SIGINT: end in good order; at once for a second SIGINT, and while nothing is served yet."""
        if self.loop is None:
            self.log("warning", "Received shutdown signal during loading, exiting now.")
            os._exit(0)
        if self.told_to_end and number == signal.SIGINT:
            self.log("warning", "You insist... exiting now.")
            os._exit(1)
        self.log("warning", f"Received {signal.Signals(number).name} scheduling shutdown...")
        self.told_to_end = True
        options = self.config.shutdown_on_sigint if number == signal.SIGINT else self.config.shutdown_on_sigterm
        # A signal comes in the middle of anything: the loop does the rest when it has its turn.
        self.loop.call_soon_threadsafe(self._shut_down, options)

    def _shut_down(self, options: tuple[str, ...]) -> None:
        try:
            self.server.shut_down(options)
        except ReplyError:  # the log says why; the next signal may ask again
            self.told_to_end = False

    def _log_exception(self, loop: asyncio.AbstractEventLoop, context: dict) -> None:
        """What went wrong outside of every command: a TLS handshake (the peer's business), or a bug of ours."""
        error = context.get("exception")
        if isinstance(error, OSError):
            self.log("verbose", f"Error accepting a client connection: {error}")
        else:
            self.log("warning", f"{context['message']}\n{''.join(traceback.format_exception(error))}")

    # After CONFIG SET

    def _set_log_level(self) -> None:
        self.log.level = self.config.loglevel

    def _change_directory(self) -> None:
        os.chdir(self.config.dir)  # the relative paths of the log and of all files follow

    def _follow_maxclients(self) -> None:
        possible = self._possible_clients()
        if possible < self.config.maxclients:
            raise ConfigError(
                f"The operating system is not able to handle the specified number of clients, try with {possible}"
            )

    def _possible_clients(self) -> int:
        """maxclients, or less where the system refuses us that many open files."""
        wanted = self.config.maxclients
        allowed = self.outside.allow_open_files(wanted + RESERVED_FILES)
        if allowed >= wanted + RESERVED_FILES:
            return wanted
        possible = max(allowed - RESERVED_FILES, 1)
        why = f"You requested maxclients of {wanted} requiring at least {wanted + RESERVED_FILES} max file descriptors."
        self.log("warning", f"{why} Current maximum open files is {allowed}. maxclients has been reduced to {possible} "
                 "to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.")  # fmt: skip
        return possible


def _configured(arguments: list[str], commands: dict[bytes, Command]) -> Config:
    """The configuration of the command line and its file; the process moves to `dir`. Raises ConfigError."""
    line = command_line.parse(arguments)
    config = Config(os.getcwd())
    config.checks["dir"] = _check_directory
    read_rename = config.line_readers["rename-command"]

    def read_possible_rename(words: list[str]) -> None:
        read_rename(words)
        access_control.rename(commands, config.rename_command)

    config.line_readers["rename-command"] = read_possible_rename
    text = ""
    if line.file:
        config.file = os.path.abspath(line.file)
        try:
            text = _read_text(config.file)
        except OSError as error:
            raise ConfigError(f"Fatal error, can't open config file '{config.file}': {error.strerror}") from None
    config.load(line.text(text, sys.stdin.buffer.read().decode(*TEXT) if line.stdin else ""), _read_included)
    os.chdir(config.dir)
    if config.logfile:
        try:
            open(config.logfile, "ab").close()
        except OSError as error:
            raise ConfigError(fatal(f"Can't open the log file: {error.strerror}")) from None
    return config


def _read_text(path: str) -> str:
    return Path(path).read_bytes().decode(*TEXT)


def _read_included(pattern: str) -> str:
    paths = sorted(glob(pattern)) if has_magic(pattern) else [pattern]
    return "\n".join(map(_read_text, paths))


def _check_directory(path: str) -> None:
    try:
        os.stat(os.path.join(path, "."))
    except OSError as error:
        raise ConfigError(error.strerror) from None


def _fill_standard_descriptors() -> None:
    """Whoever started us may have closed 0, 1 or 2: no socket shall get such a number, and our output."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _daemonize() -> None:
    """Go on in the background, without a terminal; the process that was started ends."""
    if os.fork():
        os._exit(0)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _write_pidfile(config: Config) -> Path | None:
    """A pidfile is written where one is named, and for every process in the background; who cannot write it goes on."""
    if not config.daemonize and not config.pidfile:
        return None
    path = Path(config.pidfile or DEFAULT_PIDFILE).absolute()
    try:
        path.write_text(f"{os.getpid()}\n")
    except OSError:
        return None
    return path
