"""TLS: the tls-* directives as an `ssl.SSLContext`, with which the running loop encrypts the connections of tls-port.

Source: tlsConfigure in Redis 7.0's tls.c; https://redis.io/docs/management/security/encryption/
"""

import ssl

PROTOCOLS = {
    "tlsv1": ssl.TLSVersion.TLSv1,
    "tlsv1.1": ssl.TLSVersion.TLSv1_1,
    "tlsv1.2": ssl.TLSVersion.TLSv1_2,
    "tlsv1.3": ssl.TLSVersion.TLSv1_3,
}
CLIENT_CERTIFICATES = {"no": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "yes": ssl.CERT_REQUIRED}

DIRECTIVES = (
    "tls-cert-file tls-key-file tls-key-file-pass tls-dh-params-file tls-ca-cert-file tls-ca-cert-dir "
    "tls-auth-clients tls-protocols tls-ciphers tls-prefer-server-ciphers tls-session-caching"
).split()


class TLSError(Exception):
    """The tls-* directives don't make a usable configuration; the text is a line for the log."""


def server_context(config) -> ssl.SSLContext:
    """How this server presents itself and whom it lets in; raises TLSError."""
    if not config.tls_cert_file:
        raise TLSError("No tls-cert-file configured!")
    if not config.tls_key_file:
        raise TLSError("No tls-key-file configured!")
    authorities = config.tls_ca_cert_file or config.tls_ca_cert_dir
    if config.tls_auth_clients != "no" and not authorities:
        raise TLSError("Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-auth-clients is enabled!")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _limit_protocols(context, config.tls_protocols)
    context.verify_mode = CLIENT_CERTIFICATES[config.tls_auth_clients]
    if config.tls_prefer_server_ciphers:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if not config.tls_session_caching:
        context.options |= ssl.OP_NO_TICKET
    _attempt("load certificate", context.load_cert_chain, config.tls_cert_file, config.tls_key_file, _password(config))
    if authorities:
        locations = config.tls_ca_cert_file or None, config.tls_ca_cert_dir or None
        _attempt("configure CA certificate(s) file/directory", context.load_verify_locations, *locations)
    if config.tls_dh_params_file:
        _attempt("read DH params file", context.load_dh_params, config.tls_dh_params_file)
    if config.tls_ciphers:
        _attempt("configure ciphers", context.set_ciphers, config.tls_ciphers)
    return context


def _password(config):
    # A function, because without one OpenSSL would ask for the password of an encrypted key on the terminal.
    return lambda: config.tls_key_file_pass.encode(errors="surrogateescape")


def _limit_protocols(context: ssl.SSLContext, names: str) -> None:
    """tls-protocols: the oldest and the newest of those named. The default, as in Redis, is TLS 1.2 and 1.3."""
    wanted = []
    for name in names.lower().split() or ("tlsv1.2", "tlsv1.3"):
        if name not in PROTOCOLS:
            raise TLSError(f"Invalid tls-protocols specified. Use a combination of {', '.join(PROTOCOLS)}.")
        wanted.append(PROTOCOLS[name])
    context.minimum_version, context.maximum_version = min(wanted), max(wanted)


def _attempt(what: str, step, *arguments) -> None:
    try:
        step(*arguments)
    except OSError as error:  # ssl.SSLError is one too
        raise TLSError(f"Failed to {what}: {arguments[0]}: {error}") from None
