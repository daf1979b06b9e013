"""maxmemory: how much memory the data takes, and which keys go when it is too much."""


class Memory:
    """The memory account of a server."""

    def __init__(self, server):
        self.server = server

    def make_room(self) -> bool:
        """Evict until the data fits `maxmemory`; False if nothing (more) may be evicted."""
        return True
