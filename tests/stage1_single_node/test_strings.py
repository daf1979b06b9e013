def test_x(client, redis, configure):
    assert client("SET", "a", 1) == "OK"
    assert redis.get("a") == b"1"
    configure("hz", 20)
    assert client("CONFIG", "GET", "hz") == [b"hz", b"20"]
def test_y(client, redis, configure, fresh_server):
    assert client("CONFIG", "GET", "hz") == [b"hz", b"10"]
    assert fresh_server("--maxclients", 33).connect()("CONFIG", "GET", "maxclients") == [b"maxclients", b"33"]
