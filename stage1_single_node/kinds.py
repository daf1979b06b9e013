"""The kinds of values that a key can hold, in the words that clients see: TYPE, SCAN TYPE, OBJECT ENCODING.

Source: getObjectTypeName and strEncoding in Redis 7.0's object.c.
"""

from stage1_single_node.errors import WRONG_TYPE, ReplyError
from stage1_single_node.structures.hash import Hash
from stage1_single_node.structures.list import List
from stage1_single_node.structures.numbers import parse_integer
from stage1_single_node.structures.set import Set
from stage1_single_node.structures.sorted_set import SortedSet

TYPE_NAMES: dict[type, str] = {
    bytes: "string",
    bytearray: "string",
    List: "list",
    Hash: "hash",
    Set: "set",
    SortedSet: "zset",
}
LONGEST_INTEGER = 20  # characters of -9223372036854775808
LONGEST_EMBEDDED = 44  # OBJ_ENCODING_EMBSTR_SIZE_LIMIT: with its headers such a string fills one 64-byte allocation


def type_name(value) -> str:
    """`string`, `list`, `hash`, `set`, `zset`; a value of any other class says itself what it is."""
    return TYPE_NAMES.get(type(value)) or value.type_name


def encoding(value) -> str:
    """How Redis would hold the value. Only a string that was edited in place is "raw" however short it is."""
    if type(value) is bytearray:
        return "raw"
    if type(value) is not bytes:
        return value.encoding
    if is_integer(value):
        return "int"
    return "embstr" if len(value) <= LONGEST_EMBEDDED else "raw"


def is_integer(value: bytes) -> bool:
    """Would Redis hold the string as a 64-bit integer?"""
    if len(value) > LONGEST_INTEGER:
        return False
    try:
        parse_integer(value)
    except ValueError:
        return False
    return True


def as_bytes(value: object) -> bytes:
    """A string as immutable bytes; raises WRONGTYPE for a value that is none."""
    if type(value) is bytes or type(value) is bytearray:
        return bytes(value)
    raise ReplyError(WRONG_TYPE)
