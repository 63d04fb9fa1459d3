"""The scoreboard's part on the hold-out gate: whom it lets into the shadow, what its interval holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.evidence import figure, halves
from benchmarks.evidence.bouts import Draw
from benchmarks.evidence.fading import Fading
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import HOLD, WORLDS, pair
from benchmarks.evidence.shadows import duelled
from clm.decisions.sequential import holdout_gate
from clm.decisions.sequential.duel_rules import DuelRules

GOALS: dict[float, dict[str, float]] = {
    0.0: {},
    -0.02: {"most": 0.01},
    0.02: {"least": 0.9},
    0.05: {"least": 0.97},
}
"""Of pairs like those of one-step forecasts: the gate is loose, for the shadow carries the guarantee."""
KNOWN = 1_000_000
"""Rows from which the true skill of a made forecast is taken."""


def gates(
    name: str, draw: Draw, seeds: range, overlap: int, goals: dict[float, dict[str, float]]
) -> Iterator[Figure]:
    """The share of hold-outs that pass, and of candidates that pass and win their shadow too."""
    for better in GOALS:
        some = halves.rare(seeds) if better <= 0 else seeds
        passed = [_passed(draw, better, r, overlap) for r in some]
        yield figure.mean("gate", f"{name} {better:+.0%}: passed", passed, **goals.get(better, {}))
        rules = DuelRules(overlap=overlap)
        both = [
            ok and duelled(draw, better, r, rules)[0] == "better" for r, ok in zip(some, passed, strict=True)
        ]
        yield figure.mean("gate", f"{name} {better:+.0%}: passed and promoted", both)


def made(seeds: range) -> Iterator[Figure]:
    """The gate in made markets, and its interval of 90 %."""
    for name in ("base", "loose", "overlap", "swing12h"):
        yield from gates(
            name, partial(pair, name), seeds, WORLDS[name].overlap, GOALS if name == "base" else {}
        )
    for overlap in (1, 12):
        yield covered(overlap, halves.rare(seeds))


def covered(overlap: int, seeds: range) -> Figure:
    """How often the interval of skill holds the skill of a forecast at an accuracy of .55."""
    size = math.sin(math.pi * 0.05)
    world = Fading(rows=HOLD + holdout_gate.BLOCK, overlap=overlap)
    truth = _skill(*Fading(rows=KNOWN, overlap=overlap).drawn(300_000 + seeds.start), size)
    inside = []
    for replicate in seeds:
        said, outcome = world.drawn(replicate)
        error = outcome - size * said
        result = holdout_gate.judged(error, error, outcome, overlap)
        inside.append(result.skill_low <= truth <= result.skill_high)
    return figure.mean("gate", f"horizon {overlap}: interval of 90 % holds the skill", inside, least=0.87)


def _skill(said: Any, outcome: Any, size: float) -> float:
    return 1.0 - float(np.abs(outcome - size * said).mean() / np.abs(outcome).mean())


def _passed(draw: Draw, better: float, replicate: int, overlap: int) -> bool:
    active, candidate = draw(better, replicate)
    a, b = active[:HOLD], candidate[:HOLD]
    return holdout_gate.judged(b, a, a, overlap).passed
