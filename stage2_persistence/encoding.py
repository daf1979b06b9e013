"""The stream of writes: commands as RESP, as they stand in the append-only file and as replicas will get them."""

from stage1_single_node.resp import BULK_HEADERS, CRLF

HEADERS = len(BULK_HEADERS)  # for strings shorter than this the header is ready


def encode_commands(commands: list[list[bytes]]) -> bytes:
    """Several commands, one behind the other."""
    parts = []
    for argv in commands:
        parts.append(b"*%d\r\n" % len(argv))
        for word in argv:
            size = len(word)
            parts.append(BULK_HEADERS[size] if size < HEADERS else b"$%d\r\n" % size)
            parts.append(word)
            parts.append(CRLF)
    return b"".join(parts)


def select(db: int) -> bytes:
    """What comes before a command that is for another database than the one before it."""
    return encode_commands([[b"SELECT", b"%d" % db]])
