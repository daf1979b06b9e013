"""A random life of a server, with crashes and power cuts: what was promised is there, in order, and nothing twice.

always     all that was acknowledged, after a crash and after a power cut
everysec   after a crash of the process all that was acknowledged; after a power cut all that a fsync has covered
no         after a crash of the process all that was acknowledged
A picture of the data is kept after each write; a server that comes back must look like one of them.
"""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from stage1_single_node import digest
from tests.stage2_persistence_parts.machine import CountingDisk, HeldClock
from tests.stage2_persistence_parts.node import Node

DATABASES = range(3)
KEYS = st.sampled_from(["a", "b"])


class Life(RuleBasedStateMachine):
    """`pictures` are what the data was, oldest first; `acknowledged` and `synced` are numbers of them."""

    def __init__(self):
        super().__init__()
        self.disk, self.clock = CountingDisk(), HeldClock()
        self.policy = ""
        self.node: Node | None = None

    @initialize(policy=st.sampled_from(["always", "everysec", "no"]), preamble=st.booleans())
    def begin(self, policy, preamble):
        self.policy = policy
        self.directives = {
            "appendonly": "yes", "appendfsync": policy, "save": '""', "auto_aof_rewrite_percentage": "0",
            "aof_use_rdb_preamble": "yes" if preamble else "no",
        }  # fmt: skip
        self.node = Node(self.disk, self.clock, **self.directives).start()
        self.clients = {}
        self.pictures = [picture(self.node)]
        self.acknowledged = self.synced = 0

    def client(self, database: int):
        if database not in self.clients:
            self.clients[database] = self.node.connect()
            self.clients[database](f"SELECT {database}")
        return self.clients[database]

    def teardown(self):
        if self.node:
            self.crash()
            self.node.leave()

    @property
    def on(self) -> bool:
        """Is everything that is written now going to files that are the data set?"""
        return self.node.server.aof.file is not None and not self.node.server.rewriter.enabling

    # Writes: each remembers every state between two commands, for a crash may come between any two turns

    @rule(database=st.sampled_from(DATABASES), key=KEYS, pipelined=st.booleans())
    def write(self, database, key, pipelined):
        self.send(database, *["INCR n", f"RPUSH list {key}", f"SET {key} {key}{key}"][: 3 if pipelined else 1])

    @rule(database=st.sampled_from(DATABASES), key=KEYS, ms=st.sampled_from([1, 50, 5000]))
    def write_what_expires(self, database, key, ms):
        self.send(database, f"SET {key} v PX {ms}")

    @rule(database=st.sampled_from(DATABASES))
    def transaction(self, database):
        self.send(database, "MULTI", "INCR n", "INCR n", "RPUSH list x y", "SPOP s", "SADD s 1 2 3", "EXEC")

    @rule(database=st.sampled_from(DATABASES), word=st.sampled_from(["FLUSHDB", "FLUSHALL", "SWAPDB 0 1"]))
    def sweep(self, database, word):
        self.send(database, word)

    def send(self, database: int, *commands: str) -> None:
        connection = self.client(database)
        before = len(connection.replies)
        if commands[0] == "MULTI":
            connection(*commands)
            self.remember()
        else:  # one by one, for the states between them; their turn is the same to the disk
            for command in commands:
                connection(command)
                self.remember()
        assert len(connection.replies) == before + len(commands)
        assert not any(isinstance(reply, Exception) for reply in connection.replies[before:])

    def remember(self) -> None:
        """What the data is now, all of it acknowledged."""
        self.pictures.append(picture(self.node))
        self.acknowledged = len(self.pictures) - 1
        self.follow_fsyncs()

    def follow_fsyncs(self) -> None:
        """Has the disk all that was written?"""
        aof = self.node.server.aof
        if self.on and aof.synced_bytes == aof.size and not aof.buffered_bytes:
            self.synced = self.acknowledged

    # Time and the disk

    @rule(ms=st.sampled_from([1, 100, 1100, 2500]))
    def time_goes_by(self, ms):
        self.node.cron(ms)
        self.remember()

    @precondition(lambda self: self.node and self.node.loop.jobs)
    @rule()
    def a_fsync_ends(self):
        self.node.finish_syncs()
        self.follow_fsyncs()

    @precondition(lambda self: self.node and self.on and not self.node.server.background.child)
    @rule(steps=st.sampled_from([0, 1, 1_000_000]))
    def rewrite(self, steps):
        self.node.outside.child_operations_per_poll = steps or 1
        assert b"started" in self.client(0)("BGREWRITEAOF")
        self.remember()

    @precondition(lambda self: self.node and not self.node.server.background.child)
    @rule()
    def save_in_background(self):
        self.node.outside.child_operations_per_poll = 2
        assert b"started" in self.client(0)("BGSAVE")

    @precondition(lambda self: self.node and self.node.server.background.child)
    @rule()
    def the_child_is_killed(self):
        self.node.server.background.child.kill()
        self.node.cron()
        self.remember()

    @precondition(lambda self: self.node and self.on)
    @rule()
    def turn_off_and_on_again(self):
        """What is written in between is promised when it is on again; nobody crashes before that here."""
        client = self.client(0)
        assert client("CONFIG SET appendonly no", "INCR n", "CONFIG SET appendonly yes") == b"OK"
        self.node.outside.child_operations_per_poll = 1_000_000
        while self.node.server.background.child:
            self.node.server.background.child.operations_per_poll = 1_000_000
            self.node.cron()
        self.node.cron()
        self.node.cron()
        assert self.on
        self.remember()

    # The end of a life

    @precondition(lambda self: self.node)
    @rule()
    def crash(self):
        self.come_back(self.acknowledged)

    @precondition(lambda self: self.node)
    @rule(seed=st.none() | st.integers(0, 1000))
    def power_cut(self, seed):
        self.disk.cut_power(None if seed is None else Random(seed))
        self.come_back({"always": self.acknowledged, "everysec": self.synced, "no": 0}[self.policy])

    @precondition(lambda self: self.node)
    @rule()
    def shutdown(self):
        self.node.server.shut_down()
        self.node.shut_down()
        self.come_back(self.acknowledged)

    def come_back(self, at_least: int) -> None:
        buffered = self.node.server.aof.buffered_bytes
        if buffered and self.policy == "everysec":  # a postponed write was acknowledged and is not in the file yet
            at_least = min(at_least, self.synced)
        self.node.leave()
        self.node = Node(self.disk, self.clock, **self.directives).start()
        self.clients = {}
        back = alive(picture(self.node), self.clock.ms)
        found = [number for number, each in enumerate(self.pictures) if alive(each, self.clock.ms) == back]
        assert found, "the data was never like this"
        assert found[-1] >= at_least, f"of {len(self.pictures)} states, {found[-1]} is back, {at_least} was promised"
        del self.pictures[found[-1] + 1 :]
        self.acknowledged = self.synced = found[-1]


def picture(node: Node) -> dict:
    """The digest and the deadline of each key."""
    return {
        (database.index, key): (str(digest.of_value(database, key)), database.expires.get(key))
        for database in node.server.keyspace.databases
        for key in database.data
    }


def alive(keys: dict, now_ms: int) -> dict:
    """Without what has expired: that may be there still, or not."""
    return {key: value for key, value in keys.items() if value[1] is None or value[1] >= now_ms}


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
