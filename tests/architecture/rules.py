"""The rules. Each takes modules and returns its offences, one line each that says where, what, and what instead."""

import ast
from collections.abc import Collection, Mapping

from tests.architecture.source import Module, Modules, classes, functions, imported_modules, imports, stage_of

# A stage's experiments stand on the laboratory's side of the fence: they run the server from outside, as a process.
EXPERIMENTS = {"demo", "inject_failure", "benchmark", "scenarios"}

# What a later stage's server may override: the points where it joins the server below.
SEAMS = {
    "__init__",
    "commands",
    "outside_class",
    "guard",
    "propagate",
    "feed",  # stage 2's, as are the next two
    "wants_writes",
    "aux_fields",
    "deliver",
    "may_expire",
    "cron",
    "info",
    "start",
    "stop",
    "shut_down",
    "disconnected",
}

OUTSIDE = {"time", "random", "socket", "os", "secrets"}

LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def is_experiment(module: Module) -> bool:
    parts = module.name.split(".")
    return len(parts) > 1 and parts[1] in EXPERIMENTS


# ── the staircase ──


def imports_go_down(known: Modules) -> list[str]:
    """A stage imports itself and the stages below; its experiments the laboratory too; the laboratory no stage."""
    offences = []
    for module in known.values():
        for target in sorted(imported_modules(module, known)):
            other = known[target]
            if other.top == module.top:
                if is_experiment(other) and not is_experiment(module):
                    offences.append(f"{module.name} imports {target}: a server knows nothing of the experiments on it")
            elif other.top == "lab":
                if module.stage is not None and not is_experiment(module):
                    offences.append(f"{module.name} imports {target}: a server knows nothing of the laboratory")
            elif module.top == "lab":
                offences.append(f"{module.name} imports {target}: the laboratory starts stages by name")
            elif is_experiment(other):
                offences.append(f"{module.name} imports {target}: an experiment belongs to its stage")
            elif module.stage is not None and other.stage is not None and other.stage > module.stage:
                offences.append(f"{module.name} imports {target}: that is up the stairs")
    return offences


def no_circles(known: Modules) -> list[str]:
    """No module imports itself through others (Tarjan would name whole components; one path says more)."""
    graph = {name: sorted(imported_modules(module, known) - {name}) for name, module in known.items()}
    finished: set[str] = set()
    offences: list[str] = []

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            offences.append("a circle: " + " → ".join([*path[path.index(name) :], name]))
        elif name not in finished:
            for target in graph[name]:
                visit(target, [*path, name])
            finished.add(name)

    for name in sorted(graph):
        visit(name, [])
    return offences


def imports_stand_on_top(known: Modules) -> list[str]:
    """No import inside a function or class, and none under TYPE_CHECKING: both only hide a circle."""
    offences = []
    for module in known.values():
        hidden = [
            node
            for holder in ast.walk(module.tree)
            if isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            or (isinstance(holder, ast.If) and "TYPE_CHECKING" in ast.unparse(holder.test))
            for node in ast.walk(holder)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        for line in sorted({node.lineno for node in hidden}):
            offences.append(f"{module.path}:{line} imports inside something: imports stand at the top of a file")
    return offences


# ── the stages' servers ──


def one_server_with_one_parent(known: Modules) -> list[str]:
    """stageN/server.py holds one class, Server; from stage 2 on its one parent is the Server of the stage below."""
    offences = []
    tops = {module.stage: module.top for module in known.values() if module.stage is not None}
    for stage, top in sorted(tops.items()):
        server = known.get(f"{top}.server")
        if server is None:
            offences.append(f"{top} has no server.py")
            continue
        named = [node for node in classes(server) if node.name == "Server"]
        if len(classes(server)) != 1 or not named:
            offences.append(
                f"{server.path} holds {[node.name for node in classes(server)]}: one class, Server, and only wiring"
            )
            continue
        if stage == 1:
            if named[0].bases:
                offences.append(f"{server.path}: the first server has no parent")
        elif len(named[0].bases) != 1 or f"{tops.get(stage - 1)}.server" not in imported_modules(server, known):
            offences.append(f"{server.path}: Server has one parent, the Server of the stage below")
    return offences


def only_seams_are_overridden(known: Modules) -> list[str]:
    """A later stage's Server overrides the seams that stage 1 names, and no other method of the servers below."""
    offences = []
    below: set[str] = set()
    servers = [module for name, module in known.items() if name.endswith(".server") and module.stage is not None]
    for module in sorted(servers, key=lambda module: module.stage or 0):
        methods = {name for node in classes(module) for name, _ in functions(node) if "." not in name}
        for name in sorted((methods & below) - SEAMS):
            offences.append(
                f"{module.path} overrides {name}, which is no seam: name the seam in stage 1, with its reason"
            )
        below |= methods
    return offences


# ── the outside ──


def the_outside_is_reached_here_alone(known: Modules, allowed: Collection[str]) -> list[str]:
    """Clocks, dice, sockets and files come in through a few named files; `from random import Random` names a type.

    `allowed` is checked too: a file in it that reaches for nothing outside has no business there.
    """
    offences, needed = [], set()
    for module in known.values():
        if stage_of(module.top) is None or is_experiment(module):
            continue
        reached = {name.split(".")[0] for _, name in imports(module) if name != "random.Random"} & OUTSIDE
        if any(is_fresh_dice(node) for node in ast.walk(module.tree)):
            reached.add("random")
        if reached:
            needed.add(module.path)
        if reached and module.path not in allowed:
            offences.append(f"{module.path} reaches for {sorted(reached)}: the server hands its clock, random, disk in")
    offences += [f"{path} is listed as outside, and isn't" for path in sorted(set(allowed) - needed)]
    return offences


def is_fresh_dice(node: ast.AST) -> bool:
    """Random() without a seed: a run with it could not be replayed."""
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("Random", "random.Random")
        and not node.args
        and not node.keywords
    )


# ── budgets ──


def a_core_fits_one_sitting(known: Modules, core: Collection[str], most_lines: int) -> list[str]:
    missing = [f"{name} is of the core, and isn't there" for name in core if name not in known]
    lines = {name: known[name].lines for name in core if name in known}
    if sum(lines.values()) > most_lines:
        missing.append(f"the core has {sum(lines.values())} lines, more than {most_lines}: {lines}")
    return missing


def files_and_functions_are_short(known: Modules, reasons: Mapping[str, str]) -> list[str]:
    """Longer ones stand in `reasons`, by path or path::function, and nothing stands there for nothing."""
    long = {}
    for module in known.values():
        if module.lines > LONGEST_FILE:
            long[module.path] = module.lines
        for name, node in functions(module.tree):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                long[f"{module.path}::{name}"] = length
    offences = [
        f"{what} has {lines} lines: make it shorter, or give the reason"
        for what, lines in long.items()
        if what not in reasons
    ]
    offences += [f"{what} is excused, and is short" for what in reasons if what not in long]
    offences += [f"{what} is excused without a reason" for what, reason in reasons.items() if len(reason) < 20]
    return sorted(offences)


# ── the suites ──


def every_claim_has_points(suites: Modules) -> list[str]:
    offences = []
    for module in suites.values():
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                if not any("points(" in ast.unparse(decorator) for decorator in node.decorator_list):
                    offences.append(f"{module.path}::{node.name} is worth no points")
    return offences


def no_test_sleeps(suites: Modules) -> list[str]:
    """A fixed sleep is too short on a busy machine and too long on any other: wait for a condition, with a deadline."""
    return [
        f"{module.path}:{node.lineno} sleeps: wait with tests.waiting.eventually"
        for module in suites.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep", "asyncio.sleep")
    ]
