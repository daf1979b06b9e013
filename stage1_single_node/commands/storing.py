"""What all …STORE commands do with their result (SINTERSTORE, ZRANGESTORE, …)."""


def store(client, key: bytes, value, letter: str, event: str, changes: int = 1) -> int:
    """Put `value` at `key` over whatever is there, without its time to live; an empty value deletes the key.

    Returns how many elements were stored. `letter` and `event` are those of the keyspace event; SORT alone counts each
    element as a change.
    """
    database = client.db
    if value:
        database.put(key, value)
        database.changed(key, letter, event, changes)
    elif database.delete(key):
        database.changed(key, "g", "del")
    return len(value)
