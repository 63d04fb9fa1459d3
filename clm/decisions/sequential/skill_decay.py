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
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from clm.errors import ConfigurationError
from clm.events import DAY


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


MAX_DAYS = 366
"""Days remembered, so that the state stays small where outcomes are rare."""


class SkillDecay:
    """Folds losses into day sums and, at the first row of a new day, looks at the window of days before.

    >>> decay = SkillDecay(SkillDecayRules(ratio=0.9, least=1))
    >>> losses = (0.9, 0.9, 0.9, 1.1)  # one a day; the naive forecast loses 1
    >>> [decay.update(day * DAY, loss, 1.0) for day, loss in enumerate((*losses, 1.1))]
    [False, False, False, False, True]
    """

    def __init__(self, rules: SkillDecayRules) -> None:
        self.rules = rules
        self._days: deque[list[float]] = deque(
            maxlen=MAX_DAYS
        )  # day, rows, loss, naive loss; the open one last

    def update(self, at: int, loss: float, naive_loss: float) -> bool:
        """Fold the absolute losses (target units) of one row at an event time (µs).

        Returns True at the first row of a day when the days before show decay. A row of an earlier day
        than the newest counts to the newest; a loss that is no number does not count.
        """
        if not (math.isfinite(loss) and math.isfinite(naive_loss)):
            return False
        day = at // DAY
        begins = not self._days or day > self._days[-1][0]
        alarm = begins and self.ratio > self.rules.limit
        if begins:
            self._days.append([day, 0, 0.0, 0.0])
        newest = self._days[-1]
        newest[1] += 1
        newest[2] += loss
        newest[3] += naive_loss
        return alarm

    @property
    def ratio(self) -> float:
        """Loss over naive loss of the newest window, NaN while it fills."""
        rows, loss, naive = 0.0, 0.0, 0.0
        for days, (_, more, mine, theirs) in enumerate(reversed(self._days), 1):
            rows, loss, naive = rows + more, loss + mine, naive + theirs
            if days >= self.rules.days and rows >= self.rules.least * self.rules.overlap:
                return loss / naive if naive > 0 else math.nan
        return math.nan

    def state(self) -> dict[str, Any]:
        """Rules and sums, as msgpack and JSON can carry them."""
        return {"rules": asdict(self.rules), "days": [list(day) for day in self._days]}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> SkillDecay:
        """From a saved state."""
        made = cls(SkillDecayRules(**state["rules"]))
        made._days.extend(list(day) for day in state["days"])
        return made
