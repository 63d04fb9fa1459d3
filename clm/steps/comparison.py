"""Comparison: a candidate beside the active version and the naive forecast, on the rows of a hold-out.

The active version may have been trained on a part of the hold-out, where it would look too good. So it is
compared on the rows after its training alone, without those whose targets it may have seen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.decisions.trials import improvement
from clm.errors import InsufficientData
from clm.events import micros
from clm.model import NAIVE, ModelArtifact
from clm.policy import Policy

if TYPE_CHECKING:
    import pandas as pd

    from clm.steps.evidence import Column, HoldOut

ENDLESS: dict[str, Any] = {"level": 1e-290, "late": 0.0, "futility": 1e-290, "horizon": 10**9}
"""Rules under which nothing is decided: the level of a trial is known only when it opens."""


def compared_with(
    active: ModelArtifact | None, rows: HoldOut, frame: pd.DataFrame, policy: Policy
) -> dict[str, Any]:
    """What the rows of a frame say of a candidate: evidence ``skill``, ``gate`` and ``duel``.

    Parameters:
        active: None while the naive forecast serves.
    """
    errors = beside(rows, frame, active)
    return {"skill": skill(errors), "gate": gate(errors), "duel": duel(errors, policy)}


@dataclass(frozen=True)
class Beside:
    """Signed errors (n,) on the same rows, target units."""

    candidate: Column  # of the fit that never saw the hold-out
    active: Column | None  # None where the active version was not asked on the same rows
    naive: Column
    unseen: Column  # (n,) bool: rows of which the active version saw nothing when it was trained
    against: str  # name of the active version
    symbols: int  # rows that one bar brings, at most
    horizon: int  # bars

    @property
    def overlap(self) -> int:
        """Rows whose outcomes overlap."""
        return self.horizon * self.symbols


def beside(rows: HoldOut, frame: pd.DataFrame, active: ModelArtifact | None) -> Beside:
    """The rows of a frame as errors.

    Parameters:
        active: None while the naive forecast serves, which was trained on nothing.
    """
    return Beside(
        candidate=rows.value - rows.outcome,
        active=None if rows.active is None else rows.active - rows.outcome,
        naive=rows.naive - rows.outcome,
        unseen=rows.at >= _unseen_from(np.unique(frame["at"].to_numpy(dtype=np.int64)), active, rows.horizon),
        against=NAIVE if active is None else active.version,
        symbols=int(np.unique(rows.at, return_counts=True)[1].max()),
        horizon=rows.horizon,
    )


def _unseen_from(closes: Column, active: ModelArtifact | None, horizon: int) -> int:
    """The first close (µs) at which a version's training knew nothing of the row, nor of its target."""
    if active is None:
        return int(closes[0])
    newest = int(np.searchsorted(closes, micros(active.training_range[1]), side="right")) - 1
    if newest < 0:
        return int(closes[0])
    return int(closes[newest + horizon]) if newest + horizon < len(closes) else int(closes[-1]) + 1


def skill(rows: Beside) -> dict[str, Any]:
    """Interval (90 %) of the skill over the naive forecast, on all rows; without it where they are few."""
    from clm.decisions.sequential.holdout_gate import judged

    try:
        found = judged(rows.candidate, rows.naive, rows.naive, rows.overlap)
    except InsufficientData as error:
        return {"short": str(error)}
    return {"rows": found.rows, "low": found.skill_low, "high": found.skill_high}


def gate(rows: Beside) -> dict[str, Any]:
    """Every field of GateResult against the active version, or why there is no such comparison."""
    from clm.decisions.sequential.holdout_gate import judged

    if rows.active is None:
        return {"short": f"{rows.against} was not asked on the same rows"}
    unseen = rows.unseen
    try:
        found = judged(rows.candidate[unseen], rows.active[unseen], rows.naive[unseen], rows.overlap)
    except InsufficientData as error:
        return {"short": f"{int(unseen.sum())} rows since the training of {rows.against}: {error}"}
    return asdict(found)


def duel(rows: Beside, policy: Policy) -> dict[str, Any]:
    """Duels that have learnt the errors' sizes and their variance from the rows.

    In ``state``, a trial's, and ``probation``, the one with the roles swapped for the time after a promotion,
    they are no evidence. In ``credit`` those are that follow the rows which taught the variance.
    """
    from clm.decisions.sequential.duel import Duel
    from clm.decisions.sequential.duel_rules import DuelRules
    from clm.decisions.sequential.probation import probation_rules

    if rows.active is None:
        return {}
    rules = DuelRules(improvement=improvement(policy), overlap=rows.overlap)
    active, mine = rows.active[rows.unseen], rows.candidate[rows.unseen]
    begun = Duel(DuelRules(**{**asdict(rules), **ENDLESS}))
    begun.update_many(active, mine)
    earned = policy.holdout_credit and begun.verdict == "open" and begun.standing.rows > 0
    return {
        "against": rows.against,
        "symbols": rows.symbols,
        "block": rules.block,
        "rows": len(mine),
        "state": Duel(rules, (active, mine)).state(),
        "probation": Duel(probation_rules(rows.overlap), (mine, active)).state(),
        **({"credit": begun.state(), "credit_rows": begun.standing.rows} if earned else {}),
    }
