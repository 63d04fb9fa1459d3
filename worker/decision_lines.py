"""The decision log for an operator: a line for each decision, and a few for what was live."""

from __future__ import annotations

from clm.decisions.chronicle import Tenure
from clm.events import moment
from clm.records import Decision


def decision_line(decision: Decision) -> str:
    """A decision for a person."""
    what = f"{decision.kind} {decision.version or ''}".strip()
    why = f"[{decision.trigger}] {decision.reason}" if decision.trigger else decision.reason
    return (
        f"{moment(decision.at):%Y-%m-%d %H:%M}  {decision.id:<13} {decision.model_type:<10} {what:<26} {why}"
    )


def tenure_lines(found: Tenure, verdict: Decision | None) -> list[str]:
    """What was live, since when, by whom and why, for a person.

    Parameters:
        verdict: the decision that the move carried out; None: a person moved it.
    """
    if found.decision is None:
        lines = [f"{found.model_type} {found.version} from the beginning"]
    else:
        made = found.decision
        lines = [
            f"{found.model_type} {found.version} {_span(found)}",
            f"  {made.kind} by {made.actor} ({made.id}): {made.reason or 'no reason given'}",
        ]
    if verdict is not None:
        lines.append(f"  because of {decision_line(verdict)}")
    if found.canary:
        lines.append(f"  canary {found.canary} on {found.share:.0%} of the keys")
    if found.pin or found.frozen:
        lines.append(f"  {'pinned' if found.pin else 'frozen'}")
    return lines


def _span(found: Tenure) -> str:
    since = f"since {moment(found.since or 0):%Y-%m-%d %H:%M:%S} UTC"
    return since if found.until is None else f"{since} until {moment(found.until):%Y-%m-%d %H:%M:%S} UTC"
