"""How a server ends, and what it leaves: nothing."""

import os
import signal
import subprocess

import pytest

from lab.ports import Reservation
from tests.target import NotReady
from tests.waiting import eventually

points = pytest.mark.points


@points(1)
def test_shutdown_ends_the_process_without_a_reply(fresh_server):
    server = fresh_server()
    client, other = server.connect(), server.connect()
    client.send("SHUTDOWN")
    client.expect_closed()
    other.expect_closed()
    assert server.wait_for_end() == 0


@pytest.mark.parametrize("words", [("NOSAVE",), ("NOW",), ("FORCE",), ("NOSAVE", "NOW", "FORCE")], ids=str)
@points(1)
def test_shutdown_takes_its_options(fresh_server, words):
    server = fresh_server()
    server.connect().send("SHUTDOWN", *words)
    assert server.wait_for_end() == 0


@points(1)
def test_shutdown_refuses_what_contradicts(client):
    assert client.error("SHUTDOWN", "SAVE", "NOSAVE") == "ERR syntax error"
    assert client.error("SHUTDOWN", "NONSENSE") == "ERR syntax error"
    assert client.error("SHUTDOWN", "ABORT", "NOW") == "ERR syntax error"
    assert client.error("SHUTDOWN", "ABORT") == "ERR No shutdown in progress."


@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")])
@points(1)
def test_a_signal_ends_it_in_good_order(fresh_server, number, name):
    server = fresh_server()
    client = server.connect()
    client("SET", "k", "v")
    os.kill(server.process.pid, number)
    client.expect_closed()
    assert server.wait_for_end() == 0
    log = server.process.log_tail()
    assert f"Received {name} scheduling shutdown..." in log
    assert "bye bye..." in log


@points(1)
def test_waiting_clients_do_not_hold_it_up(fresh_server):
    server = fresh_server()
    waiting, client = server.connect(), server.connect()
    waiting.send("BLPOP", "l", 0)
    eventually(lambda: b"blocked_clients:1" in client("INFO", "clients"))
    client.send("SHUTDOWN", "NOSAVE")
    assert server.wait_for_end() == 0
    waiting.expect_closed()


@points(1)
def test_a_pid_file_is_there_while_it_runs(fresh_server, tmp_path):
    path = tmp_path / "redis.pid"
    server = fresh_server("--pidfile", path)
    assert int(path.read_text()) == server.process.pid
    server.connect().send("SHUTDOWN", "NOSAVE")
    server.wait_for_end()
    assert not path.exists()


@points(1)
def test_a_log_file_takes_the_log(fresh_server, tmp_path):
    path = tmp_path / "redis.log"
    server = fresh_server("--logfile", path, "--loglevel", "notice")
    eventually(lambda: "Ready to accept connections" in path.read_text())
    assert "Server initialized" in path.read_text()
    line = next(line for line in path.read_text().splitlines() if "Ready to accept" in line)
    assert line.startswith(f"{server.process.pid}:M ") and " * Ready to accept connections" in line


@points(1)
def test_a_log_level_of_warning_says_little(fresh_server, tmp_path):
    path = tmp_path / "redis.log"
    fresh_server("--logfile", path, "--loglevel", "warning").connect()("PING")
    assert "Ready to accept connections" not in path.read_text()


@points(2)
def test_a_daemon_leaves_its_parent_and_writes_its_pid(target, tmp_path):
    reservation, pidfile = Reservation(), tmp_path / "redis.pid"
    reservation.release()
    command = target.command(
        reservation.port, "--daemonize", "yes", "--pidfile", pidfile, "--dir", tmp_path, "--logfile", tmp_path / "log"
    )
    starter = target.spawn(tmp_path, command)
    pid = None
    try:
        eventually(lambda: not starter.running, 20)
        assert starter.exit_code == 0
        pid = int(eventually(lambda: pidfile.exists() and pidfile.read_text()))
        assert pid != starter.pid
        assert eventually(lambda: "Ready to accept connections" in (tmp_path / "log").read_text())
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not pidfile.exists())
        pid = None
    finally:
        starter.kill()
        if pid:
            os.kill(pid, signal.SIGKILL)


@points(1)
def test_a_port_that_is_taken_ends_the_start(server, target, tmp_path):
    process = target.spawn(tmp_path, target.command(server.port))
    try:
        eventually(lambda: not process.running, 20)
        assert process.exit_code == 1
        assert "Address already in use" in process.log_tail()
    finally:
        process.kill()


@points(1)
def test_version_is_printed(target, tmp_path):
    words = target.command(0)
    first = next(n for n, word in enumerate(words) if word.startswith("--"))
    output = subprocess.run([*words[:first], "--version"], capture_output=True, text=True, timeout=20, cwd=tmp_path)
    assert output.stdout.startswith("Redis server v=7.0.") and output.returncode == 0


@points(1)
def test_a_bad_directive_on_the_command_line_ends_the_start(fresh_server):
    with pytest.raises(NotReady, match="exit code 1") as failure:
        fresh_server("--maxmemory", "lots")
    assert "FATAL CONFIG FILE ERROR" in str(failure.value)
