"""The operators' commands: look, ask for a retrain, promote, roll back, verify."""

from __future__ import annotations

import argparse
import getpass
import json
import math
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from clm.events import moment
from clm.records import Decision
from clm.steps import status as standing
from clm.steps.cycles import ENDED, cycle_state
from clm.steps.retention import told
from producers import Operator
from worker import bootstrap
from worker import doctor as checks
from worker.decision_lines import broken_links, decision_line
from worker.settings import Settings, load, render
from worker.stage import Stage

ALL = 1_000_000
"""More than any log holds."""

LOOK_SECONDS = 0.2
"""Pause between two looks at a cycle that is waited for."""


def status(arguments: argparse.Namespace) -> int:
    """What is active, per model type."""
    settings, stage = _open(arguments)
    models = settings.policy().models
    facts: dict[str, Any] = dict(standing.summary(stage.registry, models))
    for each in models:
        facts[each.value]["epoch"] = stage.registry.route(each).epoch
    lines = [_status_line(name, info) for name, info in facts.items()]
    if gaps := stage.trimming.gaps():
        facts["gaps"] = [vars(each) for each in gaps]
        lines += [f"  {each.stream}: {told(each)}" for each in gaps]
    if losses := bootstrap.losses(stage):
        facts["losses"] = [vars(each) for each in losses]
        lines += [f"  {each.producer}: dropped {each.dropped}, failed {each.failed}" for each in losses]
    return _tell(arguments, facts, lines)


def triggers(arguments: argparse.Namespace) -> int:
    """Which retrains would be due now."""
    settings, stage = _open(arguments)
    due = bootstrap.due(stage, settings.policy())
    facts = {each.value: trigger.value if trigger else None for each, trigger in due.items()}
    return _tell(arguments, facts, [f"{name:<12} {trigger or '-'}" for name, trigger in facts.items()])


def retrain(arguments: argparse.Namespace) -> int:
    """Append the command; with ``--wait``, stay until its runs have ended."""
    settings, stage = _open(arguments)
    cause = _operator(stage).retrain(arguments.models, arguments.reason)
    asked = arguments.models or [each.value for each in settings.policy().models]
    return _follow(arguments, stage, cause, asked)


def _follow(arguments: argparse.Namespace, stage: Stage, cause: str, asked: Collection[str]) -> int:
    until = time.monotonic() + arguments.wait
    state = cycle_state(cause, _decisions(stage), stage.runs.list(ALL), asked)
    while state.state != ENDED and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        state = cycle_state(cause, _decisions(stage), stage.runs.list(ALL), asked)
    facts = {"run": cause, "state": state.state, "promoted": state.promoted, "failed": state.failed}
    return _tell(arguments, facts, [f"run {cause}: {state.state}"])


def runs(arguments: argparse.Namespace) -> int:
    """The newest training runs."""
    _, stage = _open(arguments)
    rows = [vars(record) for record in stage.runs.list(arguments.limit)]
    lines = [
        f"{row['run']:<14} {row['model_type']:<10} {'dead' if row['dead'] else row['phase']:<10} "
        f"{row['trigger']:<18} {moment(row['as_of']):%Y-%m-%d %H:%M} {row['version'] or row['error'] or ''}"
        for row in rows
    ]
    return _tell(arguments, rows, lines)


def history(arguments: argparse.Namespace) -> int:
    """The versions of a model type, newest first."""
    _, stage = _open(arguments)
    versions = _operator(stage).history(arguments.model, arguments.limit)
    rows = [
        {
            "version": each.version,
            "status": each.status.value,
            "trained_at": each.trained_at,
            "metrics": each.metrics,
            "data_points": each.data_points,
            "run": each.run,
            "parent": each.parent,
            "sha256": each.sha256,
        }
        for each in versions
    ]
    lines = [
        f"{each.version:<20} {each.status.value:<10} rmse {each.metrics.get('rmse', math.nan):.6g}"
        for each in versions
    ]
    return _tell(arguments, rows, lines)


def promote(arguments: argparse.Namespace) -> int:
    """Make a version active, by hand."""
    _, stage = _open(arguments)
    reason = arguments.reason or "promoted by hand"
    return _moved(arguments, _operator(stage).promote(arguments.model, arguments.version, reason))


def rollback(arguments: argparse.Namespace) -> int:
    """Return to the version that was live before."""
    _, stage = _open(arguments)
    reason = arguments.reason or "rolled back by hand"
    return _moved(arguments, _operator(stage).rollback(arguments.model, reason))


def decisions(arguments: argparse.Namespace) -> int:
    """The newest decisions of all roles, oldest first."""
    _, stage = _open(arguments)
    newest = _decisions(stage)[-arguments.limit :]
    return _tell(arguments, [each.record() for each in newest], [decision_line(each) for each in newest])


def verify(arguments: argparse.Namespace) -> int:
    """Recompute every chain; with ``--rederive`` also every decision from the recorded events."""
    settings, stage = _open(arguments)
    logged = _decisions(stage)
    faults = broken_links(logged)
    if arguments.rederive:
        faults += bootstrap.underived(stage, settings.policy(), logged)
    facts = {"decisions": len(logged), "rederived": arguments.rederive, "faults": faults}
    _tell(arguments, facts, [f"{len(logged)} decisions, {len(faults)} faults", *faults])
    return 1 if faults else 0


def doctor(arguments: argparse.Namespace) -> int:
    """Check the installation and the server."""
    settings = load(config=arguments.config, scope=arguments.scope)
    findings = checks.examine(settings)
    facts = [vars(each) for each in findings]
    lines = [f"{'ok  ' if each.ok else 'FAIL'} {each.name}: {each.detail}" for each in findings]
    _tell(arguments, facts, lines)
    return 0 if all(each.ok for each in findings) else 1


def config(arguments: argparse.Namespace) -> int:
    """The settings in force and where each came from."""
    print(render(load(config=arguments.config, scope=arguments.scope), arguments.json))
    return 0


def _open(arguments: argparse.Namespace) -> tuple[Settings, Stage]:
    settings = load(config=arguments.config, scope=arguments.scope)
    return settings, bootstrap.redis_stage(settings)


def _operator(stage: Stage) -> Operator:
    return Operator(actor=getpass.getuser(), log=stage.events, registry=stage.registry)


def _decisions(stage: Stage) -> list[Decision]:
    return [decision for _, decision in stage.decisions.read("0-0", ALL)]


def _moved(arguments: argparse.Namespace, decision: Decision) -> int:
    line = f"{decision.model_type} is on {decision.version} now ({decision.id})"
    return _tell(arguments, decision.record(), [line])


def _status_line(name: str, info: Mapping[str, Any]) -> str:
    trained = info["active_trained_at"]
    when = f"Trained: {trained:%Y-%m-%d}" if trained else "Trained: -"
    return f"  {name:<12} | {info['active_version']:<18} | {when}"


def _tell(arguments: argparse.Namespace, facts: Any, lines: Sequence[str]) -> int:
    print(json.dumps(facts, indent=1, default=str) if arguments.json else "\n".join(lines))
    return 0
