"""Everything of the real world that a server may touch: clocks, dice, the log, files, facts of the process.

A server gets one `Outside`; the simulator hands it another with a virtual clock. In this stage only this file and
__main__.py import time, random, socket or os.
"""

import os
import random
import resource
import ssl
import sys
import time

LEVELS = {"debug": 0, "verbose": 1, "notice": 2, "warning": 3}
MARKS = {"debug": ".", "verbose": "-", "notice": "*", "warning": "#"}


class Clock:
    """The machine's clocks. Unix time may jump; monotonic time never goes back."""

    unix_ns = staticmethod(time.time_ns)  # the hot path's, without a call of ours around it

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
        self.role = role  # M master, S replica, C child, X sentinel

    def __call__(self, level: str, text: str) -> None:
        if LEVELS[level] < LEVELS.get(self.level, 2):
            return
        now = time.time()
        stamp = time.strftime("%d %b %Y %H:%M:%S", time.localtime(now))
        line = f"{os.getpid()}:{self.role} {stamp}.{int(now * 1000) % 1000:03d} {MARKS[level]} {text}\n"
        try:
            if self.path:
                with open(self.path, "a", encoding="utf-8", errors="replace") as file:
                    file.write(line)
            else:
                sys.stdout.write(line)
                sys.stdout.flush()
        except OSError:
            pass  # like Redis: a server whose log cannot be written goes on serving


class Outside:
    """The real world, for one server."""

    def __init__(self, log: Log | None = None):
        self.clock = Clock()
        self.random = random.Random()
        self.log = log or Log()
        self.pid = os.getpid()

    def rss_bytes(self) -> int:
        """Resident memory of this process."""
        try:
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def cpu_seconds(self) -> tuple[float, float, float, float]:
        """CPU time of this process (system, user) and of its ended children (system, user)."""
        mine = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_stime, mine.ru_utime, children.ru_stime, children.ru_utime

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

    def set_socket_permissions(self, path: str, mode: int) -> None:
        """unixsocketperm."""
        os.chmod(path, mode)

    def sleep(self, seconds: float) -> None:
        """Stop the whole process (DEBUG SLEEP), which is the point of it."""
        time.sleep(seconds)

    def tls(self, config) -> ssl.SSLContext:
        """The server side of TLS as the tls-* directives say; raises OSError or ssl.SSLError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config.tls_cert_file, config.tls_key_file or None, config.tls_key_file_pass or None)
        if config.tls_auth_clients != "no":
            context.verify_mode = ssl.CERT_REQUIRED if config.tls_auth_clients == "yes" else ssl.CERT_OPTIONAL
            context.load_verify_locations(config.tls_ca_cert_file or None, config.tls_ca_cert_dir or None)
        if config.tls_ciphers:
            context.set_ciphers(config.tls_ciphers)
        return context
