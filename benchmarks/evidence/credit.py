"""The scoreboard's part on the hold-out's credit: what a candidate waits for, with it and without.

The hold-out comes first: its gate lets candidates pass, and with credit its rows count in the trial that
follows. Levels are those of a trial that stands alone, and of the first of a budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.evidence import figure, halves
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import HOLD, HORIZON, WORLDS, pair
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.holdout_gate import judged
from clm.decisions.sequential.lord import LordPlusPlus
from clm.steps.comparison import ENDLESS

EQUAL = {"base": 0.05, "swing3h": 0.06, "overlap": 0.06}
"""Most equal candidates that may be promoted, by market."""


def waits(seeds: range) -> Iterator[Figure]:
    """Equal candidates and some that are better, on a hold-out of a week of five-minute bars."""
    for name, most in EQUAL.items():
        tried = [fought(name, 0.0, r, 0.05, credit=True) for r in halves.rare(seeds)]
        equal = [verdict == "better" for verdict, _ in tried]
        yield figure.mean("credit", f"{name} +0%, level .05: promoted", equal, most=most)
    for better in (0.02, 0.05):
        for level in (0.05, LordPlusPlus().spend()):
            for credit in (False, True):
                ended = [fought("base", better, r, level, credit=credit) for r in seeds]
                won = [rows for verdict, rows in ended if verdict == "better"]
                told = f"base {better:+.0%}, level {level:.4g}, {'with' if credit else 'without'} credit"
                yield figure.mean("credit", f"{told}: promoted", [v == "better" for v, _ in ended])
                yield figure.median("credit", f"{told}: live rows", won or [math.inf])


def fought(name: str, better: float, replicate: int, level: float, *, credit: bool) -> tuple[str, int]:
    """The verdict and its live rows; ``gate`` where the hold-out lets the candidate not pass."""
    active, candidate = pair(name, better, replicate)
    old, new = active[:HOLD], candidate[:HOLD]
    overlap = WORLDS[name].overlap
    if not judged(new, old, old, overlap).passed:
        return "gate", 0
    rules = DuelRules(level=level, overlap=overlap)
    if not credit:
        duel, before = Duel(rules, (old, new)), 0
    else:
        begun = Duel(replace(rules, **ENDLESS))
        begun.update_many(old, new)
        before = begun.standing.rows
        duel = Duel.restored(replace(rules, horizon=HORIZON + before), begun.state())
    verdict = duel.update_many(active[HOLD:], candidate[HOLD:])
    return verdict, duel.standing.rows - before
