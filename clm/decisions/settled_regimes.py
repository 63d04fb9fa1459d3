"""Settled regimes: a change counts when the votes of the bars have settled for it.

Each bar gives one vote, that of the newest signal, weighted by its confidence: a detector may publish every
bar or only when it changes its mind. A bar votes at its signal, or at its first tick if something was
forecast since the last vote: nights and weekends say nothing. What is usual at an hour of the day (UTC) is
taken out of the votes: a session that is wild every day is no shift.
"""

from __future__ import annotations

from typing import Any

from clm.decisions.regimes import Regimes
from clm.decisions.sequential.regime_vote import RegimeVote
from clm.decisions.sequential.usual_labels import HOURS
from clm.events import HOUR


class SettledRegimes(Regimes):
    """Folds regime signals and ticks into a history of changes.

    Parameters:
        bar: length, µs.

    >>> regimes = SettledRegimes(bar=10)
    >>> [regimes.observe(0, "calm"), *(regimes.passed(10 * k, k) for k in range(1, 100))].index(True)
    0
    >>> [regimes.observe(1000, "wild"), *(regimes.passed(10 * k, k) for k in range(101, 300))].index(True)
    76
    >>> regimes.changes  # at the 77th vote for it: 1 - 2 (77/78)^77 is above 0.25
    [[0, 'calm'], [1760, 'wild']]
    """

    def __init__(self, bar: int) -> None:
        super().__init__()
        self._bar = bar
        self._vote = RegimeVote()
        self._label, self._confidence = "", 1.0  # of the newest signal
        self._voted = -1  # the newest bar that has voted
        self._forecasts = 0  # until then

    def observe(self, at: int, label: str, confidence: float | None = None) -> bool:
        """Fold one signal (µs, label, 0 to 1); whether the regime changed. A late one says nothing."""
        if self._newest is not None and at < self._newest:
            return False
        self._newest = at
        self._label, self._confidence = label, 1.0 if confidence is None else confidence
        return self._votes(at)

    def passed(self, at: int, forecasts: int) -> bool:
        """Time has come to ``at`` (µs), with so many forecasts so far; whether the regime changed."""
        if self._newest is None or forecasts == self._forecasts:
            return False
        self._forecasts = forecasts
        return self._votes(at)

    @property
    def signal(self) -> str | None:
        """The label of the newest signal, None before the first: not settled yet."""
        return self._label or None

    @property
    def shares(self) -> dict[str, float]:
        """Share of each regime in the newest votes, fraction."""
        return self._vote.shares

    def _votes(self, at: int) -> bool:
        """Let the bar of a moment (µs) vote by the newest signal, once."""
        bar = at // self._bar
        if bar <= self._voted:
            return False
        self._voted = bar
        hour = at // HOUR % HOURS
        return self._change(at, self._vote.update(self._label, self._confidence, hour))

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        signal = [self._label, self._confidence, self._voted, self._forecasts]
        return {**super().state(), "vote": self._vote.state(), "signal": signal}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state; one of a policy that counts no votes is taken for settled."""
        super().restore(state)
        self._vote = RegimeVote()
        if "vote" in state:
            self._vote = RegimeVote.restored(state["vote"])
            self._label, self._confidence, self._voted, self._forecasts = state["signal"]
        elif self.current is not None:
            self._label = self._vote.update(self.current)
