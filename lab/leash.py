"""A short leash for a program: Linux kills it when the process that started it dies, even by SIGKILL.

    python leash.py PARENT_PID PROGRAM ARGUMENT…

Run as a script in front of the program, because the wish has to be made inside the new process: it then
turns into PROGRAM by exec, which keeps both the process id and the wish. (subprocess's preexec_fn would do
the same, but forks Python code out of a process that may have threads, which can dead-lock.)
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2), which says too that it is the death of the starting *thread* that counts


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the wish was made, so no signal will come
        sys.exit(1)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
