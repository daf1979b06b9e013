"""The disk in memory: what it does is what the real one does, and what a power cut leaves is what was promised."""

import contextlib
import errno
import tempfile
import threading
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stage2_persistence.disk import Disk
from stage2_persistence.memory_disk import MemoryDisk


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk()


def write(disk: Disk, path: str, data: bytes, sync: bool = True):
    file = disk.append(path)
    file.write(data)
    if sync:
        file.sync()
    return file


# ── a power cut ──


def test_what_was_synced_stays_and_the_rest_goes(disk):
    file = write(disk, "log", b"synced")
    disk.sync_directory("")
    file.write(b" and not")
    assert disk.read_whole("log") == b"synced and not"
    disk.cut_power()
    assert disk.read_whole("log") == b"synced"


def test_a_new_file_has_no_name_until_its_directory_is_synced(disk):
    write(disk, "log", b"synced")
    disk.cut_power()
    assert disk.names(".") == []


def test_a_synced_name_of_a_file_that_was_not_synced_is_an_empty_file(disk):
    write(disk, "log", b"lost", sync=False)
    disk.sync_directory("")
    disk.cut_power()
    assert disk.read_whole("log") == b""


def test_a_rename_is_taken_back_unless_the_directory_is_synced(disk):
    write(disk, "good", b"old")
    disk.sync_directory("")
    write(disk, "temporary", b"new")
    disk.rename("temporary", "good")
    assert disk.read_whole("good") == b"new"
    disk.cut_power()
    assert (disk.names("."), disk.read_whole("good")) == (["good"], b"old")


def test_publish_and_replace_cannot_be_taken_back(disk):
    disk.replace("good", b"old", "temporary")
    write(disk, "temporary", b"new")
    disk.publish("temporary", "good")
    disk.cut_power()
    assert (disk.names("."), disk.read_whole("good")) == (["good"], b"new")


def test_a_removed_file_comes_back_unless_the_directory_is_synced(disk):
    disk.replace("log", b"data", "temporary")
    disk.remove("log")
    disk.cut_power()
    assert disk.read_whole("log") == b"data"
    disk.remove("log")
    disk.sync_directory("")
    disk.cut_power()
    assert not disk.exists("log")


def test_a_file_moved_to_another_directory_is_lost_if_only_the_one_that_it_left_is_synced(disk):
    disk.make_directory("folder")
    disk.replace("file", b"data", "temporary")
    disk.rename("file", "folder/file")
    disk.sync_directory("")
    disk.cut_power()
    assert (disk.names("."), disk.names("folder")) == (["folder"], [])


def test_a_file_moved_to_another_directory_has_two_names_if_only_that_one_is_synced(disk):
    disk.make_directory("folder")
    disk.replace("file", b"data", "temporary")
    disk.rename("file", "folder/file")
    disk.sync_directory("folder")
    disk.cut_power()
    write(disk, "file", b" and more")
    assert disk.read_whole("folder/file") == b"data and more"


def test_a_truncation_is_taken_back_unless_it_is_synced(disk):
    disk.replace("log", b"0123456789", "temporary")
    disk.truncate("log", 4)
    file = write(disk, "log", b"abc", sync=False)
    assert disk.read_whole("log") == b"0123abc"
    file.truncate(2)
    disk.cut_power()
    assert disk.read_whole("log") == b"0123456789"


def test_a_synced_truncation_stays(disk):
    disk.replace("log", b"0123456789", "temporary")
    file = disk.append("log")
    file.truncate(4)
    file.sync()
    disk.cut_power()
    assert disk.read_whole("log") == b"0123"


def test_opening_with_create_loses_what_was_there_only_with_a_sync(disk):
    disk.replace("log", b"old", "temporary")
    file = disk.create("log")
    assert (file.size, disk.size("log")) == (0, 0)
    disk.cut_power()
    assert disk.read_whole("log") == b"old"


def test_with_dice_some_of_the_rest_stays_torn_anywhere(disk):
    ends = set()
    for seed in range(200):
        disk = MemoryDisk()
        disk.replace("log", b"synced", "temporary")
        write(disk, "log", b"0123456789", sync=False)
        disk.cut_power(Random(seed))
        assert b"synced0123456789".startswith(disk.read_whole("log"))
        ends.add(disk.size("log"))
    assert ends == set(range(6, 17))


def test_with_dice_the_changes_of_a_directory_stay_in_their_order():
    outcomes = set()
    for seed in range(100):
        disk = MemoryDisk()
        for name in "abc":
            write(disk, name, b"x")
        disk.rename("a", "d")
        disk.cut_power(Random(seed))
        outcomes.add("".join(disk.names(".")))
    assert outcomes == {"", "a", "ab", "abc", "bcd"}


def test_the_same_dice_leave_the_same():
    left = []
    for _ in range(2):
        disk = MemoryDisk()
        for number in range(20):
            write(disk, f"file {number}", bytes(number * 10), sync=number % 3 == 0)
        disk.cut_power(Random(5))
        left.append({name: disk.size(name) for name in disk.names(".")})
    assert left[0] == left[1]


def test_whoever_had_a_file_open_when_the_power_was_cut_writes_nowhere(disk):
    file = write(disk, "log", b"data")
    disk.sync_directory("")
    disk.cut_power()
    file.write(b" of the dead")
    file.sync()
    assert disk.read_whole("log") == b"data"


def test_what_is_left_survives_the_next_power_cut(disk):
    write(disk, "log", b"data", sync=False)
    disk.cut_power(Random(1))
    left = [(name, disk.size(name)) for name in disk.names(".")]
    disk.cut_power()
    assert [(name, disk.size(name)) for name in disk.names(".")] == left


def test_what_is_written_during_a_sync_is_not_on_the_disk_after_it(disk):
    file = disk.append("log")
    disk.sync_directory("")
    file.write(b"before")
    waiting, go_on = threading.Event(), threading.Event()

    def wait(operation: str, path: str) -> None:
        assert (operation, path) == ("sync", "log")
        waiting.set()
        assert go_on.wait(5)

    disk.before = wait
    syncing = threading.Thread(target=file.sync)
    syncing.start()
    assert waiting.wait(5)
    disk.before = None
    file.write(b" meanwhile")
    go_on.set()
    syncing.join()
    disk.cut_power()
    assert disk.read_whole("log") == b"before"


# ── trouble ──


def test_a_full_disk_takes_what_fits_and_says_so():
    disk = MemoryDisk(capacity_bytes=10)
    write(disk, "other", b"1234")
    file = disk.append("log")
    with pytest.raises(OSError, match="No space left on device") as caught:
        file.write(b"0123456789")
    assert caught.value.errno == errno.ENOSPC
    assert (file.size, disk.read_whole("log")) == (6, b"012345")


def test_removing_a_file_or_truncating_it_makes_room():
    disk = MemoryDisk(capacity_bytes=10)
    write(disk, "other", b"0123456789")
    file = disk.append("log")
    disk.truncate("other", 7)
    file.write(b"abc")
    disk.remove("other")
    file.write(b"defghij")
    assert disk.read_whole("log") == b"abcdefghij"


def test_a_planted_failure_comes_once_and_does_nothing(disk):
    file = disk.append("log")
    disk.fail("write", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(OSError, match="Input/output error"):
        file.write(b"lost")
    file.write(b"data")
    assert disk.read_whole("log") == b"data"


@pytest.mark.parametrize(
    "operation",
    ["append", "create", "read", "size", "names", "make_directory", "rename", "remove", "truncate", "sync_directory"],
)
def test_every_operation_can_be_made_to_fail(disk, operation):
    words = {"names": ["."], "rename": ["log", "new"], "truncate": ["log", 0], "sync_directory": ["."]}
    disk.replace("log", b"data", "temporary")
    disk.fail(operation, PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(PermissionError):
        getattr(disk, operation)(*words.get(operation, ["log"]))
    assert (disk.names("."), disk.read_whole("log")) == (["log"], b"data")


def test_a_failure_can_be_planted_for_one_path(disk):
    disk.fail("sync", OSError(errno.EIO, "Input/output error"), path="second")
    write(disk, "first", b"data")
    with pytest.raises(OSError):
        write(disk, "second", b"data")


def test_a_sync_that_failed_has_synced_nothing(disk):
    file = write(disk, "log", b"synced")
    disk.sync_directory("")
    file.write(b" not synced")
    disk.fail("sync", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(OSError):
        file.sync()
    disk.cut_power()
    assert disk.read_whole("log") == b"synced"


# ── the same as the real one ──

NAMES = st.sampled_from(["a", "b", "folder", "folder/a", "folder/b", "missing/a", "b/a"])


class SideBySide(RuleBasedStateMachine):
    """Any operations on both disks: the same results, the same errors."""

    def __init__(self):
        super().__init__()
        self.memory = MemoryDisk()
        self.real = Disk()
        self.home = tempfile.TemporaryDirectory()
        self.both(lambda disk: disk.make_directory("folder"))

    def both(self, operation):
        results = []
        for disk in (self.memory, self.real):
            try:
                with contextlib.chdir(self.home.name):
                    results.append(operation(disk))
            except OSError as error:
                results.append(error.errno)
        assert results[0] == results[1]

    @rule(path=NAMES, data=st.binary(max_size=10), fresh=st.booleans(), cut=st.none() | st.integers(0, 12))
    def write(self, path, data, fresh, cut):
        def operation(disk):
            file = disk.create(path) if fresh else disk.append(path)
            before = file.size
            file.write(data)
            if cut is not None:
                file.truncate(cut)
            file.sync()
            after = file.size
            file.close()
            return before, after

        self.both(operation)

    @rule(path=NAMES)
    def read(self, path):
        self.both(lambda disk: disk.read_whole(path))
        self.both(lambda disk: disk.exists(path))

    @rule(path=NAMES, size=st.integers(0, 20))
    def truncate(self, path, size):
        self.both(lambda disk: disk.truncate(path, size))

    @rule(path=st.sampled_from(["a", "b", "folder/a", "missing/a"]), new=st.sampled_from(["a", "b", "folder/b", "x/y"]))
    def rename(self, path, new):
        self.both(lambda disk: disk.rename(path, new))

    @rule(path=st.sampled_from(["a", "b", "folder/a", "missing/a"]))
    def remove(self, path):
        self.both(lambda disk: disk.remove(path))

    @rule(path=st.sampled_from(["folder", "folder/deep", "folder/deep/er"]))
    def make_directory(self, path):
        self.both(lambda disk: disk.make_directory(path))

    @rule(path=st.sampled_from(["", "folder", "nowhere"]))
    def sync_directory(self, path):
        self.both(lambda disk: disk.sync_directory(path))

    @invariant()
    def the_same_names(self):
        self.both(lambda disk: disk.names("."))
        self.both(lambda disk: disk.names("folder"))

    def teardown(self):
        self.home.cleanup()


TestSideBySide = SideBySide.TestCase
TestSideBySide.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
