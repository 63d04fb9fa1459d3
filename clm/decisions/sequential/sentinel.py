"""The sentinel: a cheap twin, frozen when the model was trained, beside one that is refitted every day.

When the refitted twin beats the frozen one on the same rows, there was something new to learn, whatever the
costly model shows itself. Of the newest ``blocks`` sums of ``block`` rows of |frozen| - |refitted|

    z = mean / (standard deviation / sqrt(blocks))
    alarm when z > limit and the sum is more than ``gain`` of the frozen twin's loss

Without the second condition a line that was fitted a little worse raises alarms for ever: the difference is
real, and of no use.

A linear twin costs about a hundredth of a tree model's fit; it misses what lies in levels beyond the training
range, because a line extrapolates: use it beside ``skill_decay``.

Source: a paired t-test on blocks, Carlstein (1986), Ann. Statist. 14, 1171-1179 for the blocks.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from clm.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class SentinelRules:
    """What counts as an alarm.

    Raises:
        ConfigurationError: a value is out of range.
    """

    block: int = 12  # rows, at least the forecasts' horizon in bars
    blocks: int = 72  # of a window: three days of five-minute bars
    limit: float = 3.5  # standard errors
    gain: float = 0.02  # fraction of the frozen twin's loss that a refit has to save

    def __post_init__(self) -> None:
        for name, least in (("block", 1), ("blocks", 3), ("gain", 0.0)):
            if not getattr(self, name) >= least:
                raise ConfigurationError(
                    f"{name} of the sentinel is {getattr(self, name)!r}; it must be >= {least}"
                )


class Sentinel:
    """Folds pairs of errors into alarms, looked at whenever a block ends.

    >>> sentinel = Sentinel(SentinelRules(block=1, blocks=4, limit=2.0))
    >>> [sentinel.update(frozen, 1.0) for frozen in (2.0, 3.0, 2.0, 3.0)]  # 1 2 1 2: z = 1.5 / 0.2887
    [False, False, False, True]
    """

    def __init__(self, rules: SentinelRules) -> None:
        self.rules = rules
        self._sums: deque[list[float]] = deque(maxlen=rules.blocks)  # gain and frozen loss of each block
        self._open = [0.0, 0.0, 0.0]  # rows, gain, frozen loss

    def update(self, frozen: float, refitted: float) -> bool:
        """Fold one pair of signed errors (target units); True where a block ends in alarm.

        After an alarm the window begins anew.
        """
        gain = abs(frozen) - abs(refitted)
        if not math.isfinite(gain):
            return False
        rows, gained, lost = self._open
        self._open = [rows + 1, gained + gain, lost + abs(frozen)]
        if self._open[0] < self.rules.block:
            return False
        self._sums.append(self._open[1:])
        self._open = [0.0, 0.0, 0.0]
        alarm = self.statistic > self.rules.limit and self.saved > self.rules.gain
        if alarm:
            self._sums.clear()
        return alarm

    @property
    def statistic(self) -> float:
        """Z of the full window; NaN while it fills or without variance."""
        if len(self._sums) < self.rules.blocks:
            return math.nan
        gains = [gain for gain, _ in self._sums]
        mean = sum(gains) / len(gains)
        squares = sum((gain - mean) ** 2 for gain in gains)
        return mean * math.sqrt(len(gains) * (len(gains) - 1) / squares) if squares > 0 else math.nan

    @property
    def saved(self) -> float:
        """Fraction of the frozen twin's loss in the window that the refitted one saves; 0 without loss."""
        lost = sum(loss for _, loss in self._sums)
        return sum(gain for gain, _ in self._sums) / lost if lost > 0 else 0.0

    def state(self) -> dict[str, Any]:
        """Rules and sums, as msgpack and JSON can carry them."""
        return {
            "rules": asdict(self.rules),
            "sums": [list(each) for each in self._sums],
            "open": list(self._open),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Sentinel:
        """From a saved state."""
        made = cls(SentinelRules(**state["rules"]))
        made._sums.extend(list(each) for each in state["sums"])
        made._open = list(state["open"])
        return made
