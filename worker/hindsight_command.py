"""``clm history`` and ``clm verify``: what was live when and why, and whether the log still says so."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from typing import Any

from clm.decisions.chains import broken_links, forgotten, unmoved
from clm.model import ModelArtifact
from clm.ports import Route
from clm.records import Decision
from worker import bootstrap
from worker.decision_lines import tenure_lines
from worker.operations import logged, opened, operator, tell
from worker.stage import Stage
from worker.tenures import live, moment_told


def history(arguments: argparse.Namespace) -> int:
    """The versions of a model type, newest first; with ``--at``, what was live at that moment and why."""
    _, stage = opened(arguments)
    versions = operator(stage).history(arguments.model, arguments.limit)
    if arguments.at is not None:
        return _live(arguments, stage)
    lines = [
        f"{each.version:<20} {each.status.value:<10} rmse {each.metrics.get('rmse', math.nan):.6g}"
        for each in versions
    ]
    return tell(arguments, [_lineage(each) for each in versions], lines)


def _lineage(each: ModelArtifact) -> dict[str, Any]:
    """What a version was made of."""
    return {
        "version": each.version,
        "status": each.status.value,
        "trained_at": each.trained_at,
        "metrics": each.metrics,
        "data_points": each.data_points,
        "run": each.run,
        "parent": each.parent,
        "sha256": each.sha256,
        "data_digest": each.data_digest,
        "training_range": list(each.training_range),
        "training_params": each.training_params,
        "libraries": each.libraries,
        "released": each.released,
    }


def _live(arguments: argparse.Namespace, stage: Stage) -> int:
    """What was live at a moment of event time."""
    found = live(logged(stage), arguments.model, moment_told("--at", arguments.at))
    return tell(arguments, found.facts(), tenure_lines(found.tenure, found.verdict))


def verify(arguments: argparse.Namespace) -> int:
    """Recompute every chain; with ``--rederive`` also every decision from the recorded events."""
    settings, stage = opened(arguments)
    models = settings.policy().models
    routes = {each.value: stage.registry.route(each) for each in models}
    seen = [*stage.witness.seen(), stage.decisions.heads()]  # before the log, which only grows
    log = logged(stage)
    faults = faults_of(log, routes, seen)
    if arguments.rederive:
        faults += bootstrap.underived(stage, settings.policy(), log)
    facts = {
        "decisions": len(log),
        "heads": len(seen) - 1,
        "rederived": arguments.rederive,
        "faults": faults,
    }
    tell(arguments, facts, [f"{len(log)} decisions, {len(faults)} faults", *faults])
    return 1 if faults else 0


def faults_of(log: list[Decision], routes: Mapping[str, Route], seen: list[Any]) -> list[str]:
    """What is wrong with a log by itself, by heads that were kept, and by the routes."""
    return broken_links(log) + forgotten(log, seen) + unmoved(log, routes)
