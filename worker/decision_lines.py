"""The decision log for an operator: a line for each decision, and what is wrong with its chains."""

from __future__ import annotations

from collections.abc import Sequence

from clm.events import moment
from clm.records import Decision, Head


def broken_links(logged: Sequence[Decision]) -> list[str]:
    """What is wrong with the chains of a log, a line each."""
    heads: dict[str, Head] = {}
    faults = []
    for decision in logged:
        head = heads.get(decision.role, Head())
        if not decision.intact():
            faults.append(f"{decision.id} was altered: its hash is not that of its record")
        if (decision.n, decision.prev) != (head.n + 1, head.hash):
            faults.append(
                f"{decision.id} does not follow {decision.role}-{head.n}: a record is missing or changed"
            )
        heads[decision.role] = head.after(decision)
    return faults


def decision_line(decision: Decision) -> str:
    """A decision for a person."""
    what = f"{decision.kind} {decision.version or ''}".strip()
    why = f"[{decision.trigger}] {decision.reason}" if decision.trigger else decision.reason
    return (
        f"{moment(decision.at):%Y-%m-%d %H:%M}  {decision.id:<13} {decision.model_type:<10} {what:<26} {why}"
    )
