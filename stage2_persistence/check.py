"""`python -m stage2_persistence.check PATH…`: are these files whole, and what is in them?

A path is an RDB file, an append-only file, a manifest, or the directory of one. The exit code is 1 if anything is
damaged. `--fix` cuts a file of commands behind its last whole command, or in front of its last whole transaction, after
asking: right for the torn tail that a power cut leaves, and a heavy loss for damage in the middle, so the question says
how much goes. An RDB file cannot be mended. Redis's own tools are redis-check-rdb and redis-check-aof.
"""

import argparse
import sys

from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm

from stage2_persistence.checking import Finding, check
from stage2_persistence.disk import Disk
from stage2_persistence.outside import Outside


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m stage2_persistence.check",
        description="Are RDB files, append-only files and manifests whole, and what is in them?",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a directory with a manifest")
    parser.add_argument("--fix", action="store_true", help="cut off what is damaged at the end of an append-only file")
    parser.add_argument("--yes", action="store_true", help="don't ask before that")
    arguments = parser.parse_args(words)
    outside, console = Outside(), Console(soft_wrap=True, highlight=False)
    damaged = 0
    for path in arguments.paths:
        for finding in check(outside.disk, path, outside.clock.unix_ms()):
            show(console, finding)
            if finding.damage and not (arguments.fix and fix(console, outside.disk, finding, arguments.yes)):
                damaged += 1
    return 1 if damaged else 0


def show(console: Console, finding: Finding) -> None:
    """What is wrong with the file, or that nothing is, and what is in it."""
    path = escape(printable(finding.path))
    size = f"{finding.size:,} bytes" if finding.size else "empty"
    facts = escape(printable("; ".join(finding.facts)))
    if not finding.damage:
        console.print(f"{path}: {finding.form}, [bold green]whole[/]: {size}; {facts}")
        return
    console.print(f"{path}: {finding.form}, [bold red]damaged[/]: {escape(printable(finding.damage))}")
    if finding.facts:
        console.print(f"    {size}, in front of the damage: {facts}")


def fix(console: Console, disk: Disk, finding: Finding, unasked: bool) -> bool:
    """Cut the file off where it is still whole; True if that was done."""
    path, end = printable(finding.path), finding.whole_until
    if end is None:
        console.print(f"{escape(path)}: this cannot be mended: take a backup")
        return False
    if not finding.is_last:
        console.print(f"{escape(path)}: not cut off, for it is not the last file: what follows builds on it")
        return False
    where = "" if finding.is_torn else "The damage is in the middle, and whole commands may follow. "
    cut = f"from {finding.size:,} to {end:,} bytes, which loses the last {finding.size - end:,}"
    question = f"{where}Cut {escape(path)} {cut}?"
    try:
        if not unasked and not Confirm.ask(question, console=console, default=False):
            return False
    except EOFError:  # nobody is there to answer
        console.print()
        return False
    try:
        file = disk.append(finding.path)
        file.truncate(end)
        file.sync()
        file.close()
    except OSError as error:
        console.print(f"{escape(path)}: {error.strerror}")
        return False
    console.print(f"{escape(path)}: cut off, now whole")
    return True


def printable(text: str) -> str:
    """Names may hold anything, and shall not move the cursor of a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


if __name__ == "__main__":
    sys.exit(main())
