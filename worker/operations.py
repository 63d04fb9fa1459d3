"""The operators' commands: look, ask for a retrain, promote, roll back, verify."""

from __future__ import annotations

import argparse
import getpass
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from clm.errors import ClmError
from clm.events import Command, moment
from clm.model import ModelType
from clm.records import Decision, Head
from clm.steps import status as standing
from clm.steps.cycles import cycle_state
from worker import bootstrap, doctor as checks
from worker.settings import Settings, load, render
from worker.stage import Stage

ALL = 1_000_000


class Refused(ClmError):
    """What was asked for cannot be done; the message says why."""


def status(arguments: argparse.Namespace) -> int:
    """What is active, per model type."""
    settings, stage = _open(arguments)
    models = settings.policy().models
    facts = standing.summary(stage.registry, models)
    for each in models:
        facts[each.value]["epoch"] = stage.registry.route(each).epoch
    return _tell(arguments, facts, [_status_line(name, info) for name, info in facts.items()])


def triggers(arguments: argparse.Namespace) -> int:
    """Which retrains would be due now."""
    settings, stage = _open(arguments)
    due = bootstrap.due(stage, settings.policy())
    facts = {each.value: trigger.value if trigger else None for each, trigger in due.items()}
    return _tell(arguments, facts, [f"{name:<12} {trigger or '-'}" for name, trigger in facts.items()])


def retrain(arguments: argparse.Namespace) -> int:
    """Append the command; with ``--wait``, stay until its runs have ended."""
    _, stage = _open(arguments)
    models = tuple(_model(name).value for name in arguments.models)
    producer = f"ops-{time.time_ns():x}"
    stage.events.append(
        Command(
            p=producer,
            n=0,
            at=time.time_ns() // 1000,
            action="retrain",
            models=models,
            actor=getpass.getuser(),
            reason=arguments.reason,
        )
    )
    return _follow(arguments, stage, f"{producer}-0")


def _follow(arguments: argparse.Namespace, stage: Stage, cause: str) -> int:
    until = time.monotonic() + arguments.wait
    state = cycle_state(cause, _decisions(stage), stage.runs.list(ALL))
    while state.state != "ended" and time.monotonic() < until:
        time.sleep(0.2)
        state = cycle_state(cause, _decisions(stage), stage.runs.list(ALL))
    facts = {"run": cause, "state": state.state, "promoted": list(state.promoted), "failed": list(state.failed)}
    return _tell(arguments, facts, [f"run {cause}: {state.state}"])


def runs(arguments: argparse.Namespace) -> int:
    """The newest training runs."""
    _, stage = _open(arguments)
    rows = [vars(record) for record in stage.runs.list(arguments.limit)]
    lines = [
        f"{row['run']:<14} {row['model_type']:<10} {row['phase']:<10} {row['trigger']:<18} "
        f"{moment(row['as_of']):%Y-%m-%d %H:%M} {row['version'] or row['error'] or ''}"
        for row in rows
    ]
    return _tell(arguments, rows, lines)


def history(arguments: argparse.Namespace) -> int:
    """The versions of a model type, newest first."""
    _, stage = _open(arguments)
    versions = stage.registry.get_model_history(_model(arguments.model), arguments.limit)
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
    lines = [f"{row['version']:<20} {row['status']:<10} rmse {row['metrics'].get('rmse', 0):.6g}" for row in rows]
    return _tell(arguments, rows, lines)


def promote(arguments: argparse.Namespace) -> int:
    """Make a version active, by hand."""
    _, stage = _open(arguments)
    model_type = _model(arguments.model)
    decision = stage.registry.move(
        model_type,
        arguments.version,
        epoch=stage.registry.route(model_type).epoch,
        cause=f"operator:{time.time_ns():x}",
        actor=getpass.getuser(),
        reason=arguments.reason or "promoted by hand",
    )
    return _moved(arguments, decision)


def rollback(arguments: argparse.Namespace) -> int:
    """Return to the version that was live before."""
    _, stage = _open(arguments)
    decision = stage.registry.rollback(
        _model(arguments.model),
        cause=f"operator:{time.time_ns():x}",
        actor=getpass.getuser(),
        reason=arguments.reason or "rolled back by hand",
    )
    return _moved(arguments, decision)


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


def broken_links(logged: Sequence[Decision]) -> list[str]:
    """What is wrong with the chains of a log, a line each."""
    heads: dict[str, Head] = {}
    faults = []
    for decision in logged:
        head = heads.get(decision.role, Head())
        if not decision.intact():
            faults.append(f"{decision.id} was altered: its hash is not that of its record")
        if (decision.n, decision.prev) != (head.n + 1, head.hash):
            faults.append(f"{decision.id} does not follow {decision.role}-{head.n}: a record is missing or changed")
        heads[decision.role] = head.after(decision)
    return faults


def decision_line(decision: Decision) -> str:
    """A decision for a person."""
    what = f"{decision.kind} {decision.version or ''}".strip()
    why = f"[{decision.trigger}] {decision.reason}" if decision.trigger else decision.reason
    return f"{moment(decision.at):%Y-%m-%d %H:%M}  {decision.id:<13} {decision.model_type:<10} {what:<26} {why}"


def _open(arguments: argparse.Namespace) -> tuple[Settings, Stage]:
    settings = load(config=arguments.config, scope=arguments.scope)
    return settings, bootstrap.redis_stage(settings)


def _decisions(stage: Stage) -> list[Decision]:
    return [decision for _, decision in stage.decisions.read("0-0", ALL)]


def _model(name: str) -> ModelType:
    try:
        return ModelType(name)
    except ValueError:
        choices = ", ".join(each.value for each in ModelType)
        raise Refused(f"model type {name!r} does not exist; choose one of {choices}") from None


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
