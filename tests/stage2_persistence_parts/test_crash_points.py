"""Every crash point of what changes files: the process or the power stops before each operation of the disk in turn."""

from copy import deepcopy

import pytest

from tests.stage2_persistence_parts.crashing import Story, Unit, crashes, go_on, nothing
from tests.stage2_persistence_parts.node import encoded

ALWAYS = {"appendfsync": "always"}


def writing(story: Story) -> None:
    story.write(0)
    story.write(1, 0)
    story.transaction(0, 3)
    story.write(2, behind=("GET x",))


def survives_every_crash(tell, prepare=nothing, **directives) -> None:
    """Under always, whether an operation is the last one, or fails."""
    stories = 0
    for failing in (False, True):
        for story, disk, at in crashes(tell, prepare, failing):
            go_on(disk, story.ledger, story.ledger.acknowledged, at, **directives)
            stories += 1
    assert stories > 60


# ── the append-only file ──


def test_a_first_start():
    def tell(story):
        story.boot(**ALWAYS)
        writing(story)

    survives_every_crash(tell, **ALWAYS)


def test_a_start_that_finds_a_torn_tail():
    def prepare(story):
        story.boot(**ALWAYS)
        writing(story)
        story.leave()
        file = story.disk.append("appendonlydir/appendonly.aof.1.incr.aof")
        file.write(encoded("MULTI", "RPUSH log 77", "EXEC")[:-3])
        file.sync()

    def tell(story):
        story.boot(**ALWAYS)
        writing(story)

    survives_every_crash(tell, prepare, **ALWAYS)


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_rewrites(preamble):
    directives = {**ALWAYS, "aof_use_rdb_preamble": preamble}

    def prepare(story):
        story.boot(**directives)
        writing(story)

    def tell(story):
        story.node.outside.child_operations_per_poll = 1
        for _ in range(2):
            story.write(0, 1, behind=("BGREWRITEAOF",))
            story.transaction(2, 3)
            while story.node.server.background.child:
                story.write(3, 0)
                story.node.cron()
            writing(story)

    survives_every_crash(tell, prepare, **directives)


def test_a_rewrite_with_timestamps():
    directives = {**ALWAYS, "aof_timestamp_enabled": "yes"}

    def tell(story):
        story.boot(**directives)
        writing(story)
        story.node.cron(1000)
        story.write(0, 1, behind=("BGREWRITEAOF",))
        story.node.cron(1000)
        writing(story)

    survives_every_crash(tell, **directives)


@pytest.mark.parametrize("directory", ["with the directory already there", "without a directory"])
def test_the_upgrade_of_a_single_file(directory):
    def prepare(story):
        file = story.disk.create("appendonly.aof")
        for database in (0, 2, 0):
            _, number = write = story.ledger.next(database)
            story.ledger.units.append(Unit([write]))
            file.write(encoded(f"SELECT {database}", [b"RPUSH", b"log", number]))
        file.sync()
        story.disk.sync_directory("")
        story.ledger.promised = 3
        if directory.startswith("with the"):
            story.disk.make_directory("appendonlydir")

    def tell(story):
        story.boot(**ALWAYS)
        writing(story)
        story.write(0, behind=("BGREWRITEAOF",))
        story.node.cron()
        writing(story)

    survives_every_crash(tell, prepare, **ALWAYS)


def test_under_everysec_what_a_fsync_has_covered_is_kept_also_by_a_rewrite():
    directives = {"appendfsync": "everysec"}

    def prepare(story):
        story.boot(**directives)
        writing(story)

    def synced(story):
        story.node.finish_syncs()
        aof = story.node.server.aof
        if aof.synced_bytes == aof.size and not aof.buffered_bytes:
            story.ledger.promised = len(story.ledger.units)

    def tell(story):
        for after_ms in (1000, 100, 1000):
            story.node.cron(after_ms)
            story.write(0, 1)
            story.node.outside.child_operations_per_poll = 3
            story.write(0, 1, behind=("BGREWRITEAOF",))
            synced(story)
            while story.node.server.background.child:
                story.transaction(3, 0)
                story.node.cron()
            writing(story)
            synced(story)

    for story, disk, at in crashes(tell, prepare):
        in_file = at.startswith("process") and not story.node.server.aof.buffered_bytes
        promised = story.ledger.acknowledged if in_file else story.ledger.promised
        go_on(disk, story.ledger, promised, at, **ALWAYS)


# ── the child alone ──


@pytest.mark.parametrize("directives", [{}, {"aof_use_rdb_preamble": "no"}, {"appendfsync": "everysec"}], ids=str)
def test_a_child_that_is_killed_at_any_step_costs_nothing(directives):
    directives = {**ALWAYS, **directives}
    step = 0
    while True:
        story = Story()
        story.boot(**directives)
        writing(story)
        story.node.outside.child_operations_per_poll = 1
        story.write(0, 1, behind=("BGREWRITEAOF",))
        for _ in range(step):
            story.node.cron()
        child = story.node.server.background.child
        if child is None:
            break
        child.kill()
        story.node.cron()
        assert story.node.server.rewriter.failed and not story.node.server.background.child
        assert not [name for name in story.disk.names("") if name.startswith("temp")]
        writing(story)
        story.node.finish_syncs()
        story.node.cron(1000)
        story.node.finish_syncs()
        disk = deepcopy(story.disk)
        disk.cut_power()
        go_on(disk, story.ledger, story.ledger.acknowledged, f"killed after step {step}", **ALWAYS)
        story.leave()
        step += 1
    assert step > 2
    assert story.node.server.rewriter.failed is False
    story.leave()


# ── appendonly on and off ──


def turning_on(story: Story) -> None:
    """Promised is what the append-only file has, once it is said to be on."""
    server = story.node.server
    story.node.outside.child_operations_per_poll = 1
    story.connection(0)("CONFIG SET appendonly yes")
    while server.rewriter.enabling:
        story.write(0, 1)
        story.transaction(3, 2)
        story.node.cron()
    story.ledger.promised = len(story.ledger.units)


@pytest.mark.parametrize("before", ["nothing", "an older append-only file"])
def test_turning_appendonly_on(before):
    """Until it is on, the snapshot is what is promised; from then on everything."""
    off = {**ALWAYS, "appendonly": "no"}

    def prepare(story):
        if before != "nothing":
            story.boot(**ALWAYS)
            story.write(1)
            story.connection(0)("SAVE")
        story.boot(**off)
        writing(story)
        story.connection(0)("SAVE")
        story.ledger.promised = len(story.ledger.units)

    def tell(story):
        turning_on(story)
        writing(story)

    for story, disk, at in crashes(tell, prepare):
        if not story.node.server.rewriter.enabling and story.node.server.aof.file:
            go_on(disk, story.ledger, story.ledger.acknowledged, at, **ALWAYS)
            continue
        saved = story.ledger.promised
        go_on_with_snapshots(deepcopy(disk), story.ledger, saved, at)
        # Who starts it with appendonly all the same gets what an older file had, or nothing, or all; and no ghosts.
        go_on(disk, story.ledger, 0, at, **ALWAYS)


def test_turning_appendonly_off_and_on_again():
    def prepare(story):
        story.boot(**ALWAYS)
        writing(story)

    def tell(story):
        story.connection(0)("CONFIG SET appendonly no")
        story.off = True
        story.connection(0)("RPUSH other x")
        turning_on(story)
        story.off = False
        writing(story)

    for story, disk, at in crashes(tell, prepare):
        go_on(disk, story.ledger, 0 if getattr(story, "off", False) else story.ledger.acknowledged, at, **ALWAYS)


# ── snapshots ──


def go_on_with_snapshots(disk, ledger, at_least: int, at: str) -> None:
    go_on(disk, ledger, at_least, at, keep="SAVE", appendonly="no", save="3600 1")


@pytest.mark.parametrize("word", ["SAVE", "BGSAVE"])
def test_snapshots(word):
    def prepare(story):
        story.boot(appendonly="no")
        writing(story)
        story.connection(0)(word)
        story.node.cron()
        story.ledger.promised = len(story.ledger.units)

    def tell(story):
        node = story.node
        node.outside.child_operations_per_poll = 1
        for _ in range(2):
            writing(story)
            units = len(story.ledger.units)
            story.connection(0)(word)
            while node.server.background.child:
                story.write(0, 1)
                node.cron()
            story.saved = units

    for story, disk, at in crashes(tell, prepare):
        promised = max(getattr(story, "saved", 0), story.ledger.promised)
        go_on_with_snapshots(disk, story.ledger, promised, at)
