"""The commands that change a route: canary, abort, pin, freeze, approve and their opposites."""

from __future__ import annotations

import argparse

from clm.decisions.route import Route
from clm.model import ModelType
from clm.records import Decision
from producers.orders import ORDERS, SEVERAL, asked
from worker.operations import opened, operator, tell


def change(arguments: argparse.Namespace) -> int:
    """Carry out an order; of several model types on each to which it still has something to do."""
    settings, stage = opened(arguments)
    names = arguments.model
    if arguments.order in SEVERAL:
        names = names or [each.value for each in settings.policy().models]
        kind = ORDERS[arguments.order].kind
        names = [each for each in names if not already(kind, stage.registry.route(ModelType(each)))]
    else:
        names = [names]
    reason = arguments.reason or f"{arguments.order} by hand"
    made = [operator(stage).change(each, reason=reason, **asked(arguments)) for each in names]
    facts = [each.record() for each in made]
    lines = [line(each) for each in made] or [f"nothing to {arguments.order}: it is so already"]
    return tell(arguments, facts if arguments.order in SEVERAL else facts[0], lines)


def already(kind: str, route: Route) -> bool:
    """Whether a route is frozen, or not, as somebody wants it."""
    return route.frozen == (kind == ORDERS["freeze"].kind)


def line(made: Decision) -> str:
    """A move for a person."""
    share = made.evidence.get("share")
    on = f" on {share:.0%} of the keys" if share else ""
    return f"{made.model_type}: {made.kind} {made.version}{on} ({made.id})"
