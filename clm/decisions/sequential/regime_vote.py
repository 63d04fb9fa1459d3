"""The regime vote: which regime the labels of a noisy detector have settled in.

Every label moves all shares, s_k <- s_k + r c ([label = k] - s_k), r = 1/78 per label and c the signal's
confidence; the confirmed regime changes when the label's share leads its own by 0.25. A switch takes about
75 labels of which 90 % are right, a burst of a dozen wrong ones takes none. Where labels come with the hour
of the day, what is usual at that hour is taken out of them first (``usual_labels``).

A net vote with a threshold that adapts to the bursts it saw fails on real volatility (it learns to wait too
long), a majority of a window on long bursts: ``benchmarks/decisions.py`` prints all three.

Source: exponentially weighted vote with hysteresis; the two constants are measured there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clm.decisions.sequential.usual_labels import UsualLabels

RATE = 1.0 / 78.0
"""Forgetting per label of full confidence."""
LEAD = 0.25
"""Share by which another regime must lead, fraction."""
SMALL = 1e-9
"""The factor all weights share is folded into them when it falls below; regimes that small are forgotten."""
NOTHING: Mapping[str, float] = {}


class RegimeVote:
    """Folds labels into a confirmed regime, in constant time whatever the number of regimes.

    >>> vote = RegimeVote()
    >>> [vote.update(label) for label in ("calm", "wild", "calm")]
    ['calm', 'calm', 'calm']
    >>> labels = [vote.update("wild") for _ in range(100)]
    >>> labels.index("wild") + 1  # the lead is about 1 - 2 (77/78)^n: 0.25 after 77, fewer for the first
    76
    """

    def __init__(self) -> None:
        self.confirmed: str | None = None
        self._weights: dict[str, float] = {}  # shares over the common factor
        self._factor = 1.0
        self._usual = UsualLabels()
        self._excess: Mapping[str, float] = NOTHING  # of the hour, by label
        self._owed = 0.0  # how often the excess has to be taken out of the weights yet

    def update(self, label: str, confidence: float = 1.0, hour: int | None = None) -> str:
        """Fold one label; the confirmed regime, the first label's at first.

        Parameters:
            confidence: fraction.
            hour: of the day, 0 to 23, UTC; None: what is usual at an hour is left in.
        """
        sure = min(max(confidence, 0.0), 1.0)
        excess = NOTHING if hour is None else self._usual.update(hour, label, sure)
        if excess is not self._excess:
            self._settle()
            self._excess = excess
        current, weights = self.confirmed, self._weights
        if current is None:
            self.confirmed, weights[label] = label, 1.0
            return label
        step = RATE * sure
        self._factor *= 1.0 - step
        gained = step / self._factor
        weight = weights[label] = weights.get(label, 0.0) + gained
        lead = weight - weights[current]
        if excess:
            self._owed += gained
            lead -= (excess.get(label, 0.0) - excess.get(current, 0.0)) * self._owed
        if label != current and lead * self._factor >= LEAD:
            self.confirmed = label
        if self._factor < SMALL:
            self._rescale()
        return self.confirmed or label

    def _settle(self) -> None:
        self._weights, self._owed = self._net(), 0.0

    def _net(self) -> dict[str, float]:
        """The weights less what is owed of the excess."""
        if not self._owed:
            return self._weights
        labels = dict.fromkeys([*self._weights, *self._excess])
        return {k: self._weights.get(k, 0.0) - self._excess.get(k, 0.0) * self._owed for k in labels}

    def update_many(self, labels: Sequence[str]) -> list[str]:
        """Fold labels of full confidence, oldest first; the confirmed regime after each."""
        return [self.update(label) for label in labels]

    def _rescale(self) -> None:
        self._settle()
        kept = self.shares
        self._weights = {k: v for k, v in kept.items() if abs(v) > SMALL or k == self.confirmed}
        self._factor = 1.0

    @property
    def shares(self) -> dict[str, float]:
        """Share of each regime in the newest labels, fraction; below 0 where it is rarer than usual."""
        return {label: weight * self._factor for label, weight in self._net().items()}

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return {
            "confirmed": self.confirmed,
            "weights": dict(self._weights),
            "factor": self._factor,
            "owed": self._owed,
            "usual": self._usual.state(),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> RegimeVote:
        """From a saved state."""
        made = cls()
        made.confirmed, made._factor = state["confirmed"], state["factor"]
        made._weights = dict(state["weights"])
        made._usual, made._owed = UsualLabels.restored(state["usual"]), state["owed"]
        made._excess = made._usual.excess
        return made
