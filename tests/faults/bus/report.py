"""A report: each figure with its goal, as a table and as JSON."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OPERATORS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Row:
    """One figure."""

    key: str
    value: float
    op: str  # of OPERATORS: value op goal
    goal: float
    raw: Mapping[str, Any] = field(default_factory=dict)  # what it was made of

    @property
    def ok(self) -> bool:
        """Whether the goal is reached; a figure that is not a number reaches none."""
        return bool(OPERATORS[self.op](self.value, self.goal))


def table(rows: Sequence[Row]) -> str:
    """The rows for a person."""
    lines = [f"{'figure':<34} {'value':>12}    {'goal':>12}"]
    lines += [
        f"{row.key:<34} {row.value:>12.6g} {row.op:>2} {row.goal:>12.6g}  {'ok' if row.ok else 'SHORT'}"
        for row in rows
    ]
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """The rows for a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = [
        {
            "key": row.key,
            "value": row.value,
            "goal": row.goal,
            "op": row.op,
            "raw": dict(row.raw),
        }
        for row in rows
    ]
    path.write_text(json.dumps(facts, indent=1))
