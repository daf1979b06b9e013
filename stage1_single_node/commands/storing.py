"""What all …STORE commands do with their result (SINTERSTORE, ZRANGESTORE, …)."""


def store(client, key: bytes, value, letter: str, event: str) -> int:
    """Put `value` at `key` over whatever is there, without its time to live; an empty value deletes the key.

    Returns how many elements were stored. `letter` and `event` are those of the keyspace event.
    """
    database = client.db
    if value:
        database.put(key, value)
        database.changed(key, letter, event)
    elif database.delete(key):
        database.changed(key, "g", "del")
    return len(value)
