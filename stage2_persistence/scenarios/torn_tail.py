"""A file whose end was torn: the server died, or its disk was full, in the midst of a write.

The last command is there by half. Nobody can say what it was, but all before it is whole, so with
`aof-load-truncated yes` (Redis's default) the server cuts it off, says so, and starts. Damage in the middle is another
matter: what comes after it cannot be trusted, and no setting makes the server guess.
"""

import asyncio
from dataclasses import dataclass
from random import Random

from lab.dashboard import NOBODY, Watch
from lab.engine import Engine, EngineFailure, Node
from lab.result import Result
from lab.verdicts import Durability
from stage2_persistence.scenarios.policies import Policy, append_only
from stage2_persistence.scenarios.shops import Shop, aof_tail, log_text, open_shops

ORDERS_PER_SECOND = 200.0
GARBAGE = b"\x00\xff\x00"
TELLING = ("trunc", "bad file format", "unexpected end")  # in a line of the log that is about the damage

TORN_START = Policy("torn, load yes", append_only("always", "aof-load-truncated yes").directives)
TORN_REFUSE = Policy("torn, load no", append_only("always", "aof-load-truncated no").directives)
MIDDLE = Policy("garbage, load yes", TORN_START.directives)

COLUMNS = ["damage", "starts", "lost", "what its log says"]


@dataclass
class Outcome:
    damage: str
    setting: str
    confirmed: int
    kept: Durability | None  # None: it did not start, and nobody can ask
    said: str

    @property
    def started(self) -> bool:
        return self.kept is not None

    def row(self) -> list[str]:
        lost = f"{len(self.kept.lost)} of {self.confirmed}" if self.kept else "–"
        return [f"{self.damage}; aof-load-truncated {self.setting}", "yes" if self.started else "no", lost, self.said]


async def torn_tail(engine: Engine, seed: int, *, watch: Watch = NOBODY, quick: bool = False) -> Result:
    """A half-written last command, and garbage in the middle: what the server makes of a damaged file"""
    dice = Random(f"{seed} damage")
    watch.phase("orders come", "three servers with the same append-only file policy")
    async with open_shops(engine, seed, (TORN_START, TORN_REFUSE, MIDDLE), watch) as shops:
        for shop in shops:
            shop.take_orders(ORDERS_PER_SECOND)
        await engine.sleep(0.5 if quick else 2.0)
        watch.phase("the servers crash", "SIGKILL")
        fault = engine.now()
        await asyncio.gather(*(shop.node.kill() for shop in shops))

    watch.follow([])
    watch.phase("the files are damaged", "two lose the end of their last command, one gets garbage in the middle")
    torn, torn_too, middle = shops
    damages = [_tear(torn.node, dice), _tear(torn_too.node, dice), _spoil(middle.node)]
    watch.phase("restart", "what do the servers make of it?")
    settings = ("yes", "no", "yes")
    outcomes = [await _restart(*what, fault) for what in zip(shops, damages, settings)]
    return _judge(engine, seed, outcomes)


def _tear(node: Node, dice: Random) -> str:
    """Leave a part of the last command, the first byte at least."""
    path = aof_tail(node)
    content = node.disk.read(path)
    last_command = len(content) - content.rindex(b"*")  # orders hold no asterisk
    missing = dice.randrange(1, last_command)
    node.disk.cut_tail(path, missing)
    return f"{missing} of its last {last_command} bytes missing"


def _spoil(node: Node) -> str:
    path = aof_tail(node)
    content = node.disk.read(path)
    offset = content.index(b"*", len(content) // 2)
    node.disk.overwrite(path, offset, GARBAGE)
    return f"{len(GARBAGE)} bytes of garbage in the middle"


async def _restart(shop: Shop, damage: str, setting: str, fault: float) -> Outcome:
    confirmed, lines_before = shop.confirmed, len(shop.node.log)
    try:
        await shop.node.restart()
    except EngineFailure:
        kept = None
    else:
        kept = await shop.kept(fault)
    said = [line for line in shop.node.log[lines_before:] if any(word in line.lower() for word in TELLING)]
    return Outcome(damage, setting, confirmed, kept, log_text(said[-1]) if said else "nothing")


def _judge(engine: Engine, seed: int, outcomes: list[Outcome]) -> Result:
    cut, refused, middle = outcomes
    checks = {
        "orders were confirmed": cut.confirmed > 0,
        "with aof-load-truncated yes it started, without the torn order alone": (
            cut.kept is not None and len(cut.kept.lost) <= 1 and cut.kept.sound
        ),
        "with aof-load-truncated no it refused": not refused.started,
        "with garbage in the middle it refused": not middle.started,
        "each said why": all(outcome.said != "nothing" for outcome in outcomes),
    }
    lost = len(cut.kept.lost) if cut.kept else 0
    verdict = (
        f"A torn last command cost that one command: the server cut it off, said so and started, with {lost} of "
        f"{cut.confirmed} orders lost. (Only a failing disk tears what has been confirmed; a crash tears what it was "
        f"about to write.) Whoever would rather look first sets aof-load-truncated no, and gets a server that refuses "
        f"to start; redis-check-aof --fix then does the cutting. Garbage in the middle is refused in any case: the "
        f"orders behind it would be guesswork."
    )
    figures: dict[str, float] = {"confirmed": cut.confirmed, "lost": lost}
    return Result("torn-tail", engine.name, seed, verdict, checks, COLUMNS, [one.row() for one in outcomes], figures)
