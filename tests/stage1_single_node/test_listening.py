"""Where a server listens: addresses, a unix socket, TLS."""

import os
import socket
import ssl
import stat
import subprocess

import pytest

from lab.ports import Reservation
from lab.programs import require_program
from tests.wire import Closed, Connection

points = pytest.mark.points


@points(1)
def test_bind_listens_on_those_addresses_alone(fresh_server):
    server = fresh_server("--bind", "127.0.0.1", "127.0.0.2")
    assert server.connect()("PING") == "PONG"
    with socket.create_connection(("127.0.0.2", server.port), timeout=5) as connected:
        assert Connection(connected)("PING") == "PONG"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.3", server.port), timeout=5)


@points(1)
def test_bind_changes_while_running(fresh_server):
    server = fresh_server("--bind", "127.0.0.1")
    assert server.connect()("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2") == "OK"
    with socket.create_connection(("127.0.0.2", server.port), timeout=5) as connected:
        assert Connection(connected)("PING") == "PONG"


@points(1)
def test_port_changes_while_running(fresh_server):
    server, reservation = fresh_server(), Reservation()
    old = server.connect()
    reservation.release()
    assert old("CONFIG", "SET", "port", reservation.port) == "OK"
    assert server.connect(port=reservation.port)("PING") == "PONG"
    assert old("PING") == "PONG"
    with pytest.raises(ConnectionRefusedError):
        server.connect()


# ── unix socket ──


@points(1)
def test_a_unix_socket_beside_the_port(fresh_server, tmp_path):
    path = tmp_path / "redis.sock"
    server = fresh_server("--unixsocket", path, "--unixsocketperm", 700)
    client = server.connect_unix(path)
    assert client("SET", "k", "v") == "OK"
    assert server.connect()("GET", "k") == b"v"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    info = dict(field.split(b"=", 1) for field in client("CLIENT", "INFO").split())
    assert info[b"addr"] == f"{path}:0".encode() and info[b"flags"] == b"U"


@points(1)
def test_the_socket_s_file_goes_with_the_server(fresh_server, tmp_path):
    path = tmp_path / "redis.sock"
    server = fresh_server("--unixsocket", path)
    server.connect().send("SHUTDOWN", "NOSAVE")
    server.wait_for_end()
    assert not path.exists()


# ── TLS ──


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, and its key."""
    openssl = require_program("openssl", "apt-get install openssl")
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", "server.key", "-out", "server.crt"],
        cwd=directory,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return directory / "server.crt", directory / "server.key"


@pytest.fixture
def tls(certificate, fresh_server):
    """A server with a TLS port beside its plain one: connect(with_certificate) and the port."""
    reservation = Reservation()
    reservation.release()
    files = ("--tls-cert-file", certificate[0], "--tls-key-file", certificate[1], "--tls-ca-cert-file", certificate[0])

    class Tls:
        port = reservation.port

        def __init__(self, *directives):
            self.server = fresh_server("--tls-port", reservation.port, *files, *directives)

        def connect(self, with_certificate):
            context = ssl.create_default_context(cafile=certificate[0])
            if with_certificate:
                context.load_cert_chain(*certificate)
            return self.server.connect(tls=context, port=self.port)

    yield Tls
    reservation.release()


@points(2)
def test_tls_speaks_the_same_protocol(tls):
    secure = tls()
    client = secure.connect(with_certificate=True)
    value = bytes(range(256)) * 4096
    assert client("SET", "k", value) == "OK"
    assert client("GET", "k") == value
    assert secure.server.connect()("STRLEN", "k") == len(value)
    assert client.pipeline(*[("INCR", "n")] * 100) == list(range(1, 101))


@points(1)
def test_clients_need_a_certificate_unless_told_otherwise(tls):
    secure = tls()
    with pytest.raises((ssl.SSLError, ConnectionError, Closed)):
        secure.connect(with_certificate=False)("PING")
    assert secure.connect(with_certificate=True)("PING") == "PONG"


@points(1)
def test_tls_auth_clients_no_lets_anybody_in(tls):
    assert tls("--tls-auth-clients", "no").connect(with_certificate=False)("PING") == "PONG"


@points(1)
def test_plain_text_on_the_tls_port_is_shut_out(tls):
    secure = tls()
    plain = secure.server.connect(port=secure.port)
    plain.send_bytes(b"PING\r\n")
    assert b"PONG" not in plain.rest()
    assert secure.connect(with_certificate=True)("PING") == "PONG"


@points(1)
def test_a_port_of_zero_leaves_tls_alone(tls, certificate):
    secure = tls()
    old = secure.server.connect()
    assert old("CONFIG", "SET", "port", 0) == "OK"
    with pytest.raises(ConnectionRefusedError):
        secure.server.connect()
    assert secure.connect(with_certificate=True)("CONFIG", "GET", "port") == [b"port", b"0"]
