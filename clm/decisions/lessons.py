"""Lessons: what hold-outs taught of the errors of candidates that may still serve on some keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clm.decisions.bundles import KEPT
from clm.decisions.candidate import Candidate
from clm.decisions.sequential.duel_rules import BLOCK
from clm.decisions.trials import rows_of, taught
from clm.events import Run
from clm.model import ModelType
from clm.scope import Scope

if TYPE_CHECKING:  # its statistics are compiled, so not before they are needed
    from clm.decisions.sequential.probation import Errors, Probation

NEEDED = ("against", "symbols", "block", "probation")
"""What of the evidence ``duel`` teaches a probation; the rest is the trial's."""


class Lessons:
    """Folds announcements into the candidates as far as their evidence is needed, the newest of each type."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Candidate]] = {}  # model type -> version -> it, the oldest first

    def heard(self, event: Run) -> None:
        """Remember what an announcement tells."""
        told = ((event.evaluation or {}).get("evidence") or {}).get("duel") or {}
        known = self._known.setdefault(event.model_type, {})
        known[str(event.version)] = _taught(event.model_type, str(event.version), told)
        if len(known) > KEPT:
            del known[next(iter(known))]

    def forget(self, name: str, version: str) -> None:
        """A version will be no canary any more."""
        self._known.get(name, {}).pop(version, None)

    def of(self, name: str, version: str) -> Candidate:
        """A version; without evidence where none is remembered."""
        return self._known.get(name, {}).get(version) or _taught(name, version, {})

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            name: [[version, each.evaluation["evidence"]["duel"]] for version, each in known.items()]
            for name, known in self._known.items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state."""
        self._known = {
            name: {version: _taught(name, version, told) for version, told in known}
            for name, known in state.items()
        }


def _taught(name: str, version: str, told: Mapping[str, Any]) -> Candidate:
    evidence = {"duel": {key: told[key] for key in NEEDED if key in told}}
    return Candidate(ModelType(name), version, "", "", 0, {"evidence": evidence})


def probation(
    candidate: Candidate,
    before: str,
    scope: Scope,
    rows: int,
    known: Errors | None = None,
    level: float | None = None,
) -> Probation:
    """A probation of a candidate beside the version before it, with what the hold-out taught of both.

    Parameters:
        rows: its end, if nothing ends it sooner.
        known: errors (n,) of both to learn from where the hold-out was beside another version.
        level: probability that an equal version is called worse; None: as after a promotion.
    """
    from clm.decisions.sequential.probation import RULES, Probation

    _, overlap = rows_of(candidate, scope, 0.0)
    state = taught(candidate, before, max(BLOCK, overlap)).get("probation", ())
    return Probation(overlap, None if state else known, rows, state, level or RULES.level)
