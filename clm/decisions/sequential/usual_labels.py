"""Usual labels: what a detector says at an hour of the day more often than over the whole day.

An hour of the clock (UTC) that ends brings the shares of its labels, weighted by their confidence; they are
averaged over the days, the newest 20 or so, and a label's excess at an hour is its share there less the mean
of its shares at all hours that were ever heard of:

    p_h <- p_h + max(1/20, 1/d) (p - p_h) after the d-th day,   excess_h = p_h - mean of p_g over g

What Asia's night is to a currency is no news: volatility follows the clock, and a regime does not.

Source: seasonal means taken out of indicators, as the diurnal factor of Andersen & Bollerslev (1997), J.
Empirical Finance 4, 115-158, is taken out of intraday volatility.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOURS = 24
DAYS = 20
"""Days that an average goes back."""
LEAST_DAYS = 10
"""Days of an hour before its excess counts."""
SMALL = 1e-6
"""A share that small is forgotten."""


class UsualLabels:
    """Folds labels into their shares at each hour of the day.

    >>> usual = UsualLabels()
    >>> day = [(0, "calm"), (12, "wild")]
    >>> found = [usual.update(hour, label, 1.0) for hour, label in day * 11]
    >>> found[-3], found[-2]  # noon is wild and midnight calm, on ten days before the eleventh
    ({}, {'calm': 0.5, 'wild': -0.5})
    """

    def __init__(self) -> None:
        self._hour = -1  # that is open
        self._votes: dict[str, float] = {}  # sums of confidence in the open hour
        self._days = [0] * HOURS
        self._shares: list[dict[str, float]] = [{} for _ in range(HOURS)]
        self._whole: dict[str, float] = {}  # sums of them over the hours
        self.excess: Mapping[str, float] = {}  # of each label at the open hour, fraction; one object per hour

    def update(self, hour: int, label: str, weight: float) -> Mapping[str, float]:
        """Fold one label at an hour (0 to 23); by how much each label exceeds its share of the day there.

        What is returned follows from the hours before: one object until the hour ends, empty where too few
        days are known.
        """
        if hour != self._hour:
            self._close()
            self._hour = hour
            self.excess = self._excess_at(hour)
        self._votes[label] = self._votes.get(label, 0.0) + weight
        return self.excess

    def _close(self) -> None:
        total = sum(self._votes.values())
        if total > 0.0:
            self._days[self._hour] += 1
            step = max(1.0 / DAYS, 1.0 / self._days[self._hour])
            shares = self._shares[self._hour]
            for label in {**shares, **self._votes}:
                moved = step * (self._votes.get(label, 0.0) / total - shares.get(label, 0.0))
                shares[label] = shares.get(label, 0.0) + moved
                self._whole[label] = self._whole.get(label, 0.0) + moved
                if shares[label] < SMALL:
                    self._forget(label)
        self._votes = {}

    def _forget(self, label: str) -> None:
        """Let a label go at the hour that ends, and altogether where no other hour knows it."""
        del self._shares[self._hour][label]
        if not any(label in shares for shares in self._shares):
            del self._whole[label]

    def _excess_at(self, hour: int) -> dict[str, float]:
        if self._days[hour] < LEAST_DAYS:
            return {}
        heard = HOURS - self._days.count(0)
        shares = self._shares[hour]
        return {label: shares.get(label, 0.0) - whole / heard for label, whole in self._whole.items()}

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return {
            "hour": self._hour,
            "votes": dict(self._votes),
            "days": list(self._days),
            "shares": [dict(each) for each in self._shares],
            "whole": dict(self._whole),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> UsualLabels:
        """From a saved state."""
        made = cls()
        made._hour, made._votes, made._days = state["hour"], dict(state["votes"]), list(state["days"])
        made._shares, made._whole = [dict(each) for each in state["shares"]], dict(state["whole"])
        made.excess = made._excess_at(made._hour) if made._hour >= 0 else {}
        return made
