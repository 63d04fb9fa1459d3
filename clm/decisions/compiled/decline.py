"""Decline, compiled: the detectors of decay see each matured pair of the active version."""

from __future__ import annotations

from typing import Any

from clm.decisions.layout import SCORE, SKILL
from clm.decisions.sequential import decay_fold, skill_decay_fold, skill_score
from clm.machine import apart


@apart
def stepped(decay: Any, model: int, watches: int, value: float, naive: float, outcome: float, at: int) -> Any:
    """Fold a pair; the bits of the detectors that raise an alarm. Their states stay as they were found.

    Parameters:
        decay: DecayArrays.
        model: index of the model type.
        watches: the bits of the detectors that are on.
        value, naive, outcome: target units.
        at: when the outcome became known, µs.
    """
    raised = 0
    if watches & SCORE:
        score = skill_score.scored(decay.sizes[model], value - naive, outcome - naive)
        if decay_fold.weighed(decay.states[model], decay.rules[model], score):
            raised |= SCORE
    if watches & SKILL:
        loss, theirs = abs(value - outcome), abs(naive - outcome)
        if skill_decay_fold.stepped(decay.days[model], decay.bounds[model], at, loss, theirs):
            raised |= SKILL
    return raised
