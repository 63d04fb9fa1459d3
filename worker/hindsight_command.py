"""``clm history`` and ``clm verify``: what was live when and why, and whether the log still says so."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from clm.decisions.chains import broken_links, forgotten, unmoved
from clm.decisions.chronicle import tenure_at
from clm.errors import ConfigurationError
from clm.events import micros, moment
from clm.model import ModelArtifact
from clm.ports import Route
from clm.records import Decision
from worker import bootstrap
from worker.decision_lines import tenure_lines
from worker.operations import logged, opened, operator, tell
from worker.stage import Stage


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
    log = logged(stage)
    found = tenure_at(log, arguments.model, moment_told("--at", arguments.at))
    cause = found.decision.cause if found.decision else ""
    verdict = next((each for each in log if each.id == cause), None)
    facts = asdict(found) | {
        "decision": found.decision and found.decision.record(),
        "changed": found.changed and found.changed.record(),
        "verdict": verdict and verdict.record(),
        "since": None if found.since is None else moment(found.since),
        "until": None if found.until is None else moment(found.until),
    }
    return tell(arguments, facts, tenure_lines(found, verdict))


def moment_told(option: str, text: str) -> int:
    """Event time, µs, as an option tells it. Raises ConfigurationError for what is no moment."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is no moment: write 2025-01-30T14:30, with +02:00 behind it if it is not UTC"
        ) from None
    return micros(found if found.tzinfo else found.replace(tzinfo=UTC))


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
