"""Reads who imports whom out of the source, without running any of it."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("clm", "producers", "worker")

#: Lowest first. A name stands for itself and for everything below it.
FLOORS = (
    ("clm.errors", "clm.model", "clm.events", "clm.scope", "clm.records", "clm.policy", "clm.machine"),
    ("clm.decisions",),
    ("clm.ports", "clm.steps", "clm.manager"),
    ("clm.learning", "clm.store", "clm.data"),
    ("clm.replay",),
    ("producers",),
    ("worker",),
)
#: The lazy front door names things of every floor of the library, so nothing in there may use it.
FRONT_DOOR, FRONT_DOOR_FLOOR = "clm", 4


@dataclass(frozen=True)
class Arrow:
    """One module names another, at a line of a file, at the top or inside a function."""

    source: str
    target: str
    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.source} -> {self.target}"


@dataclass(frozen=True)
class Graph:
    """The modules found under a root, and every import in them."""

    modules: dict[str, Path]
    arrows: tuple[Arrow, ...]

    def inside(self) -> Iterator[Arrow]:
        """The arrows that end in one of our own modules."""
        return (arrow for arrow in self.arrows if arrow.target in self.modules)


def floor_of(module: str) -> int | None:
    """The floor a module stands on; None: nobody gave it one."""
    if module == FRONT_DOOR:
        return FRONT_DOOR_FLOOR
    return next((at for at, homes in enumerate(FLOORS) if within(module, homes)), None)


def within(module: str, homes: Iterable[str]) -> bool:
    """Whether a module is one of the homes or lies below one."""
    return any(module == home or module.startswith(f"{home}.") for home in homes)


def read_graph(root: Path = ROOT, packages: Iterable[str] = PACKAGES) -> Graph:
    """The import graph of the packages under a root."""
    modules = {
        _name(file.relative_to(root)): file
        for package in packages
        for file in sorted((root / package).rglob("*.py"))
    }
    arrows = (
        Arrow(name, target, file.relative_to(root), line)
        for name, file in modules.items()
        for target, line in _imports(name, file, modules)
    )
    return Graph(modules, tuple(arrows))


def arrows_up(graph: Graph) -> list[Arrow]:
    """The imports of something that stands on a higher floor."""
    placed = ((arrow, floor_of(arrow.source), floor_of(arrow.target)) for arrow in graph.inside())
    return [
        arrow
        for arrow, source, target in placed
        if source is not None and target is not None and source < target
    ]


def find_cycle(graph: Graph) -> list[str]:
    """The modules of one circle of imports, its first one again at the end; empty: none."""
    needs: dict[str, set[str]] = {name: set() for name in graph.modules}
    for arrow in graph.inside():
        if arrow.source != arrow.target:
            needs[arrow.source].add(arrow.target)
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def _name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, file: Path, modules: dict[str, Path]) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        for target in _targets(node, name, is_package=file.name == "__init__.py"):
            yield _nearest(target, modules), getattr(node, "lineno", 0)


def _targets(node: ast.AST, name: str, *, is_package: bool) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            # One dot means the module's own package, each further one the package around that.
            around = name.split(".")[: None if is_package and level == 1 else is_package - level]
            base = [*(around if level else []), *([module] if module else [])]
            return [".".join([*base, alias.name]) for alias in names]
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(target)), *_],
        ):
            return [target]
    return []


def _nearest(target: str, modules: dict[str, Path]) -> str:
    """The module that holds a dotted name, or the name itself where it is not ours."""
    parts = target.split(".")
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in modules), target)
