"""The program around the server: what it says to its user, and how signals end it."""

import signal
import socket
from pathlib import Path

import pytest

from lab.child import Child
from lab.ports import Reservation
from tests.target import Server, Target
from tests.waiting import eventually


@pytest.fixture
def program(tmp_path):
    """Starts the program with some arguments and nothing else: program("--port", "x")."""
    processes: list[Child] = []
    target = Target("ours", stage="stage1_single_node")

    def start(*arguments: str | int | Path) -> Child:
        command = target.command(0)
        processes.append(target.spawn(tmp_path, [*command[: command.index("--port")], *map(str, arguments)]))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


@pytest.fixture
def served(program, tmp_path):
    """Starts a server that listens: served("--hz", 100)."""
    reservation = Reservation()

    def start(*directives: str | int) -> Server:
        server = Server(program("--port", reservation.port, *directives), reservation, tmp_path)
        server.wait_until_ready()
        return server

    yield start
    reservation.release()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nosuch.conf"], "can't open config file '"),
        (["--port", "x"], "argument couldn't be parsed into an integer"),
        (["--nosuch", 1], "Bad directive or wrong number of arguments"),
        (["--include", "nosuch.conf"], "No such file or directory"),
        (["--dir", "nosuch"], "No such file or directory"),
        (["--logfile", "nosuch/log"], "Can't open the log file: No such file or directory"),
        (["--rename-command", "NOSUCH", "X"], "No such command in rename-command"),
        (["--rename-command", "GET", "SET"], "Target command name already exists"),
        (["--sentinel"], "--sentinel"),
        (["--port", 0], "Configured to not listen anywhere, exiting."),
        (["--port", 0, "--unixsocket", "nosuch/socket"], "Failed opening Unix socket: bind: No such file or directory"),
        (["--bind", "192.0.2.1"], "Could not create server TCP listening socket 192.0.2.1:6379: bind: "),
        (["--port", 0, "--tls-port", 1], "No tls-cert-file configured!"),
        (["--port", 0, "--tls-port", 1, "--tls-cert-file", "x", "--tls-key-file", "x", "--tls-auth-clients", "no"],
         "Failed to load certificate: x: "),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_a_user_does_wrong_is_said_in_a_line(program, arguments, complaint):
    process = program(*arguments)
    eventually(lambda: not process.running, 20)
    assert process.exit_code == 1
    assert complaint in process.log_tail()
    assert "Traceback" not in process.log_tail()


def test_a_second_interrupt_does_not_wait_for_a_command_to_end(served):
    server = served("--enable-debug-command", "yes")
    waiting = server.connect()
    waiting.send("DEBUG", "SLEEP", 60)
    eventually(lambda: not answers_soon(server))
    server.process.signal(signal.SIGINT)
    eventually(lambda: "Received SIGINT scheduling shutdown..." in server.process.log_tail())
    assert server.process.running
    server.process.signal(signal.SIGINT)
    assert server.wait_for_end() == 1
    assert "You insist... exiting now." in server.process.log_tail()


def answers_soon(server: Server) -> bool:
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as connection:
        connection.sendall(b"PING\r\n")
        try:
            return connection.recv(100) != b""
        except TimeoutError:
            return False


def test_a_hangup_of_the_terminal_is_no_reason_to_end(served):
    server = served()
    server.process.signal(signal.SIGHUP)
    assert server.connect()("PING") == "PONG"
    server.process.signal(signal.SIGTERM)
    assert server.wait_for_end() == 0


def test_the_configuration_may_come_from_several_files(served, tmp_path):
    (tmp_path / "one.conf").write_text("hz 20\ninclude two*.conf\n")
    (tmp_path / "two_a.conf").write_text("maxmemory-samples 7\n")
    (tmp_path / "two_b.conf").write_text("maxmemory-samples 8\n")
    client = served("--include", "one.conf", "--hz", 30).connect()
    assert client("CONFIG", "GET", "hz")[1] == b"30"
    assert client("CONFIG", "GET", "maxmemory-samples")[1] == b"8"


def test_standard_descriptors_may_be_closed(tmp_path):
    target, reservation = Target("ours", stage="stage1_single_node"), Reservation()
    closing = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *target.command(reservation.port)]
    server = Server(target.spawn(tmp_path, closing), reservation, tmp_path)
    server.wait_until_ready()
    server.process.signal(signal.SIGTERM)
    assert server.wait_for_end() == 0
