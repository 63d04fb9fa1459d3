"""The scoreboard's part on what is watched: decay and regimes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from benchmarks.evidence import figure, halves
from benchmarks.evidence.fading import BASELINE, YEAR, Fading
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.labels import MONTH, NOISES, judged, labels
from benchmarks.evidence.pairs import HOLD
from benchmarks.evidence.rivals import SeedDecay, river
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.regime_vote import RegimeVote
from clm.decisions.sequential.skill_score import SkillScore

BEFORE, AFTER = 2000, 12_000
"""Rows before a change, and rows in which it may be found."""
DROPS = {0.05: 800.0, 0.10: 260.0}
"""Loss of accuracy, and the median rows in which it is to be found where outcomes do not overlap."""


def detector(world: Fading, replicate: int) -> tuple[Decay, SkillScore]:
    """A decay detector that knows a hold-out of the same kind."""
    scorer = SkillScore()
    known = Fading(world.before, world.before, rows=BASELINE, overlap=world.overlap).drawn(
        100_000 + replicate
    )
    return Decay(DecayRules(overlap=world.overlap), scorer.update_many(*known)), scorer


def alarms(world: Fading, replicate: int) -> list[int]:
    """Rows that raise an alarm."""
    decay, scorer = detector(world, replicate)
    return decay.update_many(scorer.update_many(*world.drawn(replicate)))


def delay(found: list[int], change: int = BEFORE) -> float:
    """Rows from a change to the first alarm after it."""
    return next((float(row - change) for row in found if row >= change), math.inf)


def decays(seeds: range) -> Iterator[Figure]:
    """False alarms a year and delays, untuned, at two accuracies and two horizons; volatility that jumps."""
    for accuracy in (0.55, 0.53):
        for overlap in (1, 12):
            name = f"accuracy {accuracy:g}, horizon {overlap}"
            calm = [len(alarms(Fading(accuracy, accuracy, overlap=overlap), r)) for r in seeds]
            yield figure.mean("decay", f"{name}: false alarms a year", calm, most=1.0)
            for drop, most in DROPS.items():
                world = Fading(accuracy, accuracy - drop, BEFORE, BEFORE + AFTER, overlap)
                goal = most if overlap == 1 else math.inf
                rows = [delay(alarms(world, r)) for r in seeds]
                yield figure.median("decay", f"{name}: rows until -{drop:.0%} is found", rows, most=goal)
    none = [len(alarms(Fading(change=BEFORE, rows=YEAR // 4), r)) for r in seeds]
    for jump in (3.0, 1 / 3):
        step = [len(alarms(Fading(change=BEFORE, rows=YEAR // 4, jump=jump), r)) for r in seeds]
        more = [a - b for a, b in zip(step, none, strict=True)]
        yield figure.mean(
            "decay", f"volatility x {jump:.2g}: more alarms a quarter than none", more, most=0.05
        )


def decay_rivals(seeds: range) -> Iterator[Figure]:
    """River's detectors and policy ``seed`` on the same hits."""
    makers: dict[str, Callable[[], Any]] = {**river(), "seed, 288 pairs": lambda: SeedDecay(0.55)}
    for name, make in makers.items():
        some = seeds[: 3 if name == "KSWIN" else 60]
        world = Fading(rows=YEAR // 4)
        calm = [4 * len(raised(make, world, r)) for r in some[: max(len(some) // 3, 3)]]
        yield figure.mean("rivals", f"{name}: false alarms a year", calm)
        for drop in DROPS:
            world = Fading(0.55, 0.55 - drop, BEFORE, BEFORE + AFTER)
            yield figure.median("rivals", f"{name}: rows until -{drop:.0%} is found",
                                [delay(raised(make, world, r)) for r in some])  # fmt: skip


def raised(make: Callable[[], Any], world: Fading, replicate: int) -> list[int]:
    """Rows at which a detector over hits raises an alarm, or begins to."""
    said, outcome = world.drawn(replicate)
    rule = make()
    hits = (said * outcome > 0).astype(float).tolist()
    found = np.array([rule.update(hit) for hit in hits])
    return [int(row) for row in np.flatnonzero(found & ~np.concatenate([[False], found[:-1]]))]


def regimes(seeds: range) -> Iterator[Figure]:
    """False switches, delay and accuracy on label noise of three kinds."""
    for noise in NOISES:
        yield from told("regime", noise, [labels(noise, r) for r in seeds], 1.2, 90.0, -math.inf)


def told(
    part: str, name: str, streams: list[tuple[Any, Any]], most: float, soon: float, least: float
) -> Iterator[Figure]:
    """The figures of the vote on streams of true and seen labels."""
    results = [judged(true, voted(seen)) for true, seen in streams]
    months = [len(true) / MONTH for true, _ in streams]
    false = [each["false"] / month for each, month in zip(results, months, strict=True)]
    yield figure.mean(part, f"{name}: false switches a month", false, most=most)
    yield figure.median(
        part,
        f"{name}: rows until a switch is found",
        [d for each in results for d in each["delays"]],
        most=soon,
    )
    yield figure.mean(part, f"{name}: accuracy", [each["accuracy"] for each in results], least=least)


def voted(seen: Any) -> Any:
    """The confirmed labels (n,)."""
    vote = RegimeVote()
    return np.array([int(vote.update(str(label))) for label in seen.tolist()])


def real_regimes(streams: Mapping[str, tuple[Any, Any]]) -> Iterator[Figure]:
    """The same on labels of real volatility, which leaves for hours and comes back."""
    crypto = [stream for symbol, stream in streams.items() if symbol not in halves.UNSEEN]
    yield from told("regime", "real volatility, crypto", crypto, 8.0, 150.0, 0.70)
    for symbol in sorted(set(streams) & set(halves.UNSEEN)):
        yield from told("regime", f"real volatility, {symbol}", [streams[symbol]], 8.0, 150.0, 0.70)


SEED_FINDINGS = {288: (0.99, 216.0, 115.0), 1000: (0.19, 896.0, 470.0)}
"""By window: P(an alarm in 30 days with nothing changed), median rows until -5 % and -10 % are found."""


def seed_decays(seeds: range) -> Iterator[Figure]:
    """Policy ``seed``'s decay rule, 30 days from its first full window; figures must be as known."""
    for window, (known, *delays) in SEED_FINDINGS.items():
        world = Fading(rows=window + MONTH)
        many = halves.rare(seeds)
        seen = [len(raised(held_to(window, r), world, r)) > 0 for r in many]
        slack = 3 * math.sqrt(known * (1 - known) * (1 / len(many) + 1 / 400))
        name = f"decay over {window} pairs"
        yield figure.mean("seed", f"{name}: alarm in 30 days", seen, most=known + slack, least=known - slack)
        for drop, rows in zip(DROPS, delays, strict=True):
            world = Fading(0.55, 0.55 - drop, window, window + AFTER)
            found = [delay(raised(held_to(window, r), world, r), window) for r in seeds]
            line = figure.median("seed", f"{name}: rows until -{drop:.0%}", found)
            yield figure.known_to_be(line, rows)


def held_to(window: int, replicate: int) -> Callable[[], SeedDecay]:
    """Policy ``seed``'s decay rule against the accuracy on the specification's hold-out of a week."""
    said, outcome = Fading(rows=HOLD).drawn(200_000 + replicate)
    return partial(SeedDecay, float((said * outcome > 0).mean()), window)
