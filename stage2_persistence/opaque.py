"""A value of a type that this stage does not serve: kept byte for byte as the file had it, so that nothing is lost.

Streams are such values. They can be saved, dumped, copied, renamed, deleted; the commands on streams do not exist here.
"""

from collections.abc import Iterator

from stage1_single_node.structures.footprint import SAMPLES, object_bytes


class Opaque:
    """The body of a value as it stands in an RDB file behind its key, and the type byte that goes before the key."""

    __slots__ = ("type_byte", "body", "type_name")

    def __init__(self, type_byte: int, body: bytes, name: str):
        self.type_byte = type_byte
        self.body = body
        self.type_name = name  # what TYPE says

    @property
    def encoding(self) -> str:
        """What OBJECT ENCODING says: for a stream, "stream" too."""
        return self.type_name

    def copy(self) -> "Opaque":
        """Nobody can change it, so it is its own copy."""
        return self

    def memory_bytes(self, samples: int = SAMPLES) -> int:
        """What the value takes."""
        return object_bytes(self) + object_bytes(self.body)

    def __bytes__(self) -> bytes:
        """What the digest of the data is made from."""
        return bytes((self.type_byte,)) + self.body

    def __iter__(self) -> Iterator[bytes]:
        """The one piece that it consists of, for whoever measures the pieces of a value."""
        yield self.body

    def check(self) -> None:
        """Assert the invariants."""
        assert type(self.body) is bytes and self.body
        assert 0 <= self.type_byte < 256
