"""What a server writes into its append-only file while a test watches."""

from tests.stage2_persistence.files import Manifest, commands
from tests.target import Server
from tests.wire import Connection, Word


class Aof:
    """A server with appendonly yes: a test prepares by `client`, then `written` tells what its commands left."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client: Connection = server.connect()
        self.manifest = Manifest(server.directory / "appendonlydir" / "appendonly.aof.manifest")
        self._start = 0
        self.mark()

    def mark(self) -> None:
        """What is written from now on counts. The last command before it was one in database 0."""
        with self.server.connect() as connection:
            connection("SET", "mark", 0)
        self._start = self.manifest.incremental.stat().st_size

    def since_mark(self) -> list[str]:
        with self.manifest.incremental.open("rb") as file:
            file.seek(self._start)
            return commands(file.read())

    def written(self, *lines: str) -> list[str]:
        """What stands in the file of these commands, each as one line. An error is as good as any other reply."""
        self.mark()
        self.client.pipeline(*[words(line) for line in lines])
        return self.since_mark()


def words(line: str) -> tuple[Word, ...]:
    return tuple(line.split(" "))
