"""Every way in which one threshold, sign or bound of a module can be changed, one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
"""A comparison, and what it says when it is turned round."""
SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
BOUNDS = {"min": "max", "max": "min"}
LAYOUT = ("range", "enumerate", "round", "zeros", "empty")
"""Calls whose numbers are no thresholds."""


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    line: int  # of the source
    text: str  # of that line
    change: str
    source: str  # changed


def mutants(source: str) -> Iterator[Mutant]:
    """All of them, in the order of the source."""
    tree = ast.parse(source)
    skipped = _layout(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped or not _changeable(node):
            continue
        changed = copy.deepcopy(tree)
        twin = next(each for at, each in enumerate(ast.walk(changed)) if at == number)
        before = ast.unparse(twin)
        _change(twin)
        line = getattr(node, "lineno", 0)
        text = source.splitlines()[line - 1].strip()
        yield Mutant(line, text, f"{before} -> {ast.unparse(twin)}", ast.unparse(changed))


def _layout(tree: ast.Module) -> set[int]:
    """Numbers that say where something stands, not how much: subscripts, sizes, names of columns."""
    found: set[int] = set()
    for node in ast.walk(tree):
        inside: list[ast.AST] = []
        if isinstance(node, ast.Subscript):
            inside = [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            inside = list(node.args) if name in LAYOUT else []
        found.update(id(each) for part in inside for each in ast.walk(part))
    for node in tree.body:
        if isinstance(node, ast.Assign) and _places(node):
            found.update(id(each) for each in ast.walk(node))
    return found


def _places(node: ast.Assign) -> bool:
    """Whether it numbers the places of a state: A, B = range(2); C = A + 1; VERSION = 2."""
    names = [each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    sums = any(isinstance(each, ast.Name) for each in ast.walk(node.value))
    return (
        len(names) > 1
        or sums
        or names[0] in {"VERSION", "SIZE", "STATE", "VARIANCE", "RATIOS", "FIRST", "WIDTH"}
    )


def _changeable(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and type(node.ops[0]) in TURNED
    if isinstance(node, ast.BinOp | ast.AugAssign):
        return type(node.op) in SIGNS
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.Not)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in BOUNDS
    return isinstance(node, ast.BoolOp)


def _change(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops = [TURNED[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = SIGNS[type(node.op)]()
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        node.value = node.value + 1 if isinstance(node.value, int) or node.value == 0 else node.value * 1.1
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = BOUNDS[node.func.id]
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
