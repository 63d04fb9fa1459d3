"""The regime vote: which regime the labels of a noisy detector have settled in.

Every label moves all shares, s_k <- s_k + r c ([label = k] - s_k), r = 1/78 per label and c the signal's
confidence; the confirmed regime changes when another's share leads its own by 0.3. A switch takes about
80 labels of which 90 % are right, a burst of a dozen wrong ones takes none.

A net vote with a threshold that adapts to the bursts it saw fails on real volatility (it learns to wait too
long), a majority of a window on long bursts: ``benchmarks/decisions.py`` prints all three.

Source: exponentially weighted vote with hysteresis; the two constants are measured there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

RATE = 1.0 / 78.0
"""Forgetting per label of full confidence."""
LEAD = 0.3
"""Share by which another regime must lead, fraction."""
SMALL = 1e-9
"""The factor all weights share is folded into them when it falls below; regimes that small are forgotten."""


class RegimeVote:
    """Folds labels into a confirmed regime, in constant time whatever the number of regimes.

    >>> vote = RegimeVote()
    >>> [vote.update(label) for label in ("calm", "wild", "calm")]
    ['calm', 'calm', 'calm']
    >>> labels = [vote.update("wild") for _ in range(100)]
    >>> labels.index("wild") + 1  # the lead is about 1 - 2 (77/78)^n: 0.3 after 82, some fewer for the first
    81
    """

    def __init__(self) -> None:
        self.confirmed: str | None = None
        self._weights: dict[str, float] = {}  # shares over the common factor
        self._factor = 1.0

    def update(self, label: str, confidence: float = 1.0) -> str:
        """Fold one label with its confidence (fraction); the confirmed regime, the first label's at first."""
        current = self.confirmed
        if current is None:
            self.confirmed, self._weights[label] = label, 1.0
            return label
        step = RATE * min(max(confidence, 0.0), 1.0)
        factor = self._factor * (1.0 - step)
        weights = self._weights
        weight = weights[label] = weights.get(label, 0.0) + step / factor
        self._factor = factor
        if factor < SMALL:
            self._rescale()
        elif label != current and (weight - weights[current]) * factor >= LEAD:
            self.confirmed = label
            return label
        return current

    def update_many(self, labels: Sequence[str]) -> list[str]:
        """Fold labels of full confidence, oldest first; the confirmed regime after each."""
        return [self.update(label) for label in labels]

    def _rescale(self) -> None:
        kept = {label: weight * self._factor for label, weight in self._weights.items()}
        self._weights = {k: v for k, v in kept.items() if v > SMALL or k == self.confirmed}
        self._factor = 1.0

    @property
    def shares(self) -> dict[str, float]:
        """Share of each regime in the newest labels, fraction."""
        return {label: weight * self._factor for label, weight in self._weights.items()}

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return {"confirmed": self.confirmed, "weights": dict(self._weights), "factor": self._factor}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> RegimeVote:
        """From a saved state."""
        made = cls()
        made.confirmed, made._factor = state["confirmed"], state["factor"]
        made._weights = dict(state["weights"])
        return made
