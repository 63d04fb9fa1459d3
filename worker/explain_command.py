"""``clm explain``: what a version's forecasts rest on, and how far its features have moved."""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.errors import ConfigurationError
from clm.model import type_named
from worker import bootstrap
from worker.operations import opened, tell

SHOWN = 12
"""Features that are listed, the largest ones; ``--json`` has all."""


def explain(arguments: argparse.Namespace) -> int:
    """Print the explanation that a training left, or with ``--rows`` one that is made now."""
    settings, stage = opened(arguments)
    model = type_named(arguments.model)
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
    recipe += tuning_lines(found.get("tuned", {}))
    told = found["explanation"]
    if told is None:
        return [head, *recipe, f"  {bootstrap.NOT_YET}"]
    parts = [
        f"  {each['name']:<18} {each['share']:7.1%}  {each['mean']:+.3g}" for each in told["features"][:SHOWN]
    ]
    return [
        head,
        *recipe,
        f"share of the forecast over {told['rows']} rows of the hold-out, and mean with its sign:",
        *parts,
        *drift_lines("the hold-out's", told["drift"]),
        *(drift_lines("since the training, the", found["since"]) if "since" in found else ()),
    ]


def drift_lines(whose: str, drift: Mapping[str, Any]) -> list[str]:
    """How far features have moved, the largest first."""
    counted = f"{drift['seen']} rows, PSI; {drift['by_chance']:.2g} by chance"
    head = f"{whose} drift from the training range ({counted}):"
    return [head, *(f"  {each['name']:<18} {each['psi']:7.3f}" for each in drift["features"][:SHOWN])]


def tuning_lines(tuned: Mapping[str, Any]) -> list[str]:
    """What a search found, for a person."""
    if not tuned:
        return []
    ended = Counter(each["state"] for each in tuned["trials"])
    trials = ", ".join(f"{count} {state}" for state, count in sorted(ended.items())) or "none"
    first = f"  tuned on {tuned['folds']} folds, trials: {trials}"
    if not tuned["best"]:
        return [first, "    nothing was better than what is configured"]
    before = math.nan if tuned["configured_loss"] is None else tuned["configured_loss"]
    losses = f"    mean absolute error {tuned['loss']:.6g}, as configured {before:.6g}"
    return [first, *(f"    {name}: {value}" for name, value in tuned["best"].items()), losses]
