"""A real child process: its picture, its end, its failure, and what it may not keep open."""

import os
import signal
import socket

import pytest

from stage2_persistence.child import KILLED, Background
from stage2_persistence.outside import Outside
from tests.waiting import eventually


class Latency:
    def note(self, event: str, elapsed_us: int, unix_seconds: int) -> None:
        pass


@pytest.fixture
def outside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outside = Outside(lambda level, text: None)
    outside.log = Log()
    return outside


class Log:
    role = "M"

    def __call__(self, level: str, text: str) -> None:
        with open("log", "a", encoding="utf-8") as file:
            file.write(f"{self.role} {text}\n")


def ended(child) -> int:
    return eventually(lambda: child.poll() is not None and [child.poll()])[0]


def test_it_has_the_memory_of_the_moment_of_its_birth(outside, tmp_path):
    data = ["old"]
    reader, writer = os.pipe()

    def work(report):
        report(1)  # the parent has time to write meanwhile
        while not os.path.exists("go on"):
            pass
        with open("picture", "w", encoding="utf-8") as file:
            file.write(data[0])

    child = outside.fork(work)
    data[0] = "new"
    (tmp_path / "go on").touch()
    assert ended(child) == 0 and (tmp_path / "picture").read_text() == "old"
    os.close(reader)
    os.close(writer)


def test_it_tells_how_many_keys_it_has_written_and_what_memory_it_took(outside):
    child = outside.fork(lambda report: report(42))
    assert ended(child) == 0
    told = child.progress()
    assert told.keys == 42 and told.cow_bytes > 0


def test_a_full_disk_is_its_failure_and_told_in_the_log(outside, tmp_path):
    def work(report):
        raise OSError(28, "No space left on device")

    assert ended(outside.fork(work)) == 1
    assert (tmp_path / "log").read_text() == "C Write error while saving: No space left on device\n"


def test_a_bug_in_it_ends_it_alone_with_a_traceback_in_the_log(outside, tmp_path):
    assert ended(outside.fork(lambda report: 1 // 0)) == 1
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_who_is_killed_has_that_signal_as_its_status(outside):
    child = outside.fork(lambda report: signal.pause())
    assert child.poll() is None
    os.kill(child.pid, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL


def test_kill_waits_until_it_has_gone(outside):
    child = outside.fork(lambda report: signal.pause())
    child.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    child.kill()


def test_it_holds_none_of_our_sockets(outside):
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    child = outside.fork(lambda report: signal.pause())
    listener.close()
    try:
        eventually(lambda: refuses(address))
    finally:
        child.kill()


def refuses(address) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_fork_that_fails_leaves_nothing_open(outside, monkeypatch):
    def refuse():
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(os, "fork", refuse)
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="Cannot allocate memory"):
        outside.fork(lambda report: None)
    assert set(os.listdir("/proc/self/fd")) == before


def test_the_end_of_a_child_leaves_nothing_open(outside):
    before = set(os.listdir("/proc/self/fd"))
    assert ended(outside.fork(lambda report: None)) == 0
    killed = outside.fork(lambda report: signal.pause())
    killed.kill()
    assert set(os.listdir("/proc/self/fd")) == before


def test_background_knows_one_child_and_tells_its_owner_how_it_ended(outside):
    background, statuses = Background(outside, Latency()), []
    background.start("rdb", lambda report: None, 7, statuses.append)
    assert background.kind == "rdb" and background.keys_total == 7
    eventually(lambda: (background.poll(), not background.child)[1])
    assert statuses == [0] and background.kind == "" and background.cow_bytes["rdb"] > 0
    background.start("aof", lambda report: signal.pause(), 0, statuses.append)
    background.kill("rdb")
    assert background.child
    background.kill("aof")
    assert statuses == [0, KILLED] and background.forks == 2
