"""The same random script on ours and on the real server leaves the same commands in the append-only file."""

import pytest

from tests.interoperability.scripts import Script, script
from tests.stage2_persistence.files import commands
from tests.stage2_persistence.node import Node
from tests.target import Target

SETTINGS = ("--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", 0, "--hz", 500)
COMMANDS_PER_SCRIPT = 1000
MOMENT_MS = 60_000  # between the same command on one server and on the other, at the worst
REPLAY = "replay: pytest tests/interoperability/test_stage2_stream.py --seeds {seed}:1"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        first, _, count = metafunc.config.getoption("--seeds").partition(":")
        metafunc.parametrize("seed", range(int(first), int(first) + int(count or 1)))


def node(target: Target, factory: pytest.TempPathFactory):
    node = Node(target, factory.mktemp("stream"), *SETTINGS)
    node.start()
    yield node
    node.end()


@pytest.fixture(scope="module")
def stage2(request, tmp_path_factory):
    yield from node(Target(request.config.getoption("--target"), stage="stage2_persistence"), tmp_path_factory)


@pytest.fixture(scope="module")
def real2(tmp_path_factory):
    yield from node(Target("redis", stage=""), tmp_path_factory)


def stream(here: Node, steps: Script) -> list[str]:
    """What the steps leave in the file, on a server that holds nothing."""
    clients = [here.server.connect() for _ in range(2)]
    clients[0]("FLUSHALL")
    clients[0]("DEBUG", "SET-ACTIVE-EXPIRE", 0)  # keys expire when they are used, not at random moments
    start = here.manifest.incremental.stat().st_size
    clients[0]("SET", "mark", "")  # leaves the file at database 0
    for number, command in steps:
        clients[number].pipeline(tuple(command))
    here.server.close_connections()
    with here.manifest.incremental.open("rb") as file:
        file.seek(start)
        lines = commands(file.read())
    return lines[lines.index("SET mark ") + 1 :]


def digests(here: Node) -> list[str]:
    """Of the data, and of what the file makes of it when it is loaded again."""
    with here.server.connect() as client:
        return [client("DEBUG", "DIGEST"), client("DEBUG", "LOADAOF") and client("DEBUG", "DIGEST")]


def alike(one: str, other: str) -> bool:
    """The same words, but for moments that were reckoned from now."""
    if one == other:
        return True
    pairs = list(zip(one.split(" "), other.split(" ")))
    moments = [abs(int(a) - int(b)) for a, b in pairs if a != b and a.isdigit() and b.isdigit()]
    return len(moments) == sum(a != b for a, b in pairs) == 1 and moments[0] < MOMENT_MS


def test_random_scripts_leave_the_same_commands(stage2, real2, seed):
    steps = script(seed, COMMANDS_PER_SCRIPT)
    ours, real = stream(stage2, steps), stream(real2, steps)
    assert len(real) > COMMANDS_PER_SCRIPT / 10
    assert len({*digests(stage2), *digests(real2)}) == 1, REPLAY.format(seed=seed)
    for place, (one, other) in enumerate(zip(ours, real)):
        before = "\n  ".join(real[max(0, place - 5) : place])
        assert alike(one, other), f"after\n  {before}\nours: {one!r}\nreal: {other!r}\n{REPLAY.format(seed=seed)}"
    assert len(ours) == len(real), f"{(ours + real)[min(len(ours), len(real))]!r}\n{REPLAY.format(seed=seed)}"
