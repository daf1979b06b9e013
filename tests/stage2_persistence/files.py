"""The files of an AOF, as a test reads them: the manifest, and the commands in a part."""

from pathlib import Path
from typing import NamedTuple

from tests.wire import Reader


class Part(NamedTuple):
    """One line of a manifest: `file appendonly.aof.1.incr.aof seq 1 type i`."""

    name: str
    number: int
    kind: str  # b: base, i: incremental, h: history, about to be deleted


class Manifest:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = path.parent

    @property
    def parts(self) -> list[Part]:
        lines = [line.split() for line in self.path.read_text().splitlines()]
        assert all(line[::2] == ["file", "seq", "type"] for line in lines), lines
        return [Part(name, int(number), kind) for _, name, _, number, _, kind in lines]

    @property
    def kinds(self) -> str:
        return "".join(part.kind for part in self.parts)

    @property
    def base(self) -> Path:
        return next(self.directory / part.name for part in self.parts if part.kind == "b")

    @property
    def incremental(self) -> Path:
        """The file that is written to now: the last one."""
        return [self.directory / part.name for part in self.parts if part.kind == "i"][-1]


def commands(data: bytes) -> list[str]:
    """The commands that stand in a part of an AOF, each as one line; an annotation (#TS:…) as itself."""
    reader, lines = Annotated(data), []
    while reader.more:
        lines.append(reader.line())
    return lines


class Annotated(Reader):
    @property
    def more(self) -> bool:
        return bool(self._buffer)

    def line(self) -> str:
        if self._buffer.startswith(b"#"):
            return bytes(self._line()).decode()
        return b" ".join(self.read_value()).decode("latin-1")
