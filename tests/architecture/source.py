"""Source code as the rules see it: modules by name, with their syntax trees and what they import."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    path: str  # from the repository's root
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The dotted name; that of the package for its __init__.py."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def top(self) -> str:
        return self.path.split("/")[0]

    @property
    def stage(self) -> int | None:
        return stage_of(self.top)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


Modules = Mapping[str, Module]


def stage_of(package: str) -> int | None:
    """6 for stage6_cluster, None for what is no stage."""
    match = re.fullmatch(r"stage(\d+)_\w+", package)
    return int(match[1]) if match else None


def modules(files: Mapping[str, str]) -> Modules:
    """Modules by name, from texts by path."""
    parsed = [Module(path, text, ast.parse(text, path)) for path, text in files.items()]
    return {module.name: module for module in parsed}


def repository(*patterns: str) -> Modules:
    """The modules of this checkout whose paths match one of the patterns."""
    paths = sorted({path for pattern in patterns for path in REPOSITORY.glob(pattern)})
    return modules({path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8") for path in paths})


def imports(module: Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every import statement, wherever it stands, with each dotted name that it names."""
    package = module.name if module.path.endswith("/__init__.py") else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            for alias in node.names:
                yield node, f"{base}.{alias.name}"


def imported_modules(module: Module, known: Modules) -> set[str]:
    """Which of the known modules it imports: `from a.b import c` is a.b.c if that is a module, and otherwise a.b."""
    found = set()
    for _, name in imports(module):
        while name and name not in known:
            name = name.rpartition(".")[0]
        if name:
            found.add(name)
    return found


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its name behind those of what it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inside + node.name, node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from functions(node, f"{inside}{node.name}.")
        else:
            yield from functions(node, inside)


def classes(module: Module) -> list[ast.ClassDef]:
    return [node for node in module.tree.body if isinstance(node, ast.ClassDef)]
