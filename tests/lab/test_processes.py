"""The engines of real processes: they start, break and, above all, end what they started."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import redis.exceptions

from lab import processes
from lab.engine import EngineFailure
from lab.ports import Reservation
from lab.processes import ENGINES, REPOSITORY, ProcessEngine, open_engine
from lab.programs import require_program
from tests.waiting import eventually


@pytest.fixture(params=ENGINES)
def engine(request):
    if request.param == "redis":
        require_program("redis-server", "apt-get install redis-server")
    return open_engine(request.param, "stage1_single_node")


def alive(pid: int) -> bool:
    """A zombie is as good as gone: it only waits to be counted."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_a_node_is_ready_when_start_returns(engine):
    async with engine:
        node = await engine.start("node", 'save ""', "maxmemory 100mb")
        client = node.client()
        assert await client.ping()
        assert (await client.config_get("maxmemory"))["maxmemory"] == str(100 * 1024 * 1024)


async def test_a_killed_node_refuses_and_comes_back_at_its_address_without_its_memory(engine):
    async with engine:
        node = await engine.start("node", 'save ""')
        client, address = node.client(), node.address
        await client.set("key", "value")
        await node.kill()
        with pytest.raises(redis.exceptions.ConnectionError):
            await client.get("key")
        await node.restart()
        assert await client.get("key") is None
        assert node.address == address


async def test_a_paused_node_is_silent_and_resumes_with_its_memory(engine):
    async with engine:
        node = await engine.start("node", 'save ""')
        client = node.client(socket_timeout=0.1)
        await client.set("key", "value")
        await node.pause()
        with pytest.raises(redis.exceptions.TimeoutError):
            await client.get("key")
        await node.resume()
        assert await node.client().get("key") == b"value"


async def test_leaving_the_engine_leaves_no_process_and_no_file(engine):
    async with engine:
        running, stopped, paused = [await engine.start(name, 'save ""') for name in ("running", "stopped", "paused")]
        await stopped.stop()
        await paused.pause()
        directory, pids = running.directory, [running.pid, stopped.pid, paused.pid]
    assert not any(alive(pid) for pid in pids)
    assert not directory.exists()


async def test_a_node_that_cannot_start_says_so_with_its_log(tmp_path):
    with pytest.raises(EngineFailure, match="ended before it was ready") as failure:
        async with ProcessEngine("broken", [sys.executable, "-c", "print('out of order')"]) as engine:
            await engine.start("node")
    assert "out of order" in "\n".join(failure.value.__notes__)


async def test_a_node_whose_port_was_taken_gets_another(monkeypatch):
    require_program("redis-server", "apt-get install redis-server")
    with socket.create_server(("127.0.0.1", 0)) as thief:
        stolen = [thief.getsockname()[1]]

        class Unlucky(Reservation):
            def __init__(self) -> None:
                super().__init__()
                if stolen:
                    self.port = stolen.pop()

        monkeypatch.setattr(processes, "Reservation", Unlucky)
        async with open_engine("redis", "") as engine:
            node = await engine.start("node", 'save ""')
            assert node.port != thief.getsockname()[1]
            assert await node.client().ping()


def test_a_reserved_port_is_refused_to_clients_and_free_for_a_server():
    reservation = Reservation()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((reservation.host, reservation.port))
    with socket.create_server((reservation.host, reservation.port)):
        socket.create_connection((reservation.host, reservation.port)).close()
    reservation.release()


PARENT = textwrap.dedent(
    """
    import sys
    from rich.console import Console
    from lab.injection import run_to_the_end
    from lab.processes import ProcessEngine

    async def scenario():
        async with ProcessEngine("tiny", [sys.executable, "-m", "tests.lab.tiny_server"]) as engine:
            node = await engine.start("node", faulty_disk=sys.argv[1] == "True")
            print(node.pid, node.directory, flush=True)
            await engine.sleep(600)

    sys.exit(run_to_the_end(Console(), scenario()))
    """
)


@pytest.mark.parametrize("faulty_disk", [False, True])
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_the_parent_ends_its_servers_end(blow, faulty_disk):
    if blow is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux kills a child whose parent was killed (prctl)")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(faulty_disk)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert parent.stdout
    pid, directory = parent.stdout.readline().split()
    assert alive(int(pid))
    parent.send_signal(blow)
    _, errors = parent.communicate(timeout=10)
    eventually(lambda: not alive(int(pid)))
    if blow is signal.SIGKILL:  # then nobody was left to tidy up
        shutil.rmtree(Path(directory).parent)
    else:
        assert (parent.returncode, errors) == (130, "")
        assert not Path(directory).exists()
