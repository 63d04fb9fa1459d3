"""Machine code on disk is taken up only while nothing that went into it has changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from clm import machine

MACHINE = "clm.machine"


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """Module and name of what a file takes from the package when it is imported."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("clm."):
            yield from ((str(node.module), alias.name) for alias in node.names)


def compiling() -> list[Path]:
    """The files that make machine code."""
    files = machine.CLM.rglob("*.py")
    return [file for file in files if any(module == MACHINE for module, _ in imports(file))]


def test_every_file_that_compiles_is_looked_at() -> None:
    assert len(compiling()) > 15
    assert set(compiling()) <= set(machine.sources())


def test_every_constant_that_may_be_compiled_in_is_looked_at() -> None:
    taken = {module for file in compiling() for module, name in imports(file) if name.isupper()}
    files = {machine.CLM.joinpath(*module.split(".")[1:]).with_suffix(".py") for module in taken}
    assert files <= set(machine.sources())


def test_a_file_that_changed_makes_what_is_kept_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = machine.stamp.__wrapped__()
    assert machine.stamp.__wrapped__() == before
    changed = tmp_path / "long_run.py"
    changed.write_text("SIZE = 1\n")
    files = [*machine.sources()[:-1], changed]
    monkeypatch.setattr(machine, "sources", lambda: files)
    assert machine.stamp.__wrapped__() != before
