"""Aim: when the triggers of a model type must be looked at. What is due, only they say."""

from __future__ import annotations

from clm.decisions.layout import FREE
from clm.decisions.memory import Memory
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy

BITS = {
    RetrainTrigger.PERFORMANCE_DECAY: 1,
    RetrainTrigger.REGIME_SHIFT: 2,
    RetrainTrigger.DATA_VOLUME: 4,
}
"""The triggers that an outcome may set off, as bits of MODEL's ``muted``."""

Aim = tuple[float, int, int, int, int, int, int, int, int]
"""The fields of MODEL."""


def aim(
    model_type: ModelType, memory: Memory, regime: str | None, window: int, points: int, policy: Policy
) -> Aim:
    """The MODEL of a model type; nothing is muted yet.

    Parameters:
        regime: of the scope now.
        window: the place of the active version's window, -1 if it has none.
        points: new bars.
    """
    cooling = FREE
    if memory.decided_at is not None:
        cooling = memory.decided_at + policy.cooldown(model_type)
    return (
        memory.baseline - policy.performance_decay_threshold,
        window,
        FREE if memory.trained_at is None else memory.trained_at,
        points,
        policy.data_threshold_points,
        cooling,
        int(memory.open_run is not None),
        int(regime is not None and memory.regime not in (None, regime)),
        0,
    )
