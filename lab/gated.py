"""Starts a program whose disk calls ask the laboratory first (Linux, without root); see gate.py.

    python gated.py DESCRIPTOR SYSTEM_CALLS PROGRAM ARGUMENT…

Run as a script in front of the program, because a process can ask for such a filter (seccomp(2)) only for itself. It
installs the filter, sends the laboratory the descriptor at which the calls will be asked about, over the socket
DESCRIPTOR, and turns into PROGRAM by exec, which keeps the filter; so do all children of PROGRAM. SYSTEM_CALLS are
numbers, with commas between. Where the system can't do it, the socket gets the reason, and the program does not start.
"""

import ctypes
import os
import platform
import socket
import struct
import sys

PR_SET_NO_NEW_PRIVS = 38  # what a process without root must give up before it may install a filter
SECCOMP_SET_MODE_FILTER = 1
NEW_LISTENER = 8
WAIT_KILLABLE = 32  # a call that is asked about waits on through signals, except deadly ones (Linux 5.19)
SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_… of linux/audit.h

# The filter is a program for the kernel's old packet filter machine: (operation, jump if true, if false, constant).
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
CALL_NUMBER_AT, ARCHITECTURE_AT = 0, 4  # in struct seccomp_data
ALLOW, ASK = 0x7FFF0000, 0x7FC00000


class Filter(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def main() -> None:
    laboratory = socket.socket(fileno=int(sys.argv[1]))
    calls, program = [int(number) for number in sys.argv[2].split(",")], sys.argv[3:]
    try:
        listener = install(instructions(calls))
    except OSError as error:
        laboratory.sendall(str(error).encode())
        sys.exit(1)
    socket.send_fds(laboratory, [b"+"], [listener])
    laboratory.close()
    os.execvp(program[0], program)


def instructions(calls: list[int]) -> bytes:
    """Ask about these calls, allow all others."""
    tests = [(JUMP_IF_EQUAL, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    steps = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (JUMP_IF_EQUAL, 0, len(calls) + 1, ARCHITECTURE[platform.machine()]),  # else the numbers mean other calls
        (LOAD, 0, 0, CALL_NUMBER_AT),
        *tests,
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ASK),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def install(program: bytes) -> int:
    """The descriptor at which the laboratory is asked; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    wanted = Filter(len(program) // 8, program)
    for flags in (NEW_LISTENER | WAIT_KILLABLE, NEW_LISTENER):
        call = SECCOMP_CALL[platform.machine()]
        listener = libc.syscall(call, SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(wanted))
        if listener >= 0:
            return int(listener)
    raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
