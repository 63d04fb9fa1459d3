"""The report: a table to read and a JSON file to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.stream.figure import Figure

OUT = Path(__file__).parents[1] / "out" / "stream.json"


def written(figures: Sequence[Figure], path: Path = OUT) -> Path:
    """Write the records."""
    return kept([each.record() for each in figures], path)


def kept(records: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write some JSON records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records, indent=1) + "\n")
    return path


def table(figures: Sequence[Figure]) -> str:
    """A line per figure, and below each its raw numbers."""
    return "\n".join(line for each in figures for line in (_standing(each), *_raw(each)))


def standings(figures: Sequence[Figure]) -> str:
    """A line per figure."""
    return "\n".join(map(_standing, figures))


def _standing(figure: Figure) -> str:
    goal = figure.goal
    value = "-" if figure.value is None else f"{figure.value:g}"
    standing = "ok" if figure.met else "SHORT"
    return f"{figure.key:<26}{value:>9}  {goal.op} {goal.limit:<6g} {standing:<6} {goal.what}"


def _raw(figure: Figure) -> Iterator[str]:
    for name, each in figure.raw.items():
        yield f"    {name}: {_plain(each)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict) and "passes" in value:
        return f"{value['median']:g}  ({' '.join(f'{each:g}' for each in value['passes'])})"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
