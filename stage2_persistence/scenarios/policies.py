"""The ways to keep data that the scenarios compare, each a few lines of redis.conf."""

from typing import NamedTuple


class Policy(NamedTuple):
    name: str
    directives: tuple[str, ...]

    @property
    def node(self) -> str:
        """A name without spaces, for the node that runs it."""
        return self.name.replace(" ", "-")


NO_SNAPSHOTS = 'save ""'


def append_only(fsync: str, *more: str) -> Policy:
    return Policy(f"AOF {fsync}", (NO_SNAPSHOTS, "appendonly yes", f"appendfsync {fsync}", *more))


def snapshots(seconds: int) -> Policy:
    """A save point: a snapshot when more than so many seconds have passed since the last, and something was written."""
    return Policy(f"RDB save {seconds} 1", (f"save {seconds} 1", "appendonly no"))


NOTHING = Policy("nothing", (NO_SNAPSHOTS, "appendonly no"))
OFTEN, SELDOM = snapshots(1), snapshots(5)
ALWAYS, EVERY_SECOND, NEVER = append_only("always"), append_only("everysec"), append_only("no")
