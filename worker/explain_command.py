"""``clm explain``: what a version's forecasts rest on, and how far its features have moved."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.errors import ConfigurationError
from clm.model import ModelType
from worker import bootstrap
from worker.operations import opened, tell

SHOWN = 12
"""Features that are listed, the largest ones; ``--json`` has all."""


def explain(arguments: argparse.Namespace) -> int:
    """Print the explanation that a training left, or with ``--rows`` one that is made now."""
    settings, stage = opened(arguments)
    model = _known(arguments.model)
    if arguments.rows is None:
        found = bootstrap.explained(stage, model, arguments.version)
    elif arguments.rows < 1:
        raise ConfigurationError(f"--rows is {arguments.rows}; ask for at least 1")
    else:
        found = bootstrap.explained_anew(settings, stage, model, arguments.version, arguments.rows)
    if arguments.svg:
        Path(arguments.svg).write_text(bootstrap.drawn(found))
    return tell(arguments, found, lines(found))


def lines(found: Mapping[str, Any]) -> list[str]:
    """An explanation for a person."""
    head = f"{found['model_type']} {found['version']}: {found['rows']} rows, shrink {found['shrink']:.3g}"
    recipe = [f"  {name}: {value}" for name, value in found["params"].items()]
    told = found["explanation"]
    if told is None:
        return [head, *recipe, f"  {bootstrap.NOT_YET}"]
    parts = [
        f"  {each['name']:<18} {each['share']:7.1%}  {each['mean']:+.3g}" for each in told["features"][:SHOWN]
    ]
    drift = told["drift"]
    moved = [f"  {each['name']:<18} {each['psi']:7.3f}" for each in drift["features"][:SHOWN]]
    return [
        head,
        *recipe,
        f"share of the forecast over {told['rows']} rows of the hold-out, and mean with its sign:",
        *parts,
        f"drift from the training range (PSI; {drift['by_chance']:.2g} by chance):",
        *moved,
    ]


def _known(name: str) -> ModelType:
    try:
        return ModelType(name)
    except ValueError:
        known = ", ".join(each.value for each in ModelType)
        raise ConfigurationError(f"model type {name} is unknown; use {known}") from None
