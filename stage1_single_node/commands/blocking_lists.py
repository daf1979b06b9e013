"""List commands that wait for an element: a queue in Redis is RPUSH on one side and BLPOP on the other.

What happens when the element is there is the same as without waiting, so each command is an attempt (a function of one
key and its list) for blocking.py, which runs it now or later. Source: Redis 7.0's t_list.c and blocked.c.
"""

from stage1_single_node.blocking import parse_timeout, wait
from stage1_single_node.command import command
from stage1_single_node.commands import lists
from stage1_single_node.structures.list import List


@command("BLPOP", arity=-3, flags="write noscript blocking", keys=(1, -2, 1))
def blpop(client, *keys_and_timeout):
    return _blocking_pop(client, keys_and_timeout, b"l")


@command("BRPOP", arity=-3, flags="write noscript blocking", keys=(1, -2, 1))
def brpop(client, *keys_and_timeout):
    return _blocking_pop(client, keys_and_timeout, b"r")


def _blocking_pop(client, keys_and_timeout, side):
    *keys, timeout = keys_and_timeout

    def attempt(key, value):
        taken = lists.take(client, key, value, side, 1)
        client.server.effects.instead(client, [side.upper() + b"POP", key])
        return [key, *taken]

    return wait(client, List, keys, parse_timeout(timeout), attempt)


@command("BLMPOP", arity=-5, flags="write blocking movablekeys")
def blmpop(client, timeout, *arguments):
    keys, side, count = lists.parse_many(arguments)

    def attempt(key, value):
        return lists.take_many(client, key, value, side, count)

    return wait(client, List, keys, parse_timeout(timeout), attempt)


@command("BLMOVE", arity=6, flags="write denyoom noscript blocking", keys=(1, 2, 1))
def blmove(client, source, destination, from_where, to_where, timeout):
    sides = lists.parse_side(from_where), lists.parse_side(to_where)
    as_command = [b"LMOVE", source, destination, from_where, to_where]
    return _blocking_move(client, source, destination, sides, timeout, as_command)


@command("BRPOPLPUSH", arity=4, flags="write denyoom noscript blocking", keys=(1, 2, 1))
def brpoplpush(client, source, destination, timeout):
    return _blocking_move(client, source, destination, (b"r", b"l"), timeout, [b"RPOPLPUSH", source, destination])


def _blocking_move(client, source, destination, sides, timeout, as_command):
    def attempt(key, value):
        element = lists.move(client, key, value, destination, *sides)
        client.server.effects.instead(client, as_command)
        return element

    return wait(client, List, [source], parse_timeout(timeout), attempt, denied=None)
