"""How clients come in and are sent away: TCP, TLS and unix sockets, protected mode, limits, idle time-outs.

Sockets are the running loop's business (`create_server`), so that the same code listens in production and in
simulation. Source: Redis 7.0's networking.c (acceptCommonHandler, clientsCronHandleTimeout) and redis.conf.
"""

import asyncio
import contextlib

from stage1_single_node.client import Client
from stage1_single_node.errors import MAX_CLIENTS

DENIED = (
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. In this mode connections are only accepted from the loopback interface. If you want to connect "
    "from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode "
    "sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the "
    "same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. "
    "Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by "
    "editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the "
    "server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' "
    "option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above "
    "things in order for the server to start accepting connections from the outside."
)
ANY_ADDRESS = {"*": "0.0.0.0", "::*": "::"}


class ListenError(Exception):
    """The server cannot listen where its configuration says; the text is for the user."""


async def listen(server) -> None:
    """Open every listener that the configuration asks for; raises ListenError."""
    config = server.config
    loop = asyncio.get_running_loop()

    def accept() -> Client:
        return Client(server)

    for port, tls in ((config.port, None), (config.tls_port, server.outside.tls)):
        if not port:
            continue
        context = tls(config) if tls else None
        for address in config.bind:
            optional = address.startswith("-")
            host = ANY_ADDRESS.get(address.removeprefix("-"), address.removeprefix("-"))
            try:
                listener = await loop.create_server(accept, host, port, backlog=config.tcp_backlog, ssl=context)
            except OSError as error:
                if optional:
                    continue
                raise ListenError(f"Could not create server TCP listening socket {host}:{port}: {error}") from None
            server.listeners.append(listener)
    if config.unixsocket:
        server.listeners.append(await loop.create_unix_server(accept, config.unixsocket, backlog=config.tcp_backlog))
        if config.unixsocketperm:
            server.outside.set_socket_permissions(config.unixsocket, config.unixsocketperm)


async def close(server) -> None:
    """Close every listener."""
    listeners, server.listeners = server.listeners, []
    for listener in listeners:
        listener.close()
    if server.config.unixsocket:
        with contextlib.suppress(FileNotFoundError):
            server.outside.remove(server.config.unixsocket)


def refusal(server, client: Client) -> str | None:
    """The error line with which a new connection is sent away, or None if it may stay."""
    if len(server.clients) >= server.config.maxclients:
        return f"-{MAX_CLIENTS}"
    if server.config.protected_mode and not server.config.requirepass and not _is_local(client):
        return DENIED
    return None


def _is_local(client: Client) -> bool:
    peer = client.transport.get_extra_info("peername")
    return not isinstance(peer, tuple) or peer[0].startswith("127.") or peer[0] in ("::1", "::ffff:127.0.0.1")


def close_idle_clients(server, now_ms: int) -> None:
    """`timeout`: end normal connections that have been silent for so many seconds; and soft output limits in time."""
    timeout_ms = server.config.timeout * 1000
    for client in list(server.clients.values()):
        if client.congested:
            check_output_limit(server, client, now_ms)
        idle = timeout_ms and now_ms - client.last_used_at > timeout_ms
        if idle and client.kind == "normal" and not client.blocked:
            server.log("verbose", f"Closing idle client {client.address}")
            client.close(at_once=True)


def check_output_limit(server, client: Client, now_ms: int) -> None:
    """client-output-buffer-limit: cut off a client that does not read what it is sent."""
    hard, soft, soft_seconds = server.config.client_output_buffer_limit[client.kind]
    size = client.transport.get_write_buffer_size()
    over_soft = bool(soft) and size >= soft
    if not over_soft:
        client.soft_limit_since = 0
    elif not client.soft_limit_since:
        client.soft_limit_since = now_ms
    lasted = over_soft and now_ms - client.soft_limit_since > soft_seconds * 1000
    if (hard and size >= hard) or lasted:
        server.statistics.output_limit_disconnections += 1
        server.log("warning", f"Client {client.address} scheduled to be closed ASAP for overcoming of output buffer limits.")
        client.close(at_once=True)
