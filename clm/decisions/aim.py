"""Aim: when the triggers of a model type must be looked at. What is due, only they say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from clm.decisions.evident_triggers import decayed
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

Aim = tuple[float, int, int, int, int, int, int, int, int, int, int, int, int]
"""The fields of MODEL."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the loop finds what belongs to a model type."""

    window: int  # of the active version, -1 if it has none
    points: int  # new bars
    watches: int = 0  # bits of the detectors of decay that are on
    budget: int = FREE  # µs; until then the day's budget lets no run of it start
    recalled: bool = False  # a version was asked back for the current regime


def aim(model_type: ModelType, memory: Memory, regime: str | None, place: Place, policy: Policy) -> Aim:
    """The MODEL of a model type; nothing is muted yet.

    Parameters:
        regime: of the scope now.
    """
    cooling = FREE
    if memory.decided_at is not None:
        cooling = memory.decided_at + policy.cooldown(model_type)
    decay = policy.sequential and decayed(memory.alarms, policy)
    remembered = policy.sequential and not place.recalled
    answered = place.recalled and memory.open_run is not None
    known = memory.trained_in.get(regime or "") if remembered else None
    return (
        math.nan if policy.sequential else memory.baseline - policy.performance_decay_threshold,
        place.window,
        FREE if memory.trained_at is None else memory.trained_at,
        place.points,
        policy.data_threshold_points,
        max(cooling, place.budget),
        int(memory.open_run is not None and not (decay and memory.on_trial)),
        int(regime is not None and memory.regime not in (None, regime) and not answered),
        0,
        place.watches,
        0,
        int(decay),
        FREE if known is None else known + policy.regime_memory,
    )
