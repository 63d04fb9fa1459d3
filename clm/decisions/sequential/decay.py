"""Decay: did a forecast lose skill that it had on its hold-out?

The score of a row is large when the forecast departs from the naive one in the right direction, more so when
far and when it mattered (``skill_score``); hits (0 or 1) will do where there is nothing else. Blocks of at
least ``overlap`` rows, standardised by their long-run variance, feed a mixture of Shiryaev-Roberts statistics
for a loss of 0.4, 0.8, 1.6 and 3.2 times the skill (the baseline's mean less ``null``):

    u = min((m - block) / s, 3),  alarm when R >= A / block,  A = rows between two false alarms on average

s^2 is the blocks' long-run variance and a quarter of the squared skill: on real markets skill wanders for
weeks. That costs a weak forecast little and keeps a strong one, whose least dip would show, from alarms.

The baseline m, s grows with the rows themselves, two buckets late: a few thousand rows of a hold-out
determine a mean too badly, and alarms would come back for ever. After an alarm everything seen joins the
baseline and the detector rests for a day of five-minute bars.

Sources: ``shiryaev_roberts``, ``long_run``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from clm.decisions.sequential import decay_fold as loop
from clm.errors import InsufficientData

LEAST_BLOCKS = loop.LEAST_BLOCKS
"""Blocks of a baseline."""


@dataclass(frozen=True, kw_only=True)
class DecayRules:
    """What counts as an alarm."""

    between_alarms: float = 105_120.0  # rows between two false alarms on average: a year of five-minute bars
    overlap: int = 1  # rows whose outcomes overlap: the forecasts' horizon in bars
    null: float = 0.0  # mean score without skill: 0 of skill scores, 0.5 of hits

    @property
    def block(self) -> int:
        """Rows of a block."""
        return max(12, 2 * self.overlap)

    @property
    def row(self) -> list[float]:
        """As the loop reads them."""
        return [float(self.block), self.between_alarms / self.block, self.null]


class Decay:
    """Folds scores into alarms.

    Parameters:
        baseline: scores (n,) on the hold-out, oldest first.

    Raises:
        InsufficientData: the baseline has fewer than 24 blocks.

    >>> decay = Decay(DecayRules(between_alarms=1000.0), [0.9, -0.5, 0.5, 0.3, -0.2] * 100)  # mean 0.2
    >>> alarms = [decay.update(-0.3) for _ in range(48)]  # as wrong as it was right, and more
    >>> alarms.index(True) + 1
    24
    """

    def __init__(self, rules: DecayRules, baseline: Sequence[float]) -> None:
        self._rules = np.array(rules.row)
        self._state = np.zeros(loop.STATE)
        loop.known(self._state, self._rules, np.asarray(baseline, dtype=np.float64))
        found = int(self._state[loop.BASE_BLOCKS])
        if found < LEAST_BLOCKS:
            raise InsufficientData(
                f"the baseline of a decay detector has {found} blocks of {rules.block} scores; "
                f"it needs {LEAST_BLOCKS}: lengthen the hold-out"
            )

    def update(self, score: float) -> bool:
        """Fold one score; True once per alarm. A score that is no number says nothing."""
        return bool(loop.fold_one(self._state, self._rules, float(score)))

    def update_many(self, scores: Sequence[float]) -> list[int]:
        """Fold scores, oldest first; the rows among them that raise an alarm. The same bits as one by one."""
        alarms = np.zeros(len(scores), dtype=np.uint8)
        loop.fold(self._state, self._rules, np.asarray(scores, dtype=np.float64), alarms)
        return [int(each) for each in np.flatnonzero(alarms)]

    @property
    def evidence(self) -> float:
        """R over its limit, fraction: an alarm at 1."""
        ratios = self._state[loop.RATIOS : loop.RATIOS + len(loop.SHARES)]
        return float(sum(ratios.tolist()) / self._rules[loop.R_LIMIT])

    @property
    def baseline(self) -> float:
        """Mean score that is held to."""
        blocks, root = float(self._state[loop.BASE_BLOCKS]), float(self._rules[loop.R_BLOCK]) ** 0.5
        return float(self._state[loop.BASE_TOTAL] / (blocks * root))

    def state(self) -> list[float]:
        """Everything folded, as msgpack and JSON can carry it."""
        return [float(each) for each in self._state]

    @classmethod
    def restored(cls, rules: DecayRules, state: Sequence[float]) -> Decay:
        """From a saved state, under the same rules."""
        made: Any = cls.__new__(cls)
        made._rules = np.array(rules.row)
        made._state = np.array(state, dtype=np.float64)
        return cast(Decay, made)
