"""``clm ab``: two versions on the same events, with the effect and its interval."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from clm.events import moment
from clm.model import type_named
from worker import bootstrap
from worker.operations import opened, tell
from worker.tenures import moment_told


def ab(arguments: argparse.Namespace) -> int:
    """Print by how much the second version errs more or less than the first."""
    settings, stage = opened(arguments)
    since = 0 if arguments.since is None else moment_told("--since", arguments.since)
    model, pair = type_named(arguments.model), (arguments.first, arguments.second)
    found = bootstrap.compared(stage, settings.policy(), model, pair, since, arguments.level)
    return tell(arguments, found, lines(found))


def lines(found: Mapping[str, Any]) -> list[str]:
    """A comparison for a person."""
    first, second = found["first"], found["second"]
    names = f"{found['model_type']} {second['version']} against {first['version']}"
    pairs = f"{found['pairs']} pairs ({found['effective']:.0f} effective)"
    head = f"{names}: {pairs} since {moment(found['since']):%Y-%m-%d %H:%M} UTC"
    losses = f"  mean absolute error {second['mae']:.6g} against {first['mae']:.6g}"
    served = (
        f"  published: {first['version']} {first['published']}, {second['version']} {second['published']}"
    )
    return [
        head,
        *([] if found["effect"] is None else [f"{losses}: {_interval(found)}"]),
        served,
        _said(found),
    ]


def _interval(found: Mapping[str, Any]) -> str:
    effect = f"{found['effect']:+.2%}"
    if found["low"] is None:
        return f"{effect}, no interval yet"
    return f"{effect}, from {found['low']:+.2%} to {found['high']:+.2%} at level {found['level']:g}"


def _said(found: Mapping[str, Any]) -> str:
    if found["needed"]:
        return f"  undecided: an interval needs {found['needed']} more pairs"
    if found["better"] is None:
        return "  undecided: the interval holds zero"
    return f"  {found['better']} is better"
