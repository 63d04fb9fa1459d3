"""The detectors of decay of every model type's active version, as the compiled loop folds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.decisions.flow import NO_DETECTORS
from clm.decisions.layout import SCORE, SKILL, DecayArrays
from clm.policy import DETECTORS, Policy

if TYPE_CHECKING:
    from clm.decisions.sequential.baseline import Baseline

BITS = dict(zip(DETECTORS, (SCORE, SKILL), strict=True))
"""The detectors of a policy, as the loop knows them."""

Alarm = Mapping[str, Any]
"""What a detector saw when it raised an alarm: ``statistic``, ``limit``, ``at`` (µs), what it rests on."""


class Detectors:
    """One row of each per model type; none under a policy that has no detectors.

    Parameters:
        models: how many model types.
    """

    def __init__(self, models: int, policy: Policy) -> None:
        self._policy = policy
        self._wanted = sum(BITS[each] for each in policy.decay_detectors) if policy.sequential else 0
        self._on = [0] * models  # bits
        self._rows_per_day = [0.0] * models  # of the hold-out
        self.arrays = _arrays(models if self._wanted else 0)

    def watches(self, model: int) -> int:
        """The bits of the detectors that see the pairs of a model type's active version."""
        return self._on[model]

    def begin(self, model: int, baseline: Mapping[str, Any] | None) -> None:
        """Watch another version; without a baseline (the naive forecast, another policy) nobody does."""
        self._on[model] = 0 if baseline is None else self._wanted
        if self._on[model]:
            from clm.decisions.sequential.baseline import Baseline

            self._fill(model, Baseline.restored(baseline or {}))

    def _fill(self, model: int, known: Baseline) -> None:
        arrays = self.arrays
        arrays.sizes[model], arrays.states[model], arrays.days[model] = known.sizes, known.state, 0.0
        arrays.rules[model] = known.rules(self._policy.decay_between_alarms_days)
        arrays.bounds[model] = known.bounds
        self._rows_per_day[model] = known.rows_per_day

    def alarms(self, model: int, raised: int, clock: int) -> dict[str, Alarm]:
        """What the detectors of some bits saw, by name; they begin anew.

        Parameters:
            clock: event clock, µs.
        """
        found = dict[str, Alarm]()
        if raised & SCORE:
            found["score"] = self._score(model, clock)
        if raised & SKILL:
            found["skill"] = self._skill(model, clock)
        return found

    def _score(self, model: int, clock: int) -> Alarm:
        from clm.decisions.sequential import decay_fold as loop

        state, rules = self.arrays.states[model], self.arrays.rules[model]
        seen = {
            "statistic": evidence_of(state.tolist()),
            "limit": float(rules[loop.R_LIMIT]),
            "at": clock,
            "block": int(rules[loop.R_BLOCK]),
            "between_days": self._policy.decay_between_alarms_days,
            "rows_per_day": self._rows_per_day[model],
            "state": state.tolist(),
        }
        loop.begin_anew(state)
        return seen

    def _skill(self, model: int, clock: int) -> Alarm:
        from clm.decisions.sequential import skill_decay_fold as loop

        days, bounds = self.arrays.days[model], self.arrays.bounds[model]
        rows, loss, naive = _before(days, bounds)
        return {
            "statistic": loss / naive,
            "limit": float(bounds[loop.R_LIMIT]),
            "at": clock,
            "rows": int(rows),
            "losses": [loss, naive],
        }

    def state(self) -> list[list[Any]]:
        """Everything folded, a list per model type, as msgpack can carry it."""
        arrays = self.arrays
        kept = (arrays.sizes, arrays.states, arrays.days)
        return [
            [on, *(each[model].tobytes() for each in kept)] if on else [0]
            for model, on in enumerate(self._on)
        ]

    def restore(self, model: int, baseline: Mapping[str, Any] | None, saved: Sequence[Any]) -> None:
        """Take up the saved state of a model type's active version; the rules are this policy's."""
        self.begin(model, baseline)
        if self._on[model] and saved[0]:
            arrays = self.arrays
            for each, data in zip((arrays.sizes, arrays.states, arrays.days), saved[1:], strict=True):
                each[model] = np.frombuffer(data)


def evidence_of(state: Sequence[float]) -> float:
    """R of a detector's state: see ``clm.decisions.sequential.shiryaev_roberts``."""
    from clm.decisions.sequential import decay_fold as loop

    return float(sum(state[loop.RATIOS : loop.RATIOS + len(loop.SHARES)]))


def _before(days: Any, bounds: Any) -> tuple[float, float, float]:
    """The window as it was before the row that begins the newest day."""
    from clm.decisions.sequential import skill_decay_fold as loop

    earlier = days.copy()
    earlier[loop.COUNT] -= 1.0
    rows, loss, naive = loop.window_of(earlier, bounds)
    return float(rows), float(loss), float(naive)


def _arrays(models: int) -> DecayArrays:
    if models == 0:
        return NO_DETECTORS
    from clm.decisions.sequential import decay_fold, skill_decay_fold
    from clm.decisions.sequential.skill_score import SkillScore

    sizes = (len(SkillScore().state()), decay_fold.STATE, 3, skill_decay_fold.STATE, 3)
    return DecayArrays(*(np.zeros((models, size)) for size in sizes))
