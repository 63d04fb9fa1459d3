"""The scoreboard's part on what else says that skill is gone: skill decay and the sentinel beside the score.

A forecast is the line that was fitted on 45 days before its hold-out; the sentinel's twin is fitted daily.
From a row on the relation is lost, or all forecasts are off by a level that the naive forecast follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.evidence import figure
from benchmarks.evidence.fading import BASELINE, YEAR, Fading
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import DAY
from benchmarks.evidence.watches import AFTER, BEFORE, delay
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.sentinel import Sentinel, SentinelRules
from clm.decisions.sequential.skill_decay import SkillDecay, SkillDecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.events import DAY as DAY_US

PAST = 45 * DAY
"""Rows that a line is fitted on."""
LEVEL = 1.0
"""How far forecasts are off, in their typical sizes."""
KINDS = ("nothing", "all skill lost", "off by a level")


@dataclass(frozen=True)
class Lives:
    """Forecast, refitted forecast and outcome (rows,) after the hold-out, and the hold-out's two."""

    said: Any
    refitted: Any
    outcome: Any
    known_said: Any
    known_outcome: Any


def lived(accuracy: float, kind: str, replicate: int, rows: int) -> Lives:
    """One life of a forecast; what happens, happens at row ``BEFORE``."""
    start = PAST + BASELINE
    after = 0.5 if kind == "all skill lost" else accuracy
    x, y = Fading(accuracy, after, start + BEFORE, start + rows).drawn(replicate)
    if kind == "off by a level":
        x = x + np.where(np.arange(len(x)) < start + BEFORE, 0.0, LEVEL)
    frozen, level = np.polyfit(x[:PAST], y[:PAST], 1)
    said, refitted = frozen * x + level, np.empty(rows)
    for day in range(0, rows, DAY):
        at = start + day
        slope, middle = np.polyfit(x[at - PAST : at], y[at - PAST : at], 1)
        refitted[day : day + DAY] = slope * x[at : at + DAY] + middle
    return Lives(said[start:], refitted, y[start:], said[PAST:start], y[PAST:start])


def found(life: Lives) -> dict[str, list[int]]:
    """Rows that raise an alarm, by rule."""
    score = SkillScore()
    decay = Decay(DecayRules(), score.update_many(life.known_said, life.known_outcome))
    ratio = np.abs(life.known_outcome - life.known_said).mean() / np.abs(life.known_outcome).mean()
    skill, sentinel = SkillDecay(SkillDecayRules(ratio=float(ratio))), Sentinel(SentinelRules())
    loss, naive = np.abs(life.outcome - life.said).tolist(), np.abs(life.outcome).tolist()
    twin = np.abs(life.outcome - life.refitted).tolist()
    step = DAY_US // DAY
    by = {
        "score": decay.update_many(score.update_many(life.said, life.outcome)),
        "skill": [row for row in range(len(loss)) if skill.update(row * step, loss[row], naive[row])],
        "sentinel": [row for row in range(len(loss)) if sentinel.update(loss[row], twin[row])],
    }
    return {**by, "score or skill": sorted({*by["score"], *by["skill"]})}


def alarms(seeds: range) -> Iterator[Figure]:
    """Alarms a year while nothing happens, and rows until a loss is found."""
    for accuracy in (0.55, 0.70):
        for kind in KINDS:
            rows = YEAR // 4 if kind == "nothing" else BEFORE + AFTER
            lives = [found(lived(accuracy, kind, r, rows)) for r in seeds]
            for rule in lives[0]:
                name = f"accuracy {accuracy:g}, {kind}, {rule}"
                if kind == "nothing":
                    calm = [4.0 * begun(life[rule]) for life in lives]
                    yield figure.mean("alarms", f"{name}: a year", calm)
                else:
                    yield figure.median(
                        "alarms", f"{name}: rows", [delay(life[rule], BEFORE) for life in lives]
                    )


def begun(rows: list[int]) -> int:
    """Alarms that no other preceded within a week: one that lasts is one."""
    return sum(row - before > 7 * DAY for before, row in zip([-(8 * DAY), *rows], rows, strict=False))
