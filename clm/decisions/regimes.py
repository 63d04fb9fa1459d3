"""Regimes: the scope's current regime and when it changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

MAX_CHANGES = 256
"""Changes remembered; older ones fall out of the lookback of every training."""


class Regimes:
    """Folds regime signals into a history of changes.

    >>> regimes = Regimes()
    >>> [regimes.observe(at, label) for at, label in ((10, "calm"), (20, "calm"), (30, "turbulent"))]
    [True, False, True]
    >>> regimes.current, regimes.changes
    ('turbulent', [[10, 'calm'], [30, 'turbulent']])
    """

    def __init__(self) -> None:
        self.changes: list[list[Any]] = []  # [at in µs, label], oldest first
        self._newest: int | None = None  # at of the newest signal, µs

    def observe(self, at: int, label: str, confidence: float | None = None) -> bool:  # noqa: ARG002
        """Fold one signal (µs, label, 0 to 1); whether the regime changed.

        One that is older than the newest says nothing any more. Confidence counts in ``SettledRegimes`` only.
        """
        if self._newest is not None and at < self._newest:
            return False
        self._newest = at
        return self._change(at, label)

    def passed(self, at: int, forecasts: int) -> bool:  # noqa: ARG002 - time alone changes nothing here
        """Time has come to ``at`` (µs), with so many forecasts so far; whether the regime changed."""
        return False

    @property
    def shares(self) -> dict[str, float]:
        """Share of each regime in the votes that a change takes, fraction; there are none here."""
        return {}

    def _change(self, at: int, label: str) -> bool:
        if label == self.current:
            return False
        self.changes = [*self.changes[1 - MAX_CHANGES :], [at, label]]
        return True

    @property
    def current(self) -> str | None:
        """The newest label, None before the first."""
        return self.changes[-1][1] if self.changes else None

    @property
    def since(self) -> int:
        """When the current regime began, µs; 0 before the first."""
        return self.changes[-1][0] if self.changes else 0

    @property
    def signal(self) -> str | None:
        """The label of the newest signal, None before the first."""
        return self.current

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {"newest": self._newest, "changes": [list(change) for change in self.changes]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._newest = state["newest"]
        self.changes = [list(change) for change in state["changes"]]


def lookback_begins(changes: Sequence[Sequence[Any]], now: int, least: int) -> int | None:
    """Where a lookback begins that goes back to the last regime change; None: nothing has changed.

    Parameters:
        changes: [at in µs, label] of each change, oldest first; the first one only tells what held before.
        now: µs.
        least: that it goes back at any rate, µs.

    >>> changes = [[10, "calm"], [60, "turbulent"]]
    >>> [lookback_begins(changes, 100, least) for least in (20, 70)], lookback_begins(changes[:1], 100, 20)
    ([60, 30], None)
    """
    return min(changes[-1][0], now - least) if len(changes) > 1 else None


def label_at(changes: Sequence[Sequence[Any]], at: int) -> str:
    """The label that held at a moment (µs), empty before the first change.

    >>> label_at([[10, "calm"], [30, "turbulent"]], 29)
    'calm'
    """
    index = bisect_right(changes, at, key=lambda change: change[0])
    return changes[index - 1][1] if index else ""
