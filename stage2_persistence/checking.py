"""Is a file whole, and what is in it? For RDB files, append-only files, and manifests with all that they name.

The loader's own readers do the work, so what they would refuse is refused here; but nothing is kept: what a megabyte of
the file has brought is counted and dropped, so that a file of any size is checked in a few megabytes. (The price: a key
that stands in an RDB file twice, far apart, is not noticed here.)
Contract: a Finding for each file, and no exception for whatever is wrong with it. Nothing is changed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from random import Random
from typing import BinaryIO

from stage1_single_node.config import Config
from stage1_single_node.keyspace import Database, Keyspace
from stage1_single_node.kinds import type_name
from stage2_persistence.aof_reader import CommandReader, Truncated
from stage2_persistence.disk import Disk
from stage2_persistence.manifest import BadManifest, parse
from stage2_persistence.rdb_format import MAGIC, Corrupt
from stage2_persistence.rdb_reader import RdbReader

MOST_DATABASES = 2**31 - 1  # whatever `databases` says where the file is loaded
CHECKSUM_BYTES = 8


@dataclass
class Finding:
    """What there is to say of one file."""

    path: str
    form: str  # RDB, AOF, RDB and AOF, manifest
    facts: list[str] = field(default_factory=list)
    damage: str = ""  # in one line, with the offset
    size: int = 0
    whole_until: int | None = None  # of a damaged file of commands: what can be kept
    is_torn: bool = False  # it only ends too early
    is_last: bool = True  # of its data set: only the last file may be cut


def check(disk: Disk, path: str, now_ms: int) -> Iterator[Finding]:
    """Of the file, or of a manifest or the one in a directory and of all files that it names."""
    try:
        names = [path]
        if is_directory(disk, path):
            names = [f"{path}/{name}" for name in disk.names(path) if is_manifest_name(name)]
            if not names:
                yield Finding(path, "directory", damage="no manifest in this directory")
        for name in names:
            with disk.read(name) as file:
                head = file.read(len(MAGIC))
            if is_manifest_name(name) or head.startswith(b"file"):
                yield from check_manifest(disk, name, now_ms)
            else:
                yield check_file(disk, name, now_ms)
    except OSError as error:
        yield Finding(path, "file", damage=str(error.strerror))


def is_directory(disk: Disk, path: str) -> bool:
    try:
        disk.names(path)
    except NotADirectoryError:
        return False
    return True


def is_manifest_name(path: str) -> bool:
    """Temporary ones are what a crash leaves behind; nobody reads them."""
    name = PurePath(path).name
    return name.endswith(".manifest") and not name.startswith("temp-")


def check_manifest(disk: Disk, path: str, now_ms: int) -> Iterator[Finding]:
    finding = Finding(path, "manifest", size=disk.size(path))
    text = disk.read_whole(path).decode(errors="surrogateescape")
    try:
        manifest = parse(text, PurePath(path).name.removesuffix(".manifest"))
    except BadManifest as error:
        finding.damage = str(error)
        yield finding
        return
    base = [f"base {manifest.base.name}"] if manifest.base else []
    finding.facts = [*base, counted(len(manifest.incrementals), "incremental file")]
    if manifest.history:
        finding.facts.append(counted(len(manifest.history), "file") + " of history, not needed any more")
    yield finding
    for file in manifest.files:
        part = str(PurePath(path).parent / file.name)
        try:
            finding = check_file(disk, part, now_ms)
        except OSError as error:
            finding = Finding(part, "file", damage=f"{error.strerror}, and the manifest names it")
        finding.is_last = file == manifest.files[-1]
        yield finding


def check_file(disk: Disk, path: str, now_ms: int) -> Finding:
    """An RDB file, or commands, or commands behind an RDB file, as the append-only files of Redis 4 to 6 were."""
    finding = Finding(path, "AOF", size=disk.size(path))
    with disk.read(path) as file:
        is_rdb = file.read(len(MAGIC)) == MAGIC or PurePath(path).suffix == ".rdb"
        file.seek(0)
        try:
            start = check_rdb(finding, file, now_ms) if is_rdb else 0
            if not is_rdb or start < finding.size:
                finding.form = "RDB and AOF" if is_rdb else "AOF"
                check_commands(finding, file, start)
        except Corrupt as error:
            finding.damage = str(error)
    return finding


# RDB


class Databases(Sequence[Database]):
    """As many as a file may name; each is made when it is named, and emptied when it has been counted."""

    def __init__(self) -> None:
        self.named: dict[int, Database] = {}
        self.kinds: Counter[str] = Counter()
        self.expiring = self.expired = 0
        self._keyspace = Keyspace(1, Random(0))

    def __len__(self) -> int:
        return MOST_DATABASES

    def __getitem__(self, index):
        if index not in self.named:
            self.named[index] = Database(self._keyspace, index)
        return self.named[index]

    def take(self, now_ms: int) -> None:
        for database in self.named.values():
            self.kinds.update(map(type_name, database.data.values()))
            self.expiring += len(database.expires)
            self.expired += sum(deadline < now_ms for deadline in database.expires.values())
            database.data.clear()
            database.expires.clear()
            database.accessed.clear()


def check_rdb(finding: Finding, file: BinaryIO, now_ms: int) -> int:
    """Where it ends; raises Corrupt. In both cases `finding` gets the facts."""
    finding.form = "RDB"
    databases = Databases()
    reader = RdbReader(file, finding.size, databases, Config())
    try:
        for _ in reader.load():
            databases.take(now_ms)
    finally:
        databases.take(now_ms)
        finding.facts += rdb_facts(reader, databases)
    file.seek(reader.offset - CHECKSUM_BYTES)
    finding.facts.append("checksum OK" if any(file.read(CHECKSUM_BYTES)) else "no checksum")
    return reader.offset


def rdb_facts(reader: RdbReader, databases: Databases) -> list[str]:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(databases.kinds.items()))
    keys = counted(reader.keys_loaded, "key") + (f" ({kinds})" if kinds else "")
    facts = [keys + f" in {counted(len(databases.named), 'database')}" if kinds else keys]
    if databases.expiring:
        facts.append(f"{databases.expiring:,} with a deadline, {databases.expired:,} of them expired")
    if reader.empty_keys:
        facts.append(counted(reader.empty_keys, "empty collection") + " that will be left out")
    if reader.functions:
        facts.append(counted(len(reader.functions), "library", "libraries") + " of functions")
    if b"redis-ver" in reader.aux:
        facts.insert(0, f"written by Redis {reader.aux[b'redis-ver'].decode(errors='replace')}")
    return facts


# AOF


def check_commands(finding: Finding, file: BinaryIO, start: int) -> None:
    """Raises Corrupt; in any case `finding` gets the facts."""
    file.seek(start)
    reader = CommandReader(file, start, finding.size)
    names: Counter[bytes] = Counter()
    try:
        for batch in reader:
            names.update([argv[0].upper() for argv in batch])
    except Corrupt as error:
        finding.whole_until, finding.is_torn = reader.whole_until, isinstance(error, Truncated)
        raise
    finally:
        most = ", ".join(f"{count:,} {name.decode(errors='replace')}" for name, count in names.most_common(5))
        more = ", …" if len(names) > 5 else ""
        finding.facts.append(counted(names.total(), "command") + (f" ({most}{more})" if most else ""))


def counted(number: int, what: str, plural: str = "") -> str:
    return f"{number:,} {what if number == 1 else plural or what + 's'}"
