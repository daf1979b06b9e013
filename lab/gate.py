"""The gate: a running program's calls to the disk, one after the other, each asked about before it happens.

Linux lets a process hand some of its own system calls to another one for a decision (seccomp's user notification,
Linux 5.5; no root, no change to the program, so it works for our servers and for the real redis-server alike). The
program's thread waits in its call while we look; then the kernel carries the call out, or we have done it ourselves
and give the result. So the laboratory can be a slow disk, and it knows what has been fsynced and what has not.

The price is a turn through this process for each such call, about 0.1 ms: a node has a gate only on demand.
"""

import errno
import fcntl
import os
import platform
import select
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

SYSTEM_CALLS = {
    "x86_64": {74: "fsync", 75: "fdatasync", 82: "rename", 264: "renameat", 316: "renameat2", 87: "unlink",
               263: "unlinkat"},
    "aarch64": {82: "fsync", 83: "fdatasync", 38: "renameat", 276: "renameat2", 35: "unlinkat"},
}  # fmt: skip
PATH_ARGUMENTS = {"rename": (0, 1), "renameat": (1, 3), "renameat2": (1, 3), "unlink": (0,), "unlinkat": (1,)}

RECEIVE, SEND = 0xC0502100, 0xC0182101  # ioctl(2) on the listener: SECCOMP_IOCTL_NOTIF_RECV and …_SEND
NOTIFICATION = struct.Struct("=QII iIQ6Q")  # id, thread, flags; then the call: number, architecture, place, arguments
RESPONSE = struct.Struct("=QqiI")  # id, value, minus errno, flags
CONTINUE = 1  # flag: let the kernel carry it out

PATH_BYTES = 4096  # PATH_MAX; and no page is smaller
HANDOVER_SECONDS = 10.0  # for the program's start: an interpreter's, tens of milliseconds


class Call(NamedTuple):
    """A system call that waits for its answer."""

    name: str
    thread: int
    paths: tuple[str, ...]  # of a rename or unlink, as the program wrote them
    descriptor: int  # of a sync, in the program


Answer = Callable[[Call], int | None]  # None: let the kernel do it; 0: it has been done; an errno: it fails so


class Gate:
    """`command()` goes in front of the program; when that has been started, `open()` begins to answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._names = SYSTEM_CALLS[platform.machine()]
        self._ours, self.theirs = socket.socketpair()

    def command(self) -> list[str]:
        """What to put in front of the program. It needs the descriptor `theirs`."""
        script = str(Path(__file__).with_name("gated.py"))
        numbers = ",".join(map(str, self._names))
        return [sys.executable, "-I", "-S", script, str(self.theirs.fileno()), numbers]

    def open(self) -> None:
        """Wait until the program is about to start, then answer its calls in a thread to its end. Raises OSError."""
        self.theirs.close()
        self._ours.settimeout(HANDOVER_SECONDS)
        try:
            message, descriptors, _, _ = socket.recv_fds(self._ours, 1000, 1)
        finally:
            self._ours.close()
        if not descriptors:
            raise OSError(message.decode() or "the program ended before it began")
        self._thread = threading.Thread(target=self._serve, args=(descriptors[0],), name="gate", daemon=True)
        self._thread.start()

    def wait_for_end(self) -> None:
        """Until no process is behind the gate any more."""
        self._thread.join()

    def _serve(self, listener: int) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        try:
            while not poll.poll()[0][1] & select.POLLHUP:  # the last process behind the gate has ended
                try:
                    self._ask(listener)
                except OSError as error:
                    if error.errno != errno.ENOENT:  # it was killed while it waited
                        raise
        finally:
            os.close(listener)  # from now on such a call fails: better than a program that waits for ever

    def _ask(self, listener: int) -> None:
        notification = bytearray(NOTIFICATION.size)
        fcntl.ioctl(listener, RECEIVE, notification)
        identity, thread, _, number, _, _, *arguments = NOTIFICATION.unpack(notification)
        name = self._names[number]
        try:
            paths = tuple(_read_path(thread, arguments[place]) for place in PATH_ARGUMENTS.get(name, ()))
            error = self._answer(Call(name, thread, paths, arguments[0]))
        except OSError:  # it was killed while it waited, or its call is wrong in itself, which the kernel will say
            error = None
        flags = CONTINUE if error is None else 0
        fcntl.ioctl(listener, SEND, RESPONSE.pack(identity, 0, -(error or 0), flags))


@cache
def why_unavailable() -> str:
    """Why this system has no gates; "" if it has."""
    if sys.platform != "linux" or platform.machine() not in SYSTEM_CALLS:
        return "that needs Linux on x86-64 or ARM64"
    gate = Gate(lambda call: None)
    descriptor = gate.theirs.fileno()
    with subprocess.Popen([*gate.command(), "true"], pass_fds=[descriptor], stderr=subprocess.DEVNULL):
        try:
            gate.open()
        except OSError as error:
            return f"that needs the seccomp notifications of Linux 5.5, and here: {error}"
    return ""


def _read_path(thread: int, address: int) -> str:
    """A string out of another process's memory."""
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        text = b""
        while b"\0" not in text and len(text) < PATH_BYTES:
            memory.seek(address + len(text))
            page_rest = PATH_BYTES - (address + len(text)) % PATH_BYTES  # behind it there may be nothing
            if not (more := memory.read(page_rest)):
                raise OSError(errno.ESRCH, "the process has ended")
            text += more
    return os.fsdecode(text.partition(b"\0")[0])
