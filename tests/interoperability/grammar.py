"""Random sentences from patterns that read like Redis's own documentation.

    SET <string> <value> [NX | XX] [EX <seconds> | KEEPTTL]      [ ] perhaps, | either
    LPUSH <list> <value>+                                        + once to four times
    LMOVE <list> <list> (LEFT | RIGHT) (LEFT | RIGHT)            ( ) a choice that must be made

What stands in < > is looked up in a vocabulary of functions from dice to words.
"""

import re
from collections.abc import Callable, Mapping
from random import Random

Word = bytes
Vocabulary = Mapping[str, Callable[[Random], Word]]

OPTION_PROBABILITY = 0.35
MOST_REPETITIONS = 4


class Pattern:
    """One line of a grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = re.findall(r"<\w+>|[\[\]()|+]|[^\s\[\]()|+<>]+", text)
        self._position = 0
        self._alternatives = self._parse_alternatives()
        assert self._position == len(self._tokens), f"cannot be read to its end: {text}"

    def sentence(self, dice: Random, vocabulary: Vocabulary) -> list[Word]:
        return self._say(self._alternatives, dice, vocabulary)

    def _parse_alternatives(self) -> list[list]:
        """Everything up to a closing bracket: alternatives, each a list of (kind, content, repeated)."""
        alternatives: list[list] = [[]]
        while self._position < len(self._tokens) and self._tokens[self._position] not in "])":
            token = self._tokens[self._position]
            self._position += 1
            if token == "|":
                alternatives.append([])
                continue
            content: object = token.encode()
            if token in "[(":
                content = self._parse_alternatives()
                self._position += 1
            elif token.startswith("<"):
                content = token[1:-1]
            repeated = self._position < len(self._tokens) and self._tokens[self._position] == "+"
            self._position += repeated
            kind = {"[": "option", "(": "choice"}.get(token, "name" if token.startswith("<") else "word")
            alternatives[-1].append((kind, content, repeated))
        return alternatives

    def _say(self, alternatives: list[list], dice: Random, vocabulary: Vocabulary) -> list[Word]:
        words: list[Word] = []
        for kind, content, repeated in dice.choice(alternatives):
            for _ in range(dice.randint(1, MOST_REPETITIONS) if repeated else 1):
                if kind == "word":
                    words.append(content)
                elif kind == "name":
                    words.append(vocabulary[content](dice))
                elif kind == "choice" or dice.random() < OPTION_PROBABILITY:
                    words += self._say(content, dice, vocabulary)
        return words
