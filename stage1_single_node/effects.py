"""What a write looks like to files and replicas, when it differs from what the client asked.

1. By default a command that changed something is passed on as it came.
2. A handler may say better: `instead` (SPOP was SREM, EXPIRE was PEXPIREAT, EXEC was what it ran), `also` (a key that
   was found expired was deleted before). What is passed on must do the same wherever and whenever it is replayed.
3. When the outermost command is over, its writes leave together, between MULTI and EXEC if they are several, so that
   nobody ever sees half of them.
Source: alsoPropagate, preventCommandPropagation and propagatePendingCommands in Redis 7.0's server.c.
"""

from collections.abc import Callable


class Effects:
    """The writes of the command that runs now, collected while somebody wants them."""

    def __init__(self, propagate: Callable[[int, list[list[bytes]]], None]):
        self.wanted = False  # a file or a replica wants the writes: stages 2 and 3 say so, by `want`
        self.nesting = 0  # commands within commands: EXEC, and scripts
        self._propagate = propagate
        self.pending: list[tuple[int, list[bytes]]] = []  # (database, argv); always the same list
        self._replaced = False  # the command itself is not passed on

    def __bool__(self) -> bool:
        """Is there anything to pass on, or to hold back?"""
        return bool(self.pending) or self._replaced

    @staticmethod
    def deletion(lazily: bool) -> bytes:
        """The command by which others delete what was deleted here; one that frees lazily has them do the same."""
        return b"UNLINK" if lazily else b"DEL"

    def want(self, wanted: bool) -> None:
        """From now on somebody wants the writes, or nobody: then what is pending must not meet the next who does."""
        self.wanted = wanted
        if not wanted:
            self.pending.clear()
            self._replaced = False

    def also(self, db: int, *argv: bytes) -> None:
        """This write happened too, or happened first."""
        if self.wanted:
            self.pending.append((db, list(argv)))

    def instead(self, client, *argvs: list[bytes]) -> None:
        """To others, this command was these, or nothing."""
        if self.wanted:
            self._replaced = True
            self.pending += [(client.db.index, argv) for argv in argvs]

    def written(self, client, argv: list[bytes], dirty: bool = True) -> None:
        """A command is over; if it is `dirty` (changed data) and was not replaced, it is its own effect."""
        if dirty and not self._replaced:
            self.pending.append((client.db.index, argv))
        self._replaced = False
        if not self.nesting:
            self.flush()

    def written_last(self, client, written: list[list[bytes]]) -> None:
        """Of these writes the last one has effects of its own: pass on those before it, then these."""
        argv = written.pop()
        if written:
            self._propagate(client.db.index, written)
            written.clear()
        self.written(client, argv)

    def found_expired(self, client, written: list[list[bytes]]) -> None:
        """The command behind these writes has deleted what had expired, and written nothing."""
        if written:
            self._propagate(client.db.index, written)
            written.clear()
        self.flush()

    def flush(self, together: bool = True) -> None:
        """Pass on what has been collected, several writes as one transaction."""
        writes = self.pending.copy()
        self.pending.clear()
        if together and len(writes) > 1:
            writes = [(writes[0][0], [b"MULTI"]), *writes, (writes[-1][0], [b"EXEC"])]
        for db, argv in writes:
            self._propagate(db, [argv])
