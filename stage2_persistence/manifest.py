"""The manifest of the append-only directory: which files, in which order, are the data set.

    appendonlydir/
        appendonly.aof.2.base.rdb      b  the whole data set as it was when the last rewrite began
        appendonly.aof.4.incr.aof      i  every write since; only the last one of these is still written to
        appendonly.aof.3.incr.aof      h  history: a rewrite has made it superfluous, it will be deleted
        appendonly.aof.manifest        the list of these files, a line each

Whoever loads the data set believes the manifest alone, so replacing it is the one step at which a rewrite takes
effect, all at once. What a crash leaves beside it (a new base that nobody names yet) is never read.
Contract: pure; a manifest is a value, and each change makes a new one. Source: Redis 7.0's aof.c;
https://redis.io/docs/management/persistence/
"""

from dataclasses import dataclass, replace

from stage1_single_node.words import split_words

BASE, INCREMENTAL, HISTORY = "b", "i", "h"
LONGEST_LINE = 1024  # MANIFEST_MAX_LINE


class BadManifest(Exception):
    """The text is no manifest; says where and why."""


@dataclass(frozen=True)
class AofFile:
    """A line of the manifest."""

    name: str
    sequence: int
    kind: str

    def line(self) -> str:
        return f"file {_quoted(self.name)} seq {self.sequence} type {self.kind}\n"


@dataclass(frozen=True)
class Manifest:
    """The files of one data set."""

    prefix: str  # appendfilename, with which the files' names begin
    base: AofFile | None = None
    incrementals: tuple[AofFile, ...] = ()  # in the order in which they are to be replayed
    history: tuple[AofFile, ...] = ()
    base_sequence: int = 0  # of the newest base there has been
    incremental_sequence: int = 0

    @property
    def files(self) -> tuple[AofFile, ...]:
        """What is to be loaded, in order."""
        return tuple(filter(None, (self.base, *self.incrementals)))

    def text(self) -> str:
        """As in the file: base, history, incrementals."""
        files = (self.base, *self.history, *self.incrementals)
        return "".join(file.line() for file in files if file)

    def with_incremental(self) -> "Manifest":
        """One more file to write to, behind all others."""
        sequence = self.incremental_sequence + 1
        file = AofFile(f"{self.prefix}.{sequence}.incr.aof", sequence, INCREMENTAL)
        return replace(self, incrementals=(*self.incrementals, file), incremental_sequence=sequence)

    def with_base(self, as_rdb: bool, still_needed: int) -> "Manifest":
        """A new base, `files[0]`: history are now the old one and all incrementals but the `still_needed` last ones."""
        sequence = self.base_sequence + 1
        file = AofFile(f"{self.prefix}.{sequence}.base.{'rdb' if as_rdb else 'aof'}", sequence, BASE)
        cut = len(self.incrementals) - still_needed
        history = tuple(replace(old, kind=HISTORY) for old in (self.base, *self.incrementals[:cut]) if old)
        return replace(
            self,
            base=file,
            base_sequence=sequence,
            incrementals=self.incrementals[cut:],
            history=(*history, *self.history),
        )

    def with_upgraded(self) -> "Manifest":
        """The one file of a server before 7.0, under its own name, as the base."""
        return replace(self, base=AofFile(self.prefix, 1, BASE), base_sequence=1)

    def without_history(self) -> "Manifest":
        return replace(self, history=())


def parse(text: str, prefix: str) -> Manifest:
    """Read a manifest file; raises BadManifest."""
    manifest = Manifest(prefix)
    lines = text.split("\n")
    if lines[-1]:
        raise BadManifest(f"line {len(lines)} does not end: the manifest was cut off, or its line is too long")
    if len(lines) == 1:
        raise BadManifest("Found an empty AOF manifest")
    for number, line in enumerate(lines[:-1], 1):
        if not line.startswith("#"):
            try:
                manifest = _with(manifest, _parse_line(line.strip(" \t\r")))
            except BadManifest as error:
                raise BadManifest(f"{error}, at line {number}: '{line.strip()}'") from None
    return manifest


def _with(manifest: Manifest, file: AofFile) -> Manifest:
    if file.kind == BASE:
        if manifest.base:
            raise BadManifest("Found duplicate base file information")
        return replace(manifest, base=file, base_sequence=file.sequence)
    if file.kind == HISTORY:
        return replace(manifest, history=(*manifest.history, file))
    if file.kind != INCREMENTAL:
        raise BadManifest("Unknown AOF file type")
    if file.sequence <= manifest.incremental_sequence:
        raise BadManifest("Found a non-monotonic sequence number")
    return replace(manifest, incrementals=(*manifest.incrementals, file), incremental_sequence=file.sequence)


def _parse_line(line: str) -> AofFile:
    if len(line) > LONGEST_LINE:
        raise BadManifest("The AOF manifest file contains too long line")
    found = split_words(line.encode(errors="surrogateescape"))
    if not found or len(found) < 6 or len(found) % 2:  # more than six words: what a later version adds
        raise BadManifest("Invalid AOF manifest file format")
    words = [word.decode(errors="surrogateescape") for word in found]
    facts = {name.lower(): value for name, value in zip(words[::2], words[1::2])}
    name, sequence, kind = facts.get("file", ""), facts.get("seq", ""), facts.get("type", "")
    if not name or not kind or not (sequence.isascii() and sequence.isdigit()) or not int(sequence):
        raise BadManifest("Invalid AOF manifest file format")
    if "/" in name or "\\" in name or "\0" in name:
        raise BadManifest("File can't be a path, just a filename")
    return AofFile(name, int(sequence), kind[0])


def _quoted(name: str) -> str:
    """In quotes and escaped, as words.py reads it, where the name would not be one plain word otherwise."""
    if name and all(33 <= ord(letter) <= 126 and letter not in "\"'\\" for letter in name):
        return name
    data = name.encode(errors="surrogateescape")
    return (
        '"'
        + "".join(chr(byte) if 32 <= byte <= 126 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in data)
        + '"'
    )
