"""How much memory Python's objects take: `sys.getsizeof`, and what it leaves out.

`getsizeof` knows an object alone, without those that it refers to, and Python's allocator rounds up to 16 bytes. Large
collections are judged by their first elements, because walking a million elements at every change is no option.
"""

from collections.abc import Iterable
from itertools import islice
from sys import getsizeof

SAMPLES = 5  # OBJ_COMPUTE_SIZE_DEF_SAMPLES: elements that a collection is judged by

# One entry of a dictionary: hash, key and value (24 bytes) and its part of the index. A dictionary doubles when it is
# two thirds full, so an entry takes between 30 and 60 bytes, and over a life of growing about so much.
DICT_SLOT = 44
INTEGER = 32  # one that is not among the small ones that Python makes once and for all
FLOAT = 32


def object_bytes(thing: object) -> int:
    """An object alone."""
    return (getsizeof(thing) + 15) & ~15


def strings_bytes(strings: Iterable[bytes], count: int, samples: int = SAMPLES) -> int:
    """What `count` strings take, judged by the first `samples` of them; 0 looks at all."""
    looked_at = [object_bytes(string) for string in islice(strings, samples or None)]
    return sum(looked_at) * count // len(looked_at) if looked_at else 0
