"""How Redis spells the two ends of a connection, in CLIENT LIST and in its log. Source: formatAddr in 7.0's anet.c."""


def endpoint(name: object, unix_path: str) -> str:
    """One end of a connection in Redis's spelling, from what the socket calls it."""
    if isinstance(name, tuple):
        return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"
    return f"{unix_path or '?'}:0"
