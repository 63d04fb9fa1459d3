"""The operators' commands: look, ask for a retrain, promote, roll back, verify."""

from __future__ import annotations

import argparse
import getpass
import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from clm.decisions.candidate import shadow_fields
from clm.decisions.receipts import receipt
from clm.errors import UnknownDecision
from clm.events import moment
from clm.model import ShadowTestResult
from clm.policy import Policy
from clm.records import Decision
from clm.steps import status as standing
from clm.steps.cycles import ENDED, cycle_state
from clm.steps.retention import told
from producers import Operator
from worker import bootstrap
from worker import doctor as checks
from worker.decision_lines import decision_line
from worker.receipt_lines import receipt_facts, receipt_lines
from worker.settings import Settings, load, render
from worker.stage import Stage
from worker.telling import said

ALL = 1_000_000
"""More than any log holds."""

LOOK_SECONDS = 0.2
"""Pause between two looks at a cycle that is waited for."""


def status(arguments: argparse.Namespace) -> int:
    """What is active, per model type."""
    settings, stage = opened(arguments)
    models = settings.policy().models
    facts: dict[str, Any] = dict(standing.summary(stage.registry, models))
    for each in models:
        facts[each.value] |= standing.closed(stage.registry.route(each))
    lines = [line for name, info in facts.items() for line in _status_lines(name, info)]
    for run, progress in stage.runs.told().items():
        facts.setdefault(progress["model_type"], {})["training"] = {"run": run, **progress}
        lines.append(f"  {progress['model_type']:<12} | in training: {said(progress)}")
    for trial in bootstrap.trials(stage, settings.policy()):
        facts[trial.model_type.value].setdefault("trials", []).append(shadow_fields(trial))
        lines.append(_trial_line(trial))
    if gaps := stage.trimming.gaps():
        facts["gaps"] = [vars(each) for each in gaps]
        lines += [f"  {each.stream}: {told(each)}" for each in gaps]
    if losses := bootstrap.losses(stage):
        facts["losses"] = [vars(each) for each in losses]
        lines += [f"  {each.producer}: dropped {each.dropped}, failed {each.failed}" for each in losses]
    return tell(arguments, facts, lines)


def triggers(arguments: argparse.Namespace) -> int:
    """Which retrains would be due now."""
    settings, stage = opened(arguments)
    due = bootstrap.due(stage, settings.policy())
    facts = {each.value: trigger.value if trigger else None for each, trigger in due.items()}
    return tell(arguments, facts, [f"{name:<12} {trigger or '-'}" for name, trigger in facts.items()])


def retrain(arguments: argparse.Namespace) -> int:
    """Append the command; with ``--wait``, stay until its runs have ended."""
    settings, stage = opened(arguments)
    cause = operator(stage).retrain(arguments.models, arguments.reason)
    asked = arguments.models or [each.value for each in settings.policy().models]
    return _follow(arguments, stage, cause, asked)


def _follow(arguments: argparse.Namespace, stage: Stage, cause: str, asked: Collection[str]) -> int:
    until = time.monotonic() + arguments.wait
    state = cycle_state(cause, logged(stage), stage.runs.list(ALL), asked)
    while state.state != ENDED and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        state = cycle_state(cause, logged(stage), stage.runs.list(ALL), asked)
    facts = {"run": cause, "state": state.state, "promoted": state.promoted, "failed": state.failed}
    return tell(arguments, facts, [f"run {cause}: {state.state}"])


def runs(arguments: argparse.Namespace) -> int:
    """The newest training runs."""
    _, stage = opened(arguments)
    told = stage.runs.told()
    rows = [{**vars(record), "progress": told.get(record.run)} for record in stage.runs.list(arguments.limit)]
    lines = [
        f"{row['run']:<14} {row['model_type']:<10} {'dead' if row['dead'] else row['phase']:<10} "
        f"{row['trigger']:<18} {moment(row['as_of']):%Y-%m-%d %H:%M} "
        f"{row['version'] or row['error'] or (said(row['progress']) if row['progress'] else '')}"
        for row in rows
    ]
    return tell(arguments, rows, lines)


def promote(arguments: argparse.Namespace) -> int:
    """Make a version active, by hand."""
    _, stage = opened(arguments)
    reason = arguments.reason or "promoted by hand"
    return _moved(arguments, operator(stage).promote(arguments.model, arguments.version, reason))


def rollback(arguments: argparse.Namespace) -> int:
    """Return to the version that was live before."""
    _, stage = opened(arguments)
    reason = arguments.reason or "rolled back by hand"
    return _moved(arguments, operator(stage).rollback(arguments.model, reason))


def decisions(arguments: argparse.Namespace) -> int:
    """The newest decisions of all roles, oldest first; or one, explained and computed again."""
    settings, stage = opened(arguments)
    policy = settings.required_dry_policy() if arguments.dry else settings.policy()
    made = bootstrap.dry_decisions(stage, policy) if arguments.dry else logged(stage)
    if arguments.explain:
        return _explain(arguments, policy, made)
    newest = made[-arguments.limit :]
    return tell(arguments, [each.record() for each in newest], [decision_line(each) for each in newest])


def _explain(arguments: argparse.Namespace, policy: Policy, made: Sequence[Decision]) -> int:
    found = next((each for each in made if each.id == arguments.explain), None)
    if found is None:
        raise UnknownDecision(f"there is no decision {arguments.explain!r}: `clm decisions` lists them")
    again = receipt(found, policy)
    tell(arguments, receipt_facts(again), receipt_lines(again))
    return 0 if again.holds else 1


def doctor(arguments: argparse.Namespace) -> int:
    """Check the installation and the server."""
    settings = load(config=arguments.config, scope=arguments.scope)
    findings = checks.examine(settings)
    facts = [vars(each) for each in findings]
    lines = [f"{'ok  ' if each.ok else 'FAIL'} {each.name}: {each.detail}" for each in findings]
    tell(arguments, facts, lines)
    return 0 if all(each.ok for each in findings) else 1


def config(arguments: argparse.Namespace) -> int:
    """The settings in force and where each came from."""
    print(render(load(config=arguments.config, scope=arguments.scope), arguments.json))
    return 0


def opened(arguments: argparse.Namespace) -> tuple[Settings, Stage]:
    """The settings and the stage that a command asks for."""
    settings = load(config=arguments.config, scope=arguments.scope)
    return settings, bootstrap.redis_stage(settings)


def operator(stage: Stage) -> Operator:
    """Who gives the command, under the name of the system's user."""
    return Operator(actor=getpass.getuser(), log=stage.events, registry=stage.registry)


def logged(stage: Stage) -> list[Decision]:
    """The whole decision log, oldest first."""
    return [decision for _, decision in stage.decisions.read("0-0", ALL)]


def _moved(arguments: argparse.Namespace, decision: Decision) -> int:
    line = f"{decision.model_type} is on {decision.version} now ({decision.id})"
    return tell(arguments, decision.record(), [line])


def _trial_line(trial: ShadowTestResult) -> str:
    name = f"  {trial.model_type.value:<12} | {trial.candidate_version:<18} | "
    return f"{name}in shadow beside {trial.active_version}, {trial.live_predictions} pairs, {trial.reason}"


def _status_lines(name: str, info: Mapping[str, Any]) -> list[str]:
    trained = info["active_trained_at"]
    when = f"Trained: {trained:%Y-%m-%d}" if trained else "Trained: -"
    first = f"  {name:<12} | {info['active_version']:<18} | {when}"
    canary = info["canary"] and f"canary {info['canary']} on {info['share']:.0%} of the keys"
    told = (canary, info["pin"] and "pinned", info["frozen"] and "frozen")
    locked = info["locked_out"] and f"locked out {', '.join(info['locked_out'])}"
    return [first, *(f"  {'':<12} | {each}" for each in (*told, locked) if each)]


def tell(arguments: argparse.Namespace, facts: Any, lines: Sequence[str]) -> int:
    """Print facts as JSON where it is asked for, else as lines."""
    print(json.dumps(facts, indent=1, default=str) if arguments.json else "\n".join(lines))
    return 0
