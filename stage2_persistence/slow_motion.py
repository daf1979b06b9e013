"""A database in slow motion (rdb-key-save-delay): a save of few keys lasts, so that tests see it in progress."""

from collections.abc import Callable, Iterator


class Slowly:
    """What rdb_writer.py asks of a database, with a pause before each key."""

    def __init__(self, database, pause: Callable[[], None]):
        self.keyspace, self.index = database.keyspace, database.index
        self.expires, self.accessed = database.expires, database.accessed
        self.data = self
        self._items, self._pause = database.data, pause

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> Iterator:
        for item in self._items.items():
            self._pause()
            yield item
