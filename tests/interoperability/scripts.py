"""Random command scripts over all data types: mostly right, sometimes of the wrong type, sometimes nonsense."""

from random import Random

from tests.interoperability.grammar import Pattern, Vocabulary, Word

Command = list[Word]
Script = list[tuple[int, Command]]

STRINGS = """
SET <string> <value> [NX | XX] [GET] [EX <long> | PX <long> | EXAT <moment> | KEEPTTL]
SET <string> (<integer> | <decimal>)
SETNX <string> <value>
SETEX <string> <long> <value>
GETSET <string> <value>
GET <string>
GETDEL <string>
GETEX <string> [EX <long> | PERSIST | EXAT <moment>]
MSET (<string> <value>)+
MSETNX (<string> <value>)+
MGET <key>+
INCR <string>
DECRBY <string> <integer>
INCRBY <string> <integer>
INCRBYFLOAT <string> <decimal>
APPEND <string> <value>
STRLEN <string>
SETRANGE <string> <small> <value>
GETRANGE <string> <index> <index>
LCS <string> <string> [LEN | IDX [MINMATCHLEN <small>] [WITHMATCHLEN]]
"""

LISTS = """
LPUSH <list> <value>+
RPUSH <list> <value>+
RPUSHX <list> <value>+
LPOP <list> [<small>]
RPOP <list> [<small>]
LRANGE <list> <index> <index>
LLEN <list>
LINDEX <list> <index>
LSET <list> <index> <value>
LINSERT <list> (BEFORE | AFTER) <member> <value>
LREM <list> <index> <member>
LTRIM <list> <index> <index>
LPOS <list> <member> [RANK <index>] [COUNT <small>] [MAXLEN <small>]
LMOVE <list> <list> (LEFT | RIGHT) (LEFT | RIGHT)
RPOPLPUSH <list> <list>
LMPOP 2 <list> <list> (LEFT | RIGHT) [COUNT <small>]
RPUSH <list> <member>+
BLPOP <list> <list> 0.001
BLMOVE <list> <list> (LEFT | RIGHT) (LEFT | RIGHT) 0.001
BLMPOP 0.001 1 <list> (LEFT | RIGHT) [COUNT <small>]
SORT <list> [LIMIT <index> <index>] [ALPHA] [ASC | DESC] [STORE <list>]
SORT <list> BY string* GET # GET string* ALPHA
SORT_RO <list> BY nosort [DESC]
"""

HASHES = """
HSET <hash> (<member> <value>)+
HMSET <hash> (<member> <value>)+
HSETNX <hash> <member> <value>
HGET <hash> <member>
HMGET <hash> <member>+
HGETALL <hash>
HKEYS <hash>
HVALS <hash>
HDEL <hash> <member>+
HLEN <hash>
HEXISTS <hash> <member>
HSTRLEN <hash> <member>
HINCRBY <hash> <member> <integer>
HINCRBYFLOAT <hash> <member> <decimal>
HRANDFIELD <hash> 1000 [WITHVALUES]
HSCAN <hash> 0 [MATCH <glob>] COUNT 10000
"""

SETS = """
SADD <set> <member>+
SADD <set> <integer>+
SREM <set> <member>+
SMEMBERS <set>
SCARD <set>
SISMEMBER <set> <member>
SMISMEMBER <set> <member>+
SMOVE <set> <set> <member>
SPOP <set> 1000
SRANDMEMBER <set> 1000
SINTER <set>+
SUNION <set>+
SDIFF <set>+
SINTERSTORE <set> <set>+
SUNIONSTORE <set> <set>+
SDIFFSTORE <set> <set>+
SINTERCARD 2 <set> <set> [LIMIT <small>]
SSCAN <set> 0 [MATCH <glob>] COUNT 10000
SORT <set> ALPHA [DESC] [STORE <list>]
"""

SORTED_SETS = """
ZADD <zset> [NX | XX] [GT | LT] [CH] (<score> <member>)+
ZADD <zset> INCR <score> <member>
ZADD <lex> (0 <member>)+
ZINCRBY <zset> <score> <member>
ZREM <zset> <member>+
ZSCORE <zset> <member>
ZMSCORE <zset> <member>+
ZCARD <zset>
ZRANK <zset> <member>
ZREVRANK <zset> <member>
ZRANGE <zset> <index> <index> [REV] [WITHSCORES]
ZRANGE <zset> <bound> <bound> BYSCORE [REV] [LIMIT <index> <index>] [WITHSCORES]
ZRANGE <lex> <lexical> <lexical> BYLEX [REV] [LIMIT <index> <index>]
ZREVRANGE <zset> <index> <index> [WITHSCORES]
ZRANGEBYSCORE <zset> <bound> <bound> [WITHSCORES] [LIMIT <index> <index>]
ZREVRANGEBYSCORE <zset> <bound> <bound> [WITHSCORES]
ZRANGEBYLEX <lex> <lexical> <lexical>
ZREVRANGEBYLEX <lex> <lexical> <lexical>
ZCOUNT <zset> <bound> <bound>
ZLEXCOUNT <lex> <lexical> <lexical>
ZRANGESTORE <zset> <zset> <index> <index>
ZRANGESTORE <zset> <zset> <bound> <bound> BYSCORE
ZREMRANGEBYRANK <zset> <index> <index>
ZREMRANGEBYSCORE <zset> <bound> <bound>
ZREMRANGEBYLEX <lex> <lexical> <lexical>
ZPOPMIN <zset> [<small>]
ZPOPMAX <zset> [<small>]
ZMPOP 2 <zset> <zset> (MIN | MAX) [COUNT <small>]
BZPOPMIN <zset> 0.001
BZMPOP 0.001 1 <zset> (MIN | MAX)
ZUNION 2 <zset> <zset> [WEIGHTS <small> <small>] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]
ZINTER 2 <zset> <zset> [WEIGHTS <small> <small>] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]
ZDIFF 2 <zset> <zset> [WITHSCORES]
ZUNIONSTORE <zset> 2 <zset> <set> [WEIGHTS <small> <small>] [AGGREGATE (SUM | MIN | MAX)]
ZINTERSTORE <zset> 2 <zset> <zset> [AGGREGATE (SUM | MIN | MAX)]
ZDIFFSTORE <zset> 2 <zset> <zset>
ZINTERCARD 2 <zset> <zset> [LIMIT <small>]
ZRANDMEMBER <zset> 1000 [WITHSCORES]
ZSCAN <zset> 0 [MATCH <glob>] COUNT 10000
"""

KEYS = """
DEL <key>+
UNLINK <key>
EXISTS <key>+
TOUCH <key>+
TYPE <key>
RENAME <key> <key>
RENAMENX <key> <key>
COPY <key> <key> [DB <database>] [REPLACE]
MOVE <key> <database>
EXPIRE <key> <long> [NX | XX | GT | LT]
EXPIREAT <key> <moment> [NX | XX | GT | LT]
PEXPIREAT <key> <moment>
EXPIRE <key> -1
PERSIST <key>
TTL <key>
PTTL <key>
EXPIRETIME <key>
PEXPIRETIME <key>
OBJECT (ENCODING | REFCOUNT) <key>
KEYS <glob>
SCAN 0 [MATCH <glob>] COUNT 10000 [TYPE (string | list | hash)]
DBSIZE
SELECT <database>
SWAPDB <database> <database>
FLUSHDB
WAIT 0 0
"""

CONNECTIONS = """
MULTI
EXEC
EXEC
DISCARD
WATCH <key>+
UNWATCH
PING [<value>]
ECHO <value>
CLIENT (SETNAME <value> | GETNAME)
PUBLISH channel <value>
PUBSUB (NUMPAT | NUMSUB channel)
CONFIG GET (maxmemory | save | hz)
COMMAND GETKEYS SET <key> <value>
COMMAND GETKEYS ZUNIONSTORE <zset> <small> <zset> <zset>
NOSUCH <value>
OBJECT NOSUCH <key>
"""

GRAMMAR = {
    name: [Pattern(line) for line in text.strip().splitlines()]
    for name, text in {
        "strings": STRINGS,
        "lists": LISTS,
        "hashes": HASHES,
        "sets": SETS,
        "sorted sets": SORTED_SETS,
        "keys": KEYS,
        "connections": CONNECTIONS,
    }.items()
}

TYPES = ("string", "list", "hash", "set", "zset")
KEYS_PER_TYPE = 3
WRONG_KEY_PROBABILITY = 0.04
NONSENSE_PROBABILITY = 0.03
# Counts so large that dice decide nothing, a wait so short that nobody notices: these words must not be spoiled.
EVERYTHING_OR_AT_ONCE = {b"1000", b"10000", b"0.001"}
SECOND_CONNECTION_PROBABILITY = 0.1
READS = (
    b"TTL %s",
    b"OBJECT ENCODING %s",
    b"GET %s",
    b"LRANGE %s 0 -1",
    b"HGETALL %s",
    b"SMEMBERS %s",
    b"ZRANGE %s 0 -1 WITHSCORES",
)
# Far enough away that no test sees them pass, and the same on both servers.
MOMENTS = (b"4102444800", b"4102444800000", b"1", b"0", b"-1")
MEMBERS = [b"a", b"b", b"c", b"ab", b"B", b"1", b"2", b"10", b"-5", b"", b"\xff\x00\r\n", b"x" * 64, b"y" * 65]
VALUES = [*MEMBERS, b"1.5", b"9223372036854775807", b"-9223372036854775808", b"007", b"Hello World", b"z" * 45]
INTEGERS = [b"0", b"1", b"-1", b"7", b"100", b"-100", b"9223372036854775807", b"x", b"1.5", b"3000000000"]
DECIMALS = [b"0", b"0.5", b"-1.5", b"1e3", b"3.25", b"100", b"1e17", b"abc", b"inf"]
SCORES = [b"0", b"1", b"1.5", b"-2", b"10", b"2", b"1e20", b"inf", b"-inf", b"0.1", b"nan", b"x"]
INDEXES = [b"0", b"1", b"2", b"-1", b"-2", b"5", b"100", b"-100"]
BOUNDS = [b"-inf", b"+inf", b"0", b"(0", b"1", b"(1.5", b"2", b"(10", b"x"]
LEXICAL = [b"-", b"+", b"[a", b"(a", b"[b", b"(ab", b"[", b"[1", b"(y", b"a"]
GLOBS = [b"*", b"a*", b"?", b"[ab]", b"*:1", b"list:*", b"[^a]*", b"nothing"]


def _key(kind: str):
    def key(dice: Random) -> Word:
        chosen = kind
        if kind == "key" or dice.random() < WRONG_KEY_PROBABILITY:
            chosen = dice.choice(TYPES)
        return b"%s:%d" % (chosen.encode(), dice.randrange(KEYS_PER_TYPE))

    return key


def _one_of(words: list[Word] | tuple[Word, ...]):
    return lambda dice: dice.choice(words)


VOCABULARY: Vocabulary = {
    **{kind: _key(kind) for kind in (*TYPES, "key")},
    # Ranges by bytes are defined for equal scores only: keys of their own, which nothing else touches.
    "lex": _one_of([b"lex:0", b"lex:1"]),
    "member": _one_of(MEMBERS),
    "value": _one_of(VALUES),
    "integer": _one_of(INTEGERS),
    "decimal": _one_of(DECIMALS),
    "score": _one_of(SCORES),
    "index": _one_of(INDEXES),
    "small": _one_of([b"0", b"1", b"2", b"3"]),
    "bound": _one_of(BOUNDS),
    "lexical": _one_of(LEXICAL),
    "glob": _one_of(GLOBS),
    "moment": _one_of(MOMENTS),
    "long": lambda dice: b"%d" % dice.randint(100_000, 100_000_000),
    "database": _one_of([b"0", b"0", b"1", b"99"]),
}


def script(seed: int, length: int) -> Script:
    """Commands with the number of the connection that sends them; then everything is looked at."""
    dice = Random(seed)
    steps = [(dice.random() < SECOND_CONNECTION_PROBABILITY, random_command(dice)) for _ in range(length)]
    return [*[(int(second), command) for second, command in steps], *INSPECTION]


def random_command(dice: Random) -> Command:
    pattern = dice.choice(GRAMMAR[dice.choice(list(GRAMMAR))])
    command = pattern.sentence(dice, VOCABULARY)
    if dice.random() < NONSENSE_PROBABILITY and not EVERYTHING_OR_AT_ONCE & set(command):
        spoil(command, dice)
    return command


def spoil(command: Command, dice: Random) -> None:
    """One word too few, one too many, or another one."""
    place = dice.randint(1, len(command))
    removed, added = dice.choice([(1, []), (0, [dice.choice(VALUES)]), (1, [dice.choice(VALUES)])])
    command[place : place + removed] = added


def inspection() -> Script:
    """Every key of both databases by every command that reads a whole value."""
    commands = [b"DISCARD"]
    for database in (0, 1):
        commands.append(b"SELECT %d" % database)
        for kind in TYPES:
            for number in range(KEYS_PER_TYPE):
                key = b"%s:%d" % (kind.encode(), number)
                commands += [read % key for read in READS]
    return [(0, command.split()) for command in commands]


INSPECTION = inspection()
