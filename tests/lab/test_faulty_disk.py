"""The disk under the laboratory's control, with a server that is as careless as the test wants it."""

import asyncio
import sys

import pytest

from lab import gate, processes
from lab.disk import DiskCall
from lab.engine import NotHere
from lab.processes import ProcessEngine, open_engine

SLOW_SECONDS = 0.3


@pytest.fixture
def engine():
    return ProcessEngine("careless", [sys.executable, "-m", "tests.lab.careless_server"])


@pytest.fixture
def needs_gate():
    if reason := gate.why_unavailable():
        pytest.skip(f"no disk can be watched here: {reason}")


class Talk:
    """Lines to a node, and its answers."""

    def __init__(self, node):
        self._node = node

    async def __aenter__(self):
        self._reader, self._writer = await asyncio.open_connection(self._node.host, self._node.port)
        return self

    async def __aexit__(self, *_error):
        self._writer.close()

    async def say(self, line: str) -> str:
        self._writer.write(line.encode() + b"\r\n")
        return (await asyncio.wait_for(self._reader.readline(), 10)).decode().strip()


@pytest.mark.parametrize(("fsync", "left"), [("always", b"one\r\ntwo\r\n"), ("never", None)])
async def test_a_power_cut_leaves_what_was_synced_and_nothing_else(needs_gate, engine, fsync, left):
    async with engine:
        node = await engine.start("node", f"fsync {fsync}", faulty_disk=True)
        async with Talk(node) as talk:
            assert [await talk.say("one"), await talk.say("two")] == ["+OK", "+OK"]
        await node.cut_power()
        assert not node.running
        assert (node.disk.read("kept") if node.disk.files() else None) == left
        await node.restart()


async def test_a_crash_leaves_what_was_written(engine):
    async with engine:
        node = await engine.start("node", "fsync never")
        async with Talk(node) as talk:
            await talk.say("one")
        await node.kill()
        assert node.disk.read("kept") == b"one\r\n"


async def test_a_crash_does_not_sync_for_a_power_cut_to_come(needs_gate, engine):
    async with engine:
        node = await engine.start("node", "fsync never", faulty_disk=True)
        async with Talk(node) as talk:
            await talk.say("one")
        await node.kill()
        await node.restart()
        await node.cut_power()
        assert node.disk.files() == {}


async def test_a_slow_disk_makes_a_sync_wait_and_writes_not(needs_gate, engine):
    async with engine:
        careful = await engine.start("careful", "fsync always", faulty_disk=True)
        careless = await engine.start("careless", "fsync never", faulty_disk=True)
        for node in (careful, careless):
            node.disk.slow_down(SLOW_SECONDS)
        async with Talk(careful) as talk, Talk(careless) as quick_talk:
            began = engine.now()
            await quick_talk.say("one")
            assert engine.now() - began < SLOW_SECONDS
            began = engine.now()
            await talk.say("one")
            assert engine.now() - began >= SLOW_SECONDS


async def test_what_was_still_on_its_way_to_a_slow_disk_does_not_survive(needs_gate, engine):
    async with engine:
        node = await engine.start("node", "fsync always", faulty_disk=True)
        async with Talk(node) as talk:
            await talk.say("one")
            node.disk.slow_down(60.0)
            unanswered = asyncio.create_task(talk.say("two"))
            while len(node.disk.calls) < 2:
                await asyncio.sleep(0.001)
            await node.cut_power()
            assert await unanswered == ""  # the end of the connection
        assert node.disk.read("kept") == b"one\r\n"


async def test_a_server_can_be_held_before_a_call_that_then_does_not_happen(needs_gate, engine):
    async with engine:
        node = await engine.start("node", "fsync always", faulty_disk=True)
        node.disk.hold_before(1, lambda call: call.action == "sync")
        async with Talk(node) as talk:
            assert await talk.say("one") == "+OK"
            assert node.disk.held is None
            unanswered = asyncio.create_task(talk.say("two"))
            while node.disk.held is None:
                await asyncio.sleep(0.001)
            assert node.disk.held == DiskCall("sync", "kept")
            await node.cut_power()
            assert await unanswered == ""
        assert node.disk.read("kept") == b"one\r\n"
        await node.restart()
        async with Talk(node) as talk:  # nothing holds the next process
            assert await talk.say("three") == "+OK"


async def test_the_calls_are_told_in_their_order(needs_gate, engine):
    async with engine:
        node = await engine.start("node", "fsync always", faulty_disk=True)
        async with Talk(node) as talk:
            await talk.say("RENAME")
        assert node.disk.calls == [DiskCall("sync", "kept"), DiskCall("rename", "kept", "renamed")]


async def test_a_limit_of_the_file_size_is_a_full_disk_until_it_is_lifted(engine):
    async with engine:
        node = await engine.start("node", "fsync never")
        node.disk.limit_file_size(4)
        async with Talk(node) as talk:
            assert await talk.say("ab") == "+OK"  # 4 bytes with its line's end
            assert "File too large" in await talk.say("cd")
            node.disk.limit_file_size(None)
            assert await talk.say("cd") == "+OK"


async def test_files_can_be_damaged(engine):
    async with engine:
        node = await engine.start("node", "fsync never")
        async with Talk(node) as talk:
            await talk.say("hello")
        await node.kill()
        node.disk.cut_tail("kept", 3)
        node.disk.overwrite("kept", 1, b"u")
        assert (node.disk.read("kept"), node.disk.files()) == (b"hull", {"kept": 4})


async def test_without_a_faulty_disk_a_power_cut_of_who_does_not_tell_is_refused():
    async with open_engine("redis", "") as engine:
        node = await engine.start("node", "appendonly yes", 'save ""')
        with pytest.raises(NotHere, match="nobody knows what this server has fsynced"):
            await node.cut_power()
        with pytest.raises(NotHere, match="faulty_disk=True"):
            node.disk.slow_down(1.0)


async def test_where_no_disk_can_be_watched_our_servers_word_is_taken(monkeypatch):
    monkeypatch.setattr(processes.gate, "why_unavailable", lambda: "not today")
    async with open_engine("python", "stage2_persistence") as engine:
        directives = ('save ""', "appendonly yes", "appendfsync no")
        node = await engine.start("node", *directives, faulty_disk=True)
        await node.client().set("key", "value")
        await node.cut_power()
        await node.restart()
        assert await node.client().get("key") is None
        await node.client().config_set("appendfsync", "always")
        await node.client().set("key", "value")
        await node.cut_power()
        await node.restart()
        assert await node.client().get("key") == b"value"
        with pytest.raises(NotHere, match="not today"):
            node.disk.hold_before(0, lambda call: True)
