"""Veterans: how each version did in each regime, from its own pairs, live and in shadow.

A pair belongs to the regime that the newest signal told: a live one when it matured, one in shadow at its
forecast. Not to the settled one, which is told some eighty bars late: that would charge a version with the
regime that it was replaced for. Sums only, so that nothing grows with time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clm.decisions.health import Health
from clm.decisions.memory import Memory
from clm.decisions.regimes import Regimes
from clm.events import Moved, Verdict

KEPT = 64
"""Versions of a model type that are remembered in a regime: those whose pairs are the newest."""

REGIMES = 64
"""Regimes of a model type that are remembered: those that were in force last."""


Sums = dict[str, dict[str, dict[str, list[float]]]]
"""Model type -> regime -> version -> pairs, loss, naive's loss."""


class Veterans:
    """Folds pairs into sums by model type, regime and version.

    Parameters:
        horizon: bars; outcomes of so many forecasts overlap.
    """

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon
        self._sums: Sums = {}
        self._locked: dict[str, tuple[str, ...]] = {}
        self._regime: str | None = None  # that the pairs of now belong to

    def signalled(self, regime: str | None, health: Health) -> None:
        """A signal came: where it tells another regime, take over what versions did in the one before."""
        if regime != self._regime:
            self._take(health)
            self._regime = regime

    def _take(self, health: Health, model_type: str | None = None) -> None:
        for name, version, sums in health.take(model_type):
            if self._regime is not None:
                self._add(name, self._regime, version, sums)

    def judged(self, event: Verdict) -> None:
        """A trial ended: take over what its candidate did in it."""
        for regime, sums in (event.losses or {}).items():
            self._add(event.model_type, regime, event.version, sums)

    def moved(self, event: Moved, health: Health) -> None:
        """A route was replaced: who is locked out now, and what those did whose windows go."""
        self._locked[event.model_type] = event.locked_out or ()
        if event.change is None:
            self._take(health, event.model_type)

    def of(self, name: str, memory: Memory, regimes: Regimes, health: Health) -> dict[str, list[float]]:
        """What ``recall`` looks at: version -> effective outcomes, loss, naive's loss in the current regime.

        Of the active version and of candidates that are not locked out; of none where there is nothing to
        ask for: the newest training was in this regime, or somebody was asked back for it already.
        """
        regime, active = regimes.current, memory.active
        if regime is None or memory.regime in (None, regime) or memory.asked_in(regimes.since):
            return {}
        allowed = {active, *memory.candidates} - set(self._locked.get(name, ()))
        sums = self._sums.get(name, {}).get(regime, {})
        known = {version: list(each) for version, each in sums.items() if version in allowed}
        now = health.since(name, active)
        if now[0] and self._regime == regime:
            known[active] = [
                old + new for old, new in zip(known.get(active, (0, 0.0, 0.0)), now, strict=True)
            ]
        return {version: [pairs // self._horizon, *losses] for version, (pairs, *losses) in known.items()}

    def _add(self, name: str, regime: str, version: str, sums: Sequence[float]) -> None:
        regimes = self._sums.setdefault(name, {})
        versions = regimes.pop(regime, {})
        regimes[regime] = versions
        before = versions.pop(version, [0, 0.0, 0.0])
        versions[version] = [old + new for old, new in zip(before, sums, strict=True)]
        for table, most in ((versions, KEPT), (regimes, REGIMES)):
            if len(table) > most:
                del table[next(iter(table))]

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "sums": _copied(self._sums),
            "regime": self._regime,
            "locked": {name: list(each) for name, each in self._locked.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state."""
        self._sums, self._regime = _copied(state["sums"]), state["regime"]
        self._locked = {name: tuple(each) for name, each in state["locked"].items()}


def _copied(sums: Mapping[str, Any]) -> Sums:
    return {
        name: {
            regime: {v: list(each) for v, each in versions.items()} for regime, versions in regimes.items()
        }
        for name, regimes in sums.items()
    }
