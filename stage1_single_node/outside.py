"""Everything of the real world that a server may touch: clocks, dice, the log, files, sockets, facts of the process.

A server gets one `Outside`; a simulation hands it another with a virtual clock. In this stage only this file and
running.py import time, random, socket, os or signal.
"""

import os
import random
import resource
import socket
import sys
import time

LEVELS = {"debug": 0, "verbose": 1, "notice": 2, "warning": 3}
MARKS = {"debug": ".", "verbose": "-", "notice": "*", "warning": "#"}


class Clock:
    """The machine's clocks. Unix time may jump; monotonic time never goes back."""

    unix_ns = staticmethod(time.time_ns)  # the hot path's, without a call of ours around it

    monotonic_ns = staticmethod(time.perf_counter_ns)

    def unix_us(self) -> int:
        """Microseconds since 1970."""
        return time.time_ns() // 1000

    def unix_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic_us(self) -> int:
        """Microseconds since some moment."""
        return time.perf_counter_ns() // 1000


class Log:
    """Redis's log lines: `pid:role day month year time mark text`, to a file or standard output."""

    def __init__(self, level: str = "notice", path: str = "", role: str = "M"):
        self.level = level
        self.path = path
        self.role = role  # M master, S replica, C a process that is not a server (yet), X sentinel

    def __call__(self, level: str, text: str) -> None:
        if LEVELS[level] < LEVELS.get(self.level, 2):
            return
        now = time.time()
        stamp = time.strftime("%d %b %Y %H:%M:%S", time.localtime(now))
        line = f"{os.getpid()}:{self.role} {stamp}.{int(now * 1000) % 1000:03d} {MARKS[level]} {text}\n"
        self.write(line.encode(errors="surrogateescape"))

    def write(self, line: bytes) -> None:
        """Append a line. No buffer is between it and the file: a signal's line may interrupt another one's writing."""
        try:
            if self.path:
                with open(self.path, "ab", buffering=0) as file:
                    file.write(line)
            elif sys.stdout:  # None where whoever started us had closed it
                os.write(sys.stdout.fileno(), line)
        except (OSError, ValueError):
            pass  # like Redis: a server whose log cannot be written goes on serving


class Outside:
    """The real world, for one server."""

    def __init__(self, log: Log | None = None):
        self.clock = Clock()
        self.random = random.Random()
        self.log = log or Log()
        self.pid = os.getpid()

    # The process

    def rss_bytes(self) -> int:
        """Resident memory of this process."""
        try:
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def total_memory_bytes(self) -> int:
        """Memory of this machine."""
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def cpu_seconds(self) -> tuple[float, float, float, float]:
        """CPU time of this process (system, user) and of its ended children (system, user)."""
        mine = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_stime, mine.ru_utime, children.ru_stime, children.ru_utime

    def allow_open_files(self, wanted: int) -> int:
        """Ask the system for so many file descriptors; how many this process may have now."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft >= wanted or soft == resource.RLIM_INFINITY:
            return wanted
        for limits in ((wanted, max(wanted, hard)), (min(wanted, hard), hard)):  # only root may raise the hard limit
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
                return limits[0]
            except (OSError, ValueError):
                continue
        return soft

    def sleep(self, seconds: float) -> None:
        """Stop the whole process (DEBUG SLEEP), which is the point of it."""
        time.sleep(seconds)

    # Files

    def read_file(self, path: str) -> bytes:
        """A whole file; raises OSError."""
        with open(path, "rb") as file:
            return file.read()

    def replace_file(self, path: str, content: bytes) -> None:
        """Write a whole file so that a crash leaves the old or the new one, never half of either; raises OSError."""
        temporary = f"{path}.{os.getpid()}.tmp"
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)

    def remove(self, path: str) -> None:
        """Remove a file; raises OSError."""
        os.unlink(path)

    # Sockets

    def listen_tcp(self, host: str, port: int, backlog: int) -> socket.socket:
        """A listening socket for the loop's `create_server`; raises OSError.

        It listens when this returns, not a turn of the loop later: CONFIG SET port answers for what has been done.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        anywhere = host in ("*", "::*")
        found = socket.getaddrinfo(
            None if anywhere else host, port, family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(*found[0][:3])
        try:
            if family == socket.AF_INET6:  # IPv4 has a socket of its own
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(found[0][4])
            listener.listen(backlog)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        return listener

    def listen_unix(self, path: str, permissions: int, backlog: int) -> socket.socket:
        """A listening unix socket, in place of a dead server's one; `permissions` 0 leaves them to the umask."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(path)
            if permissions:
                os.chmod(path, permissions)
            listener.listen(backlog)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        return listener

    def keep_alive(self, connection: socket.socket, seconds: int) -> None:
        """tcp-keepalive: after so much silence ask the peer's system for a sign of life, and soon again, and again."""
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if sys.platform == "linux":
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(seconds // 3, 1))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        except OSError:
            pass  # the peer has gone already: the connection will say so
