"""Whatever a module promises in ``__all__`` can be had from it."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.import_graph import read_graph


def promises(file: Path) -> bool:
    """Whether a module assigns ``__all__``."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    targets = [
        node.targets if isinstance(node, ast.Assign) else [node.target]
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
    ]
    return any(isinstance(t, ast.Name) and t.id == "__all__" for group in targets for t in group)


PROMISING = sorted(name for name, file in read_graph().modules.items() if promises(file))


def test_the_library_promises_its_names() -> None:
    assert "clm" in PROMISING


@pytest.mark.parametrize("module", PROMISING)
def test_every_promised_name_resolves(module: str) -> None:
    loaded = import_module(module)
    assert unresolved(loaded, loaded.__all__) == []


@pytest.mark.parametrize("module", PROMISING)
def test_no_name_is_promised_twice(module: str) -> None:
    names = list(import_module(module).__all__)
    assert sorted(names) == sorted(set(names))


def test_a_missing_name_would_be_noticed() -> None:
    assert unresolved(ast, ["parse", "no_such_name"]) == ["no_such_name"]


def unresolved(loaded: object, names: list[str]) -> list[str]:
    """The names that getattr, and so the lazy front door, cannot give."""
    return [name for name in names if not _has(loaded, name)]


def _has(loaded: object, name: str) -> bool:
    try:
        getattr(loaded, name)
    except (AttributeError, ImportError):
        return False
    return True
