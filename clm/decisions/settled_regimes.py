"""Settled regimes: a change counts when the votes of the bars have settled for it.

Each bar gives one vote, that of the newest signal, weighted by its confidence: a detector may publish every
bar or only when it changes its mind.
"""

from __future__ import annotations

from typing import Any

from clm.decisions.regimes import Regimes
from clm.decisions.sequential.regime_vote import RegimeVote

ENOUGH = 1000
"""Votes of one signal after which more change nothing: the share of another regime is below e^-12."""


class SettledRegimes(Regimes):
    """Folds regime signals and ticks into a history of changes.

    Parameters:
        bar: length, µs.

    >>> regimes = SettledRegimes(bar=10)
    >>> regimes.observe(0, "calm"), regimes.observe(1000, "wild")
    (True, False)
    >>> regimes.passed(1800), regimes.current  # 81 votes for it: 1 - 2 (77/78)^81 is just below 0.3
    (False, 'calm')
    >>> regimes.passed(1810), regimes.changes
    (True, [[0, 'calm'], [1810, 'wild']])
    """

    def __init__(self, bar: int) -> None:
        super().__init__()
        self._bar = bar
        self._vote = RegimeVote()
        self._label, self._confidence = "", 1.0  # of the newest signal
        self._voted = 0  # bars up to this one have voted

    def observe(self, at: int, label: str, confidence: float | None = None) -> bool:
        """Fold one signal (µs, label, 0 to 1); whether the regime changed. A late one says nothing."""
        if self._newest is not None and at < self._newest:
            return False
        changed = self._votes(at // self._bar - 1, at)
        first, self._newest = self._newest is None, at
        self._label, self._confidence = label, 1.0 if confidence is None else confidence
        if first:
            self._voted = at // self._bar - 1
        return self._votes(at // self._bar, at) or changed

    def passed(self, at: int) -> bool:
        """Time has come to ``at`` (µs); whether the regime changed."""
        return self._newest is not None and self._votes(at // self._bar, at)

    @property
    def shares(self) -> dict[str, float]:
        """Share of each regime in the newest votes, fraction."""
        return self._vote.shares

    def _votes(self, bar: int, at: int) -> bool:
        """Let the bars up to one vote by the newest signal."""
        due, self._voted = bar - self._voted, max(bar, self._voted)
        if self._newest is None or due <= 0:
            return False
        for _ in range(min(due, ENOUGH)):
            self._vote.update(self._label, self._confidence)
        return self._change(at, str(self._vote.confirmed))

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        signal = [self._label, self._confidence, self._voted]
        return {**super().state(), "vote": self._vote.state(), "signal": signal}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        super().restore(state)
        self._vote = RegimeVote.restored(state["vote"])
        self._label, self._confidence, self._voted = state["signal"]
