"""``make bench-decisions``: what each rule decides when the truth is known, with Monte-Carlo errors.

``shadow_factory``, ``decay_factory`` and ``regime_factory`` are the project's own classes under the
signatures of an outside scorer, which hands over errors, scores and labels and knows nothing of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.regime_vote import RegimeVote
from clm.decisions.sequential.skill_score import SkillScore

SAID = {"open": "continue", "better": "promote"}


class ShadowAdapter:
    """A duel of the shadow."""

    def __init__(self, hold_active: Sequence[float], hold_candidate: Sequence[float]) -> None:
        self._duel = Duel(DuelRules(), (hold_active, hold_candidate))

    def update(self, e_active: float, e_candidate: float, *_: float) -> str:
        """``continue``, ``promote`` or ``reject`` after signed errors (and hits, which it does not need)."""
        return SAID.get(self._duel.update(e_active, e_candidate), "reject")


class DecayAdapter:
    """A decay detector over skill scores.

    The scorer tells the outcome with the forecast's sign, and their product; its size is the ratio.
    """

    def __init__(self, baseline: Mapping[str, Sequence[float]]) -> None:
        self._score = SkillScore()
        known = zip(baseline["sret"], baseline["fret"], strict=True)
        self._decay = Decay(DecayRules(), [self._scored(*each) for each in known])

    def update(self, hit: float, signed_return: float, forecast: float) -> bool:  # noqa: ARG002, the scorer's
        """Whether an outcome in the forecast's direction, and times the forecast, raises an alarm."""
        return self._decay.update(self._scored(signed_return, forecast))

    def _scored(self, outcome: float, product: float) -> float:
        return self._score.update(product / outcome if outcome else 0.0, outcome)


class RegimeAdapter:
    """A regime vote over labels of any kind."""

    def __init__(self) -> None:
        self._vote = RegimeVote()

    def update(self, label: Any) -> Any:
        """The confirmed label."""
        return self._vote.update(label)


shadow_factory, decay_factory, regime_factory = ShadowAdapter, DecayAdapter, RegimeAdapter


if __name__ == "__main__":
    from benchmarks.evidence.scoreboard import main

    main()
