"""A market that turns against the version that was promoted last, and what a rehearsal says of it.

At first direction turns, which the first version learns; then it persists until a candidate that has learnt
this has won its shadow; then it turns again, and what the candidate goes by says the opposite of what it did.
When the candidate wins is found by a rehearsal in memory, which decides as the processes do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm.decisions.ruling import PROMOTE, ROLLBACK
from clm.model import ModelType
from clm.records import Decision
from tests.acceptance.site import Site
from tests.rollback.splice import Leg, spliced
from worker import bootstrap, replay

if TYPE_CHECKING:
    import pandas as pd

HISTORY, FIRST, MOST, GOOD, AFTER, LEFT = 150, 20, 150, 3, 24, 5
"""Bars: before the trader begins; in which the first version does well; until a candidate has won at the
latest; in which the winner is as good as it was in the shadow; after the market has turned against it; of
these at least left to the version that came back."""

TREES = {"n_estimators": 40, "max_depth": 3, "learning_rate": 0.1}
EVIDENT: dict[str, Any] = {
    "policy": "sequential",
    "worker_mode": "recycled",  # one process less that imports every library
    "training_lookback_days": 140,
    "validation_fraction": 0.4,
    "retrain_interval_days": 62,
    "shadow_max_days": 31.0,
    "shadow_min_rows": 40,
    "min_effective_outcomes": 9,
    "probation_days": 80.0,
    "training_params": {"lightgbm": {**TREES, "min_data_in_leaf": 10}, "xgboost": TREES},
}
"""Some hundred daily bars of a dozen symbols under these: the hold-out is long enough to teach a duel its
variance. Every rule that decides is as it is shipped."""


@dataclass(frozen=True)
class Turned:
    """A market that has turned, and the bars at which things happen in it, by their number."""

    model_type: ModelType
    candles: pd.DataFrame
    won: int  # at which the candidate is promoted
    lost: int  # at which it is decided to roll back
    decided: Sequence[Decision]  # by the rehearsal
    busy: frozenset[int]  # at which something was decided

    def site(self, directory: Path, url: str) -> Site:
        """A site of its own on this market."""
        return _site(directory, url, self.candles, self.model_type)


def turned(
    bars: pd.DataFrame, decks: int, directory: Path, model_type: ModelType = ModelType.LIGHTGBM, seed: int = 1
) -> Turned:
    """Find out when a candidate wins, and let the market turn against it soon after.

    Parameters:
        bars: real ones, as ``spliced`` takes them.
        decks: into how many symbols the bars of each symbol are dealt.

    Raises:
        ValueError: no candidate won, or it was not found to be worse in time.
    """
    legs = [Leg(HISTORY + FIRST, persists=False), Leg(MOST, persists=True), Leg(AFTER, persists=False)]
    straight = _rehearsed(spliced(bars, legs, decks, seed), model_type, directory / "straight")
    won = _first(straight, PROMOTE, HISTORY + FIRST)
    turn = Leg(won + GOOD - legs[0].bars, persists=True)
    candles = spliced(bars, [legs[0], turn, legs[2]], decks, seed)
    numbered = _rehearsed(candles, model_type, directory / "turned")
    decided, busy = [each for each, _ in numbered], frozenset(number for _, number in numbered)
    end = won + GOOD + AFTER - LEFT
    return Turned(model_type, candles, won, _first(numbered, ROLLBACK, won, end), decided, busy)


def _first(numbered: Sequence[tuple[Decision, int]], kind: str, after: int, before: float = inf) -> int:
    """The bar of the first decision of a kind between two bars."""
    found = [number for each, number in numbered if each.kind == kind and after < number < before]
    if not found:
        raise ValueError(f"the rehearsal decided no {kind} between bars {after} and {before}")
    return found[0]


def _rehearsed(
    candles: pd.DataFrame, model_type: ModelType, directory: Path
) -> Sequence[tuple[Decision, int]]:
    """What is decided on a market, in memory, and at which bar."""
    site = _site(directory, "unix:///nowhere", candles, model_type)
    tape = site.market.tape
    numbers = {bar.at: number for number, bar in enumerate(tape)}
    live = replace(site.market, tape=replace(tape, bars=tape.bars[HISTORY:]))
    played = replay.play(site.settings, live, bootstrap.memory_stage(live.scope))
    return [(each, numbers[each.at]) for each in played.decisions]


def _site(directory: Path, url: str, candles: pd.DataFrame, model_type: ModelType) -> Site:
    declared = {
        "symbols": sorted(set(candles["symbol"])),
        "bar_seconds": 86_400,
        "target": "return",
        "history_from": candles["timestamp"].min().date(),
    }
    changes = {**EVIDENT, "models": [model_type.value]}
    # A job that a worker had just popped when the server died is missed for a lease and a third.
    return Site(directory, url, changes, run_lease_s=10.0, candles=candles, declared=declared)
