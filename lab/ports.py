"""Ports from the operating system, kept for the one who got them.

"Bind to port 0, read the number, close, start the server on it" leaves a gap in which somebody else may
get the same port; so does the time between a server's crash and its restart. A reservation closes both
gaps: a socket that is bound but doesn't listen. Linux lets a server with SO_REUSEADDR (all of ours set it)
listen beside it, gives the port to nobody who asks for any port, and never picks it as the near end of an
outgoing connection. That last point matters: a client that keeps trying a dead server's port could
otherwise be given that very port, and would then be connected to itself.
"""

import socket
import sys


class Reservation:
    """A TCP port on a loopback address."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()
        if sys.platform != "linux":  # others refuse the second bind; there the gaps stay open
            self.release()

    def release(self) -> None:
        self._socket.close()
