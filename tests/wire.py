"""A client that hides nothing: words go out as a RESP array, replies come back with their wire types told apart.

    simple string  str          bulk string  bytes         integer  int            null  None
    double         float        boolean      bool          array    list           map   dict
    set            frozenset    push         Push          verbatim string  Verbatim
    (a set of maps, which have no hash, comes as a list)
    error          raised as ReplyError at the top, a ReplyError as a value inside an array

Every wait has a deadline, so a silent server fails a test and never hangs it.
"""

import socket
from typing import Any, Self

DEADLINE_SECONDS = 5.0

Word = bytes | str | int | float


class ReplyError(Exception):
    """An error reply; str() is its text as it came, without the leading '-'."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReplyError) and str(self) == str(other)

    __hash__ = Exception.__hash__


class Closed(Exception):
    """The server has closed the connection."""


class Push(list):
    """A RESP3 push: something that nobody asked for just now."""


class Verbatim(bytes):
    """A RESP3 verbatim string, its three letters of format in front: b"txt:…"."""


def encode(*words: Word) -> bytes:
    """The words as a client sends a command: an array of bulk strings."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Reader:
    """Replies out of bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self._buffer = bytearray(data)
        self._taken: bytearray | None = None  # the bytes of the reply that is being read, where they are wanted

    def raw_reply(self) -> bytes:
        """The next reply, byte for byte."""
        self._taken = taken = bytearray()
        self.read_value()
        self._taken = None
        return bytes(taken)

    def read_value(self) -> Any:
        line = bytes(self._line())
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest.decode()
            case b"-":
                return ReplyError(rest.decode(errors="surrogateescape"))
            case b":" | b"(":
                return int(rest)
            case b"$":
                return None if rest == b"-1" else self._blob(int(rest))
            case b"=":
                return Verbatim(self._blob(int(rest)))
            case b"*":
                return None if rest == b"-1" else self._values(int(rest))
            case b">":
                return Push(self._values(int(rest)))
            case b"~":
                values = self._values(int(rest))
                try:
                    return frozenset(values)
                except TypeError:
                    return values
            case b"%":
                flat = self._values(2 * int(rest))
                return dict(zip(flat[::2], flat[1::2], strict=True))
            case b",":
                return float(rest)
            case b"#":
                return rest == b"t"
            case b"_":
                return None
        raise AssertionError(f"no reply begins like this: {line!r}")

    def _values(self, count: int) -> list[Any]:
        return [self.read_value() for _ in range(count)]

    def _blob(self, size: int) -> bytes:
        data = bytes(self._exactly(size))
        assert self._exactly(2) == b"\r\n"
        return data

    def _line(self) -> bytearray:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._receive()
        return self._exactly(end + 2)[:-2]

    def _exactly(self, size: int) -> bytearray:
        while len(self._buffer) < size:
            self._receive()
        data = self._buffer[:size]
        del self._buffer[:size]
        if self._taken is not None:
            self._taken += data
        return data

    def _receive(self) -> None:
        """Gets more bytes; raises Closed where there will be none."""
        raise Closed


class Connection(Reader):
    """One connection; calling it sends a command and returns the reply."""

    def __init__(self, connected: socket.socket, deadline: float = DEADLINE_SECONDS) -> None:
        super().__init__()
        self._socket = connected
        self._socket.settimeout(deadline)

    def __call__(self, *words: Word) -> Any:
        self.send(*words)
        return self.reply()

    def error(self, *words: Word) -> str:
        """The text of the error that the command must be answered with."""
        try:
            value = self(*words)
        except ReplyError as error:
            return str(error)
        raise AssertionError(f"{words!r} was answered {value!r}, not an error")

    def pipeline(self, *commands: tuple[Word, ...]) -> list[Any]:
        """All commands in one write; errors stand in the list as values."""
        self.send_bytes(b"".join(encode(*command) for command in commands))
        return [self.read_value() for _ in commands]

    def transaction(self, *commands: tuple[Word, ...]) -> Any:
        """MULTI, the commands, EXEC; the reply of EXEC."""
        self("MULTI")
        for command in commands:
            assert self(*command) == "QUEUED"
        return self("EXEC")

    def send(self, *words: Word) -> None:
        self.send_bytes(encode(*words))

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def half_close(self) -> None:
        """No more will be sent; replies can still be read."""
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self) -> Any:
        """The next reply; raises it where it is an error."""
        value = self.read_value()
        if isinstance(value, ReplyError):
            raise value
        return value

    def expect(self, data: bytes) -> None:
        """The next bytes are exactly these."""
        assert bytes(self._exactly(len(data))) == data

    def expect_closed(self, after: bytes = b"") -> None:
        """The server sends exactly `after` and closes."""
        assert self.rest() == after

    def expect_silence(self) -> None:
        """Nothing was on its way: the next reply is that of a PING sent now."""
        assert self("PING", "nothing came before") == b"nothing came before"

    def rest(self) -> bytes:
        """Everything until the server closes the connection (by FIN, or by RST when it left data of ours unread)."""
        try:
            while True:
                self._receive()
        except (Closed, ConnectionError):
            return bytes(self._buffer)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            raise AssertionError(f"the server was silent; received so far: {bytes(self._buffer)!r}") from None
        if not data:
            raise Closed
        self._buffer += data
