"""A day of a canary's stage: how often an equal canary is taken off, and how soon a worse one is."""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmarks.evidence import figure, halves
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import DAY, HOLD, WORLDS, pair
from clm.decisions.diebold_mariano import p_value_better
from clm.decisions.join import Pair
from clm.decisions.sequential.probation import Probation
from clm.decisions.stage import ENDLESS, WATCHED, Stage
from clm.events import Prediction

LOOK = 0.05
"""Level of the one look by Diebold-Mariano that stages had before, as the yardstick."""


def stages(seeds: range) -> Iterator[Figure]:
    """Equal and worse canaries, with and without a hold-out that taught the variance."""
    for name in ("base", "loose", "overlap"):
        for worse in (0.0, 0.05, 0.1, 0.3):
            own = seeds if worse else halves.rare(seeds)
            yield from _compared(name, worse, own)


def _compared(name: str, worse: float, seeds: range) -> Iterator[Figure]:
    overlap = WORLDS[name].overlap
    drawn = [_errors(name, worse, seed) for seed in seeds]
    most = LOOK if worse == 0 else math.inf
    for told, hold in (("taught", HOLD), ("untaught", 0)):
        rows = [_aborted(new, old, overlap, hold) for new, old in drawn]
        what = f"{name} worse by {worse:.0%}, {told}"
        yield figure.mean("stages", f"{what}: aborted in a day", [r < math.inf for r in rows], most=most)
        if worse:
            yield figure.median("stages", f"{what}: rows until", rows)
    looked = [
        p_value_better(old[HOLD : HOLD + DAY], new[HOLD : HOLD + DAY], overlap) < LOOK for new, old in drawn
    ]
    yield figure.mean("stages", f"{name} worse by {worse:.0%}, one look at its end", looked)


def _errors(name: str, worse: float, seed: int) -> tuple[list[float], list[float]]:
    """Signed errors of the canary and of the active version: a hold-out and a day."""
    old, new = pair(name, 0.0, seed, HOLD + DAY)
    live = new.copy()
    live[HOLD:] *= 1 + worse
    return live.tolist(), old.tolist()


def _aborted(new: list[float], old: list[float], overlap: int, hold: int) -> float:
    """Rows until the stage calls the canary worse; infinite if it never does."""
    known = (new[HOLD - hold : HOLD], old[HOLD - hold : HOLD]) if hold else None
    stage = Stage("xgboost", "new", "old", 0.1, 0, "", Probation(overlap, known, ENDLESS, level=WATCHED))
    for row, (mine, theirs) in enumerate(zip(new[HOLD:], old[HOLD:], strict=True), 1):
        seen = Prediction(
            p="t", n=row, at=row, model_type="xgboost", version="new", symbol="A", horizon=overlap,
            value=mine, naive=0.0,
        )  # fmt: skip
        stage.beside.keep(seen, theirs, "")
        stage.matured(Pair(seen, 0.0, row))
        if stage.worse:
            return row
    return len(new) - HOLD if stage.found else math.inf
