"""The append-only directory on the disk: its manifest read and replaced, its files found, the superfluous deleted.

Contract: knows no server; every change of the manifest is on the disk, under its name, before the method returns.
Source: Redis 7.0's aof.c (aofLoadManifestFromDisk, persistAofManifest, aofUpgradePrepare, aofDelHistoryFiles).
"""

from contextlib import suppress

from stage1_single_node.errors import CannotStart
from stage2_persistence.manifest import AofFile, BadManifest, Manifest, parse

TEMPORARY = "temp-"


class AofDirectory:
    def __init__(self, config, outside):
        self._config, self._disk, self._log = config, outside.disk, outside.log
        self.manifest = Manifest(config.appendfilename)

    @property
    def name(self) -> str:
        return self._config.appenddirname

    @property
    def temporary_incremental(self) -> str:
        """Where writes go while appendonly is being turned on and the first base is not there yet."""
        return self.path(f"{TEMPORARY}{self._config.appendfilename}.incr")

    def path(self, name: str) -> str:
        return f"{self.name}/{name}"

    def create(self) -> None:
        """Make the directory if it is missing; raises OSError.

        It is synced also if it was there: who made it, or renamed a file in it, may have died before he could do that.
        """
        self._disk.make_directory(self.name)
        self._disk.sync_directory("")
        self._disk.sync_directory(self.name)

    # The manifest

    def read(self) -> None:
        """At the start: what is there? Raises CannotStart if that cannot be said."""
        prefix = self._config.appendfilename
        self.manifest = Manifest(prefix)
        path = self.path(f"{prefix}.manifest")
        try:
            text = self._disk.read_whole(path).decode(errors="surrogateescape")
            self.manifest = parse(text, prefix)
        except (FileNotFoundError, NotADirectoryError):
            return
        except (BadManifest, OSError) as error:
            self._log("warning", f"*** FATAL AOF MANIFEST FILE ERROR *** {path}: {error}")
            raise CannotStart from None

    def replace(self, manifest: Manifest) -> None:
        """This is the data set from now on, also after a power cut; raises OSError, and then it is as it was."""
        try:
            self._write(manifest)
        except OSError:
            with suppress(OSError):
                self._write(self.manifest)  # the new one may have its name, and only the directory was not synced
            raise
        self.manifest = manifest

    def _write(self, manifest: Manifest) -> None:
        name = f"{self._config.appendfilename}.manifest"
        if not manifest.text():  # an empty one would be an error
            self._disk.remove(self.path(name))
            return
        content = manifest.text().encode(errors="surrogateescape")
        self._disk.replace(self.path(name), content, self.path(TEMPORARY + name))

    def remove_history(self) -> None:
        """Delete what no manifest needs any more. Nothing is lost if that fails: the next time will do it."""
        if self._config.aof_disable_auto_gc or not self.manifest.history:
            return
        for file in self.manifest.history:
            self._log("notice", f"Removing the history file {file.name} in the background")
            self._disk.discard(self.path(file.name))
        try:
            self.replace(self.manifest.without_history())
        except OSError as error:
            self._log("warning", f"Can't write the AOF manifest without history: {error.strerror}")

    # The files

    def sizes(self) -> dict[AofFile, int]:
        """In bytes, of all that is to be loaded; raises OSError for one that is missing."""
        return {file: self._disk.size(self.path(file.name)) for file in self.manifest.files}

    def upgrade(self) -> None:
        """A server before 7.0 left one file beside the directory: make it the base. Raises CannotStart.

        The manifest names it before it is moved in: a crash between leaves a base that is missing in the directory and
        a file outside that bears its name, and the next start goes on here.
        """
        old = self._config.appendfilename
        manifest = self.manifest
        half_done = manifest.base is not None and manifest.base.name == old and not self._disk.exists(self.path(old))
        if manifest.incrementals or (manifest.base and not half_done) or not self._disk.exists(old):
            return
        try:
            self.create()
            self.replace(Manifest(old).with_upgraded())
            self._disk.rename(old, self.path(old))
            self._disk.sync_directory(self.name)
            self._disk.sync_directory("")
        except OSError as error:
            self._log("warning", f"Error trying to move the old AOF file {old} into dir {self.name}: {error.strerror}")
            raise CannotStart from None
        done = f"Successfully migrated an old-style AOF file ({old}) into the AOF directory ({self.name})."
        self._log("notice", done)
