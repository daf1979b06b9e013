"""Limits that keep one connection from hurting the others: how many, how idle, how much unread.

Source: Redis 7.0's networking.c (acceptCommonHandler, checkClientOutputBufferLimits, clientsCronHandleTimeout,
evictClients); https://redis.io/docs/reference/clients/
"""

from stage1_single_node.client import Client
from stage1_single_node.client_info import describe, memory_bytes
from stage1_single_node.errors import MAX_CLIENTS

DENIED = (
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
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
DIRECTIVES = ("proto-max-bulk-len", "maxmemory-clients")  # whose change concerns connections that exist
TRANSPORT_MARK_BYTES = 64 * 1024  # asyncio's: a transport that holds more than this says so


def turns_away(server, client: Client) -> bool:
    """Has the connection been refused? It is told why, and is closed before it has become a client."""
    refusal = _refusal(server, client)
    if refusal:
        server.statistics.rejected_connections += 1
        client.gone = True
        client.transport.write(b"-%b\r\n" % refusal.encode())
        client.close()
    return refusal is not None


def _refusal(server, client: Client) -> str | None:
    if len(server.clients) >= server.config.maxclients:
        return MAX_CLIENTS
    if server.config.protected_mode and not server.config.requirepass and not client.is_local:
        return DENIED
    return None


def prepare(server, client: Client) -> None:
    """Set the socket of a client that stays."""
    if not client.over_unix_socket and server.config.tcp_keepalive:
        server.outside.keep_alive(client.transport.get_extra_info("socket"), server.config.tcp_keepalive)
    limits = server.config.client_output_buffer_limit.values()
    smallest = min([size for limit in limits for size in limit[:2] if size], default=TRANSPORT_MARK_BYTES)
    if smallest < TRANSPORT_MARK_BYTES:
        client.transport.set_write_buffer_limits(high=smallest)


def follow_configuration(server) -> None:
    """At the start, and when one of DIRECTIVES has changed."""
    for client in server.clients.values():
        client.parser.max_bulk_bytes = server.config.proto_max_bulk_len
    evict(server)


def cut_off_if_over_limit(client: Client, now_ms: int, more_bytes: int = 0) -> bool:
    """client-output-buffer-limit: has the client left too much unread, or much for too long? Then it is cut off."""
    server = client.server
    hard, soft, soft_seconds = server.config.client_output_buffer_limit[client.kind]
    size = client.transport.get_write_buffer_size() + more_bytes
    if not soft or size < soft:
        client.soft_limit_since = 0
        too_long = False
    else:
        client.soft_limit_since = client.soft_limit_since or now_ms
        too_long = now_ms - client.soft_limit_since > soft_seconds * 1000
    if not too_long and not (hard and size >= hard):
        return False
    line = describe(client, now_ms)
    server.log("warning", f"Client {line} scheduled to be closed ASAP for overcoming of output buffer limits.")
    client.close(at_once=True)
    return True


def check_all(server, now_ms: int) -> None:
    """The part of the limits that is a matter of time; called by cron."""
    for client in list(server.congested):
        if not client.closing:
            cut_off_if_over_limit(client, now_ms)
        if not client.congested:
            server.congested.discard(client)
    if server.config.timeout:
        _close_idle(server, now_ms)
    if server.config.maxmemory_clients:
        evict(server)


def _close_idle(server, now_ms: int) -> None:
    """`timeout`: who neither waits nor listens, and was silent for more than so many whole seconds, is gone."""
    for client in list(server.clients.values()):
        idle_seconds = now_ms // 1000 - client.last_used_at // 1000
        listens = client.kind != "normal" or client in server.monitors
        if idle_seconds > server.config.timeout and not listens and not client.blocked:
            server.log("verbose", "Closing idle client")
            client.close(at_once=True)


def evict(server) -> None:
    """maxmemory-clients: while connections together take so much, the one that takes most is closed. Those with CLIENT
    NO-EVICT are counted and spared; replicas, which have a limit of their own, are neither."""
    limit = server.config.maxmemory_clients
    if limit < 0:  # a percentage
        limit = -limit * server.config.maxmemory // 100
    if not limit:
        return
    sizes = {client: memory_bytes(client) for client in server.clients.values() if client.kind != "replica"}
    total = sum(sizes.values())
    for client in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if total < limit:
            break
        if client.no_evict:
            continue
        total -= sizes[client]
        server.statistics.evicted_clients += 1
        server.log("notice", f"Evicting client: {describe(client, server.keyspace.now)}")
        client.close(at_once=True)
