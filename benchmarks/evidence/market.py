"""The scoreboard's part on real forecasts: equal models by swapping labels, skill that is taken away."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.evidence import credit, figure, gates, halves, retries, shadows, watches
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import DAY, HOLD, HORIZON
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.skill_score import SkillScore

SWAP = 72
"""Rows after which a coin says again who is called the candidate: longer than any overlap."""
RIVALS = (("ridge", "trees"), ("trees", "quick trees"), ("ridge", "quick ridge"))
ONE_STEP, OVERLAPPING = ("range", "return"), ("volatility12",)
MARGINS = {0.0: {"most": 0.06}, -0.02: {"most": 0.01}, 0.02: {"least": 0.8}, 0.05: {"least": 0.97}}
FAR = {0.0: {"most": 0.06}, 0.05: {"least": 0.7}, 0.1: {"least": 0.95}}
BASELINE = 5184
YEAR = 105_120
HOURLY = "BTCUSD"
"""The symbol whose bars are hours: its half of the rows are two years."""
JUMP = 3.0
"""Factor of what both the forecast and the outcome depart by, from a row on."""


class Market:
    """Draws from errors of real forecasts."""

    def __init__(self, forecasts: Mapping[str, Any], targets: tuple[str, ...], half: str) -> None:
        cut = {k: v[halves.rows(half, k.split("|")[0], len(v))] for k, v in forecasts.items()}
        self._of = {k: v for k, v in cut.items() if len(v) and k.split("|")[1] in targets}
        self._series = sorted({k.rsplit("|", 1)[0] for k in self._of})

    def pair(self, better: float, replicate: int) -> tuple[Any, Any]:
        """Errors of two models that are equal but for a share: same mean size, labels swapped by blocks."""
        rng = np.random.default_rng([replicate, len(self._series)])
        series = self._series[rng.integers(len(self._series))]
        rivals = RIVALS if not series.endswith("12") else RIVALS[:1]
        first, second = rivals[rng.integers(len(rivals))]
        outcome = self._of[f"{series}|y"]
        rows = HOLD + HORIZON
        start = rng.integers(len(outcome) - rows)
        cut = slice(start, start + rows)
        a, b = (self._of[f"{series}|{model}"][cut] - outcome[cut] for model in (first, second))
        b = b * np.abs(a).mean() / np.abs(b).mean()
        swapped = np.repeat(rng.random(rows // SWAP + 2) < 0.5, SWAP)[rng.integers(SWAP) :][:rows]
        return np.where(swapped, b, a), np.where(swapped, a, b) * (1 - better)

    def departures(self, replicate: int, rows: int) -> tuple[Any, Any]:
        """What a model and the outcome say beyond the naive forecast, from a random row on."""
        rng = np.random.default_rng([replicate, 3])
        series = self._series[rng.integers(len(self._series))]
        model = ("ridge", "trees")[rng.integers(2)]
        outcome, naive = self._of[f"{series}|y"], self._of[f"{series}|naive"]
        rows = min(rows, len(outcome))
        start = rng.integers(len(outcome) - rows + 1)
        cut = slice(start, start + rows)
        return self._of[f"{series}|{model}"][cut] - naive[cut], outcome[cut] - naive[cut]

    def lives(self, *, hourly: bool) -> Iterator[tuple[Any, Any]]:
        """The same of two models of every series of one length of bars, from first to last."""
        for series in self._series:
            if (series.split("|")[0] == HOURLY) is hourly:
                naive = self._of[f"{series}|naive"]
                for model in ("ridge", "trees"):
                    yield self._of[f"{series}|{model}"] - naive, self._of[f"{series}|y"] - naive


def figures(forecasts: Mapping[str, Any], half: str, seeds: range) -> Iterator[Figure]:
    """All of it."""
    for name, targets, overlap, goals in (
        ("one step", ONE_STEP, 1, MARGINS),
        ("overlapping", OVERLAPPING, 12, FAR),
    ):
        market = Market(forecasts, targets, half)
        for better, goal in goals.items():
            some = halves.rare(seeds) if better <= 0 else seeds
            ended = [shadows.duelled(market.pair, better, r, DuelRules(overlap=overlap)) for r in some]
            yield from shadows.promoted("market", f"{name} {better:+.0%}", ended, goal, math.inf)
        yield from gates.gates(f"real, {name}", market.pair, seeds, overlap, {})
        yield credit.equal(f"real, {name}", market.pair, seeds, overlap, 0.05)
        yield from credit.waits(f"real, {name}", market.pair, seeds, overlap)
        yield from shadows.probations(f"real, {name}", market.pair, seeds, overlap, {})
        yield from faded(name, Market(forecasts, (targets[0],), half), seeds, overlap)
        yield from as_they_come(name, Market(forecasts, targets, half), overlap)
    step = Market(forecasts, ONE_STEP, half).pair
    yield from retries.retries("real", step, seeds, 0.3, 0.8)
    yield from retries.slow("real", step, seeds)


def faded(name: str, market: Market, seeds: range, overlap: int) -> Iterator[Figure]:
    """Alarms of models as they are and at a step of volatility; rows until shuffled forecasts are found.

    As they are, some do lose skill: whether an alarm is false is known where the days come in any order.
    """
    calm, any_order, delays, more = [], [], [], []
    for replicate in halves.rare(seeds):
        said, outcome = market.departures(replicate, BASELINE + 2000 + watches.AFTER)
        rows = len(said) - BASELINE
        calm.append(len(alarms(said, outcome, overlap)) * YEAR / rows)
        any_order.append(len(mixed(said, outcome, overlap, replicate)) * YEAR / rows)
        lost = said.copy()
        lost[BASELINE + 2000 :] = np.random.default_rng(replicate).permutation(lost[BASELINE + 2000 :])
        delays.append(watches.delay(alarms(lost, outcome, overlap)))
        step = np.where(np.arange(len(said)) < BASELINE + 2000, 1.0, JUMP)
        more.append(
            (len(alarms(step * said, step * outcome, overlap)) - len(alarms(said, outcome, overlap)))
            * YEAR
            / rows
        )
    yield figure.mean("market", f"{name}: alarms a year with skill as it is", calm, most=1.0)
    yield figure.mean("market", f"{name}: false alarms a year, days in any order", any_order, most=1.0)
    yield figure.median("market", f"{name}: rows until all skill lost is found", delays, most=1200.0)
    yield figure.mean("market", f"{name}: more alarms a year after volatility x {JUMP:g}", more)


def as_they_come(name: str, market: Market, overlap: int) -> Iterator[Figure]:
    """Alarms a year of every series from first row to last, once: five-minute bars, and hourly ones."""
    for kind, hourly in (("five-minute bars", False), ("hourly bars", True)):
        lives = list(market.lives(hourly=hourly))
        if lives:
            counts = [len(alarms(*life, overlap)) for life in lives]
            rows = sum(len(said) - BASELINE for said, _ in lives)
            rate, error = (each * YEAR / rows for each in (sum(counts), math.sqrt(sum(counts))))
            yield Figure("market", f"{name}: alarms a year, {kind}, as they come", rate, error, len(lives))


def mixed(said: Any, outcome: Any, overlap: int, replicate: int) -> list[int]:
    """The same where whole days of scores changed places: the skill is real, and does not change."""
    scores = SkillScore().update_many(said, outcome)
    whole = len(scores) // DAY * DAY
    days = scores[len(scores) - whole :].reshape(-1, DAY)
    return held(np.random.default_rng([replicate, 4]).permutation(days).ravel(), overlap)


def alarms(said: Any, outcome: Any, overlap: int) -> list[int]:
    """Rows after the baseline that raise an alarm."""
    return held(SkillScore().update_many(said, outcome), overlap)


def held(scores: Any, overlap: int) -> list[int]:
    """Rows of scores after those of the baseline that raise an alarm."""
    return Decay(DecayRules(overlap=overlap), scores[:BASELINE]).update_many(scores[BASELINE:])
