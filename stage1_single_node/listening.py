"""Where the server listens: TCP, TLS and unix sockets, at the start and when CONFIG SET moves them.

Opening a socket has an answer at once (`outside.listen_…`: the address is taken, or connections queue up from now on);
having its connections accepted is the running loop's business and takes it a turn, so `open_sockets` does the first for
all and leaves the second to tasks.
Source: Redis 7.0's server.c (listenToPort, initServer) and config.c (updatePort, applyBind, updateTLSPort).
"""

import asyncio
import errno
from functools import partial
from typing import Any, NamedTuple

from stage1_single_node import tls
from stage1_single_node.client import Client
from stage1_single_node.directive_kinds import ConfigError
from stage1_single_node.errors import CannotStart

NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.ENOPROTOOPT)
HANDSHAKE_SECONDS = 10  # a peer that never finishes its TLS handshake holds a file descriptor for so long


class ListenError(CannotStart):
    """The server cannot listen where its configuration says. The log has the details."""


class Place(NamedTuple):
    """Where to listen: an address and port, with a TLS context or in the clear; port 0 means a unix socket."""

    address: str
    port: int
    context: object | None = None


async def listen(server) -> None:
    """Open every listener that the configuration asks for, and follow its changes; raises ListenError."""
    config = server.config
    config.on_change(partial(_move, server, "Unable to listen on this port. Check server logs."), "port", "tls-port")
    config.on_change(partial(_move, server, "Failed to bind to specified addresses."), "bind")
    config.on_change(partial(_renew_tls, server), *tls.DIRECTIVES)
    _prepare_tls(server)
    for task in open_sockets(server):
        await task
    if not server.listeners:
        server.log("warning", "Configured to not listen anywhere, exiting.")
        raise ListenError


def open_sockets(server) -> list[asyncio.Task]:
    """Listen where the configuration says and nowhere else; raises ListenError, with some of them open.

    Returns the tasks that begin to accept; clients who connect before queue up in the meantime.
    """
    wanted = _places(server)
    for place in [place for place in server.listeners if place not in wanted]:
        server.listeners.pop(place).close()
    opened = []
    for place, optional in wanted.items():
        if place not in server.listeners:
            listener = _open(server, place, optional)
            if listener is not None:
                server.listeners[place] = listener
                opened.append(asyncio.get_running_loop().create_task(_accept(server, place, listener)))
    return opened


def close(server) -> None:
    """Close every listener; a unix socket's file goes with it."""
    for listener in server.listeners.values():
        listener.close()
    server.listeners.clear()
    if server.config.unixsocket:
        server.log("notice", "Removing the unix socket file.")
        try:
            server.outside.remove(server.config.unixsocket)
        except OSError as error:
            server.log("warning", f"Error removing the unix socket file: {error.strerror}")


def _places(server) -> dict[Place, bool]:
    """Where to listen, and whether that address may be missing on this machine (`-::1`)."""
    config = server.config
    places = {}
    for port, context in ((config.port, None), (config.tls_port, server.tls_context)):
        for address in config.bind if port else ():
            places[Place(address.removeprefix("-"), port, context)] = address.startswith("-")
    if config.unixsocket:
        places[Place(config.unixsocket, 0)] = False
    return places


def _open(server, place: Place, optional: bool):
    """The listening socket; None for an address that this machine lacks and may lack. Raises ListenError."""
    backlog = server.config.tcp_backlog
    try:
        if not place.port:
            return server.outside.listen_unix(place.address, server.config.unixsocketperm, backlog)
        return server.outside.listen_tcp(place.address, place.port, backlog)
    except OSError as error:
        what = error.strerror or str(error)
        if not place.port:
            server.log("warning", f"Failed opening Unix socket: bind: {what}")
            raise ListenError from None
        where = f"{place.address}:{place.port}"
        server.log("warning", f"Warning: Could not create server TCP listening socket {where}: bind: {what}")
        if (optional and error.errno == errno.EADDRNOTAVAIL) or error.errno in NO_SUCH_FAMILY:
            return None
        kind = "TLS" if place.context else "TCP"
        server.log("warning", f"Failed listening on port {place.port} ({kind}).")
        raise ListenError from None


async def _accept(server, place: Place, listener) -> None:
    """Have the loop accept what comes to a listening socket."""
    if server.listeners.get(place) is not listener:
        return  # closed again, before this task had its turn
    loop = asyncio.get_running_loop()
    create: Any = loop.create_server if place.port else loop.create_unix_server
    secure = {"ssl": place.context, "ssl_handshake_timeout": HANDSHAKE_SECONDS} if place.context else {}
    backlog = server.config.tcp_backlog
    server.listeners[place] = await create(lambda: Client(server), sock=listener, backlog=backlog, **secure)


# After CONFIG SET ---------------------------------------------------------------------------------------------------


def _move(server, complaint: str) -> None:
    """Listen where the configuration says now."""
    try:
        _prepare_tls(server)
    except ListenError:
        raise ConfigError("Unable to update TLS configuration. Check server logs.") from None
    try:
        open_sockets(server)
    except ListenError:
        raise ConfigError(complaint) from None


def _renew_tls(server) -> None:
    """A tls-* directive has changed: connections from now on see it."""
    server.tls_context = None
    _move(server, "Unable to listen on this port. Check server logs.")


def _prepare_tls(server) -> None:
    """Read the certificates, if there is a TLS port that needs them."""
    if server.config.tls_port and server.tls_context is None:
        try:
            server.tls_context = tls.server_context(server.config)
        except tls.TLSError as error:
            server.log("warning", str(error))
            server.log("warning", "Failed to configure TLS. Check logs for more info.")
            raise ListenError from None
