"""Skill decay: did the loss grow against the naive forecast's on the same rows?

    ratio = sum of losses / sum of naive losses over a window of whole days, alarm above 1.03 times
    the ratio on the hold-out

A ratio is blind to volatility, which moves both sums; whole days hold one daily season each. A window is
three days, or as many more as ``least`` effective outcomes (rows / overlap) take.

Source: the out-of-sample R^2 of Campbell & Thompson (2008), Rev. Financial Studies 21, 1509-1531, for
absolute loss; window and margin: the market study behind ``docs/design.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clm.decisions.sequential import skill_decay_fold as loop
from clm.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class SkillDecayRules:
    """What counts as an alarm.

    Raises:
        ConfigurationError: a value is out of range.
    """

    ratio: float  # loss / naive loss on the hold-out
    margin: float = 0.03  # fraction by which it may be exceeded
    days: int = 3  # whole days of a window, at least
    least: int = 50  # effective outcomes of a window, at least
    overlap: int = 1  # rows whose outcomes overlap: the forecasts' horizon in bars

    def __post_init__(self) -> None:
        for name in ("ratio", "days", "least", "overlap"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} of skill decay is {getattr(self, name)!r}; it must be > 0")

    @property
    def limit(self) -> float:
        """The ratio that raises an alarm when exceeded."""
        return self.ratio * (1.0 + self.margin)

    @property
    def row(self) -> list[float]:
        """As the loop reads them."""
        return [self.limit, float(self.days), float(self.least * self.overlap)]


class SkillDecay:
    """Folds losses into day sums and, at the first row of a new day, looks at the window of days before.

    >>> from clm.events import DAY
    >>> decay = SkillDecay(SkillDecayRules(ratio=0.9, least=1))
    >>> losses = (0.9, 0.9, 0.9, 1.1)  # one a day; the naive forecast loses 1
    >>> [decay.update(day * DAY, loss, 1.0) for day, loss in enumerate((*losses, 1.1))]
    [False, False, False, False, True]
    """

    def __init__(self, rules: SkillDecayRules) -> None:
        self.rules = rules
        self._rules = np.array(rules.row)
        self._state = np.zeros(loop.STATE)

    def update(self, at: int, loss: float, naive_loss: float) -> bool:
        """Fold the absolute losses (target units) of one row at an event time (µs).

        Returns True at the first row of a day when the days before show decay. A row of an earlier day
        than the newest counts to the newest; a loss that is no number does not count.
        """
        return bool(loop.fold_one(self._state, self._rules, at, float(loss), float(naive_loss)))

    @property
    def ratio(self) -> float:
        """Loss over naive loss of the newest window, NaN while it fills."""
        rows, loss, naive = loop.window_of(self._state, self._rules)
        return float(loss / naive) if rows > 0 and naive > 0 else math.nan

    def state(self) -> dict[str, Any]:
        """Rules and sums, as msgpack and JSON can carry them."""
        begun = int(self._state[loop.COUNT])
        days = self._state[: loop.COUNT].reshape(loop.MAX_DAYS, loop.WIDTH)
        kept = range(max(0, begun - loop.MAX_DAYS), begun)
        return {"rules": asdict(self.rules), "days": [days[day % loop.MAX_DAYS].tolist() for day in kept]}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> SkillDecay:
        """From a saved state."""
        made = cls(SkillDecayRules(**state["rules"]))
        days = np.array(state["days"], dtype=np.float64).ravel()
        made._state[: len(days)] = days
        made._state[loop.COUNT] = len(state["days"])
        return made
