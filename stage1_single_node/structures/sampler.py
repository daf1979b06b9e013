"""Random keys of a dictionary in constant time, which Python's dict does not offer.

A list of the keys is made once and drawn from; it is made anew after some draws, so that new keys get their turn.
Weak point: a key younger than the list is not drawn yet. For eviction and expiry, which look for the old, that is
harmless; small dictionaries are listed afresh at every draw, so there the choice is uniform.
"""

from random import Random

SMALL = 64  # listing so few keys costs less than a command
DRAWS_PER_LISTING = 16  # a list of n keys serves n / 16 draws: 16 list slots copied a draw, about 100 ns


class Sampler:
    """Draws keys of `source`, a dict that may change between draws."""

    __slots__ = ("_source", "_listed", "_draws_left")

    def __init__(self, source: dict):
        self._source = source
        self._listed: list = []
        self._draws_left = 0

    def draw(self, random: Random):
        """A random key that is in the dictionary now; None when it is empty."""
        source = self._source
        while source:
            if self._draws_left <= 0 or not self._listed:
                self._listed = list(source)
                self._draws_left = 1 if len(source) <= SMALL else len(source) // DRAWS_PER_LISTING
            self._draws_left -= 1
            listed = self._listed
            position = int(random.random() * len(listed))
            key = listed[position]
            if key in source:
                return key
            listed[position] = listed[-1]  # it has gone: forget it, so that no draw meets it twice
            listed.pop()
        self._listed = []
        return None
