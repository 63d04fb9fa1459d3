"""Shadowing: how the shadow's verdicts are announced, and how they show in the registry's statuses."""

from __future__ import annotations

from collections.abc import Sequence

from clm.decisions.promotion import PROMOTE, REJECT
from clm.decisions.shadow import ABORTED, ROLE, ShadowFold
from clm.errors import IllegalMove
from clm.events import Event, Verdict
from clm.model import ModelStatus, ModelType
from clm.ports import Fence, Registry
from clm.records import Decision

VERDICTS = frozenset({PROMOTE, REJECT, ABORTED})
"""Kinds of decisions that end a trial."""


def announce(decision: Decision) -> Sequence[Event]:
    """The event that is written with a verdict, so that the watcher sees the trial end.

    A restart is none; neither is the end of a probation, of which the registry's move tells.
    """
    if decision.kind not in VERDICTS:
        return ()
    return (
        Verdict(
            p=ROLE,
            n=decision.n,
            at=decision.at,
            model_type=decision.model_type,
            version=str(decision.version),
            result=decision.kind,
            decision=decision.id,
            losses=_losses(decision),
        ),
    )


def _losses(decision: Decision) -> dict[str, list[float]] | None:
    """What the candidate did in each regime of its trial, where the trial has sums of it."""
    regimes = decision.evidence.get("regimes", {})
    told = {name: [pairs, mine, naive] for name, (pairs, mine, _, naive) in regimes.items() if name}
    return told or None


class Standing:
    """Marks in the registry who is in shadow and who left it in vain; doing it again changes nothing.

    Parameters:
        fence: of the shadow's owner; None where nobody else can be it.
    """

    def __init__(self, fold: ShadowFold, registry: Registry, fence: Fence | None = None) -> None:
        self._fold, self._registry, self._fence = fold, registry, fence
        self._shown: set[tuple[ModelType, str]] = set()  # versions already marked SHADOW

    def __call__(self, decisions: Sequence[Decision]) -> None:
        """Bring the statuses up to date after a step."""
        for bout in self._fold.open:
            key = bout.candidate.model_type, bout.candidate.version
            if key not in self._shown:
                self._mark(*key, ModelStatus.SHADOW)
                self._shown.add(key)
        for decision in decisions:
            if decision.kind in (REJECT, ABORTED):
                model_type = ModelType(decision.model_type)
                self._mark(model_type, str(decision.version), ModelStatus.RETIRED)

    def _mark(self, model_type: ModelType, version: str, status: ModelStatus) -> None:
        try:
            self._registry.mark(model_type, version, status, self._fence)
        except IllegalMove:
            return  # an operator has moved it on since; the route is the truth
