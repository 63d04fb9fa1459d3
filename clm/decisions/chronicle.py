"""The chronicle: what was live at a moment, by whose doing and why, from the registry's decisions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clm.model import NAIVE
from clm.records import REGISTRY, Decision

STANDING = ("canary", "share", "pin", "frozen", "approvals", "locked_out")
"""What a decision may tell of a route besides its active version."""


@dataclass(frozen=True, kw_only=True)
class Tenure:
    """How a model type stood at a moment."""

    model_type: str
    version: str = NAIVE  # active
    since: int | None = None  # when it became active, µs of event time; None: from the beginning
    until: int | None = None  # when another one did; None: it still is
    decision: Decision | None = None  # that made it active
    canary: str | None = None  # version on a share of the keys
    share: float = 0.0  # fraction
    pin: str | None = None
    frozen: bool = False
    changed: Decision | None = None  # the newest one by then, which may have changed something else


def tenure_at(logged: Iterable[Decision], model_type: str, at: int | None = None) -> Tenure:
    """What was live at a moment of event time (µs); None: now.

    A move takes effect when it is logged, so never before the one logged before it, whatever its own time.
    """
    version, since, until = NAIVE, None, None
    decision = changed = None
    told: dict[str, Any] = {}
    clock = 0
    for each in logged:
        if (each.role, each.model_type) != (REGISTRY, model_type):
            continue
        clock = max(clock, each.at)
        to_version = each.evidence["to"]
        if at is not None and clock > at:
            if to_version != version:
                until = clock
                break
            continue
        if to_version != version:
            version, since, decision = to_version, clock, each
        told |= {name: each.evidence[name] for name in STANDING if name in each.evidence}
        changed = each
    kept = {name: told[name] for name in ("canary", "share", "pin", "frozen") if name in told}
    return Tenure(
        model_type=model_type, version=version, since=since, until=until, decision=decision,
        changed=changed, **kept,
    )  # fmt: skip
