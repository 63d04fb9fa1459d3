"""The house keeps its floors: imports never point up, never in a circle, and the bottom is pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.import_graph import (
    FLOORS,
    Graph,
    arrows_up,
    find_cycle,
    floor_of,
    read_graph,
    within,
)

#: What a trader's process may load of the library, some of it on first use only.
PRODUCERS_MAY_USE = (*FLOORS[0], *FLOORS[1], "clm.store", "clm.learning", "producers")
#: The composition root, and the entry points that stand where it does.
MAY_NAME_ADAPTERS = (
    "worker.bootstrap",
    "worker.cli",
    "worker.demo",
    "worker.jobs",
    "worker.stage",  # the type of what bootstrap composes
)
ADAPTERS = FLOORS[3]

#: Decisions are functions of their arguments: these bring in a clock, a disk, a network or chance.
IMPURE_MODULES = frozenset(
    "asyncio http io logging multiprocessing os pathlib random redis rq secrets shutil socket"
    " sqlite3 structlog subprocess tempfile threading time urllib uuid".split()
)
#: The compiler of the hot loops; it reads their sources, to know when machine code on disk is stale.
COMPILER = "clm.machine"
IMPURE_CALLS = frozenset({"now", "utcnow", "today", "open", "print", "input"})


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_graph()


def test_no_import_points_up(graph: Graph) -> None:
    assert [str(arrow) for arrow in arrows_up(graph)] == []


def test_no_imports_form_a_circle(graph: Graph) -> None:
    assert find_cycle(graph) == []


def test_every_module_has_a_floor(graph: Graph) -> None:
    assert [name for name in graph.modules if floor_of(name) is None] == []


def test_a_trader_loads_only_the_light_part_of_the_library(graph: Graph) -> None:
    assert [
        str(arrow)
        for arrow in graph.inside()
        if within(arrow.source, ["producers"]) and not within(arrow.target, PRODUCERS_MAY_USE)
    ] == []


def test_only_the_composition_root_names_adapters(graph: Graph) -> None:
    assert [
        str(arrow)
        for arrow in graph.inside()
        if within(arrow.source, ["worker"])
        and within(arrow.target, ADAPTERS)
        and not within(arrow.source, MAY_NAME_ADAPTERS)
    ] == []


def test_decisions_read_no_clock_file_or_server(graph: Graph) -> None:
    assert impurities(graph) == []


# --- the walker finds what is planted -------------------------------------------------------------


def test_an_upward_import_is_reported_with_its_line(tmp_path: Path) -> None:
    graph = plant(tmp_path, {"clm/decisions/health": "\nfrom clm.store import log", "clm/store/log": ""})
    assert [str(arrow) for arrow in arrows_up(graph)] == [
        "clm/decisions/health.py:2: clm.decisions.health -> clm.store.log"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "def late():\n    import worker.loop",
        "if TYPE_CHECKING:\n    from worker.loop import Loop",
        "from .. import worker\nfrom ..worker import loop",
        "importlib.import_module('worker.loop')",
    ],
)
def test_an_upward_import_cannot_hide(tmp_path: Path, statement: str) -> None:
    graph = plant(tmp_path, {"clm/errors": statement, "worker/loop": ""})
    assert {arrow.target for arrow in arrows_up(graph)} == {"worker.loop"}


def test_the_library_does_not_use_its_own_front_door(tmp_path: Path) -> None:
    graph = plant(tmp_path, {"clm/__init__": "", "clm/errors": "from clm import ModelType"})
    assert [arrow.target for arrow in arrows_up(graph)] == ["clm"]


def test_a_submodule_taken_from_the_front_door_is_just_that_module(tmp_path: Path) -> None:
    graph = plant(tmp_path, {"clm/__init__": "", "clm/errors": "", "clm/model": "from clm import errors"})
    assert [arrow.target for arrow in graph.inside()] == ["clm.errors"]
    assert arrows_up(graph) == []


def test_a_circle_is_reported(tmp_path: Path) -> None:
    circle = {"a": "import clm.store.b", "b": "from clm.store.c import x", "c": "from .a import y"}
    graph = plant(tmp_path, {f"clm/store/{name}": text for name, text in circle.items()})
    assert set(find_cycle(graph)) == {"clm.store.a", "clm.store.b", "clm.store.c"}


def test_a_module_without_a_floor_is_noticed(tmp_path: Path) -> None:
    graph = plant(tmp_path, {"clm/helpers": ""})
    assert [floor_of(name) for name in graph.modules] == [None]


@pytest.mark.parametrize(
    "statement", ["import time", "from os import environ", "at = datetime.now(UTC)", "open('x')"]
)
def test_a_decision_that_looks_outside_is_reported(tmp_path: Path, statement: str) -> None:
    graph = plant(tmp_path, {"clm/decisions/health": statement, "clm/store/log": statement})
    assert [line.split(":")[0] for line in impurities(graph)] == ["clm.decisions.health"]


def plant(root: Path, sources: dict[str, str]) -> Graph:
    """The graph of a made-up tree, from module paths and their text."""
    for name, text in sources.items():
        file = root / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_graph(root)


def impurities(graph: Graph) -> list[str]:
    """Where a module of the two lowest floors reaches for the outside world."""
    pure = {name for name in graph.modules if floor_of(name) in (0, 1) and name != COMPILER}
    imports = [
        f"{arrow.source}:{arrow.line}: imports {arrow.target}"
        for arrow in graph.arrows
        if arrow.source in pure and arrow.target.split(".")[0] in IMPURE_MODULES
    ]
    calls = [f"{name}:{line}: calls {call}()" for name in pure for call, line in _calls(graph.modules[name])]
    return imports + [call for call in calls if call.split()[-1].rstrip("()") in IMPURE_CALLS]


def _calls(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                yield called, node.lineno
