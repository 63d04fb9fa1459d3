"""A candidate's way from its hold-out to the end of its shadow, as the loop takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.evidence.pairs import HOLD, HORIZON
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.holdout_gate import judged
from clm.steps.comparison import ENDLESS

Draw = Callable[[float, int], tuple[Any, Any]]
"""Errors (HOLD + HORIZON,) of both for an improvement (fraction) and a replicate."""

OPEN, GATED, CREDITED = "no gate", "gate", "gate and credit"
"""How a candidate enters: at once; past the gate; past the gate, and with the hold-out as evidence."""


@dataclass(frozen=True)
class Course:
    """How long a candidate is looked at."""

    hold: int = HOLD  # rows of the hold-out
    live: int = HORIZON  # rows of the longest shadow
    overlap: int = 1  # rows whose outcomes overlap


def fought(
    errors: tuple[Any, Any], spend: Callable[[], float], course: Course, entry: str
) -> tuple[str, int]:
    """The verdict and its live rows; ``gate`` where the hold-out lets the candidate not pass.

    Parameters:
        errors: of the active version and of the candidate, ``course.hold + course.live`` rows or more; the
            newest are taken.
        spend: gives the level of a trial. With credit it is asked before the gate looks.
    """
    old, new = (each[-(course.hold + course.live) :] for each in errors)
    known, overlap = (old[: course.hold], new[: course.hold]), course.overlap
    level = spend() if entry == CREDITED else 0.0
    if entry != OPEN and not judged(known[1], known[0], known[0], overlap).passed:
        return "gate", 0
    rules = DuelRules(level=level or spend(), overlap=overlap, horizon=course.live)
    duel, before = Duel(rules, known), 0
    if entry == CREDITED:
        begun = Duel(replace(rules, **ENDLESS))
        begun.update_many(*known)
        before = begun.standing.rows
        duel = Duel.restored(replace(rules, horizon=course.live + before), begun.state())
    verdict = duel.update_many(old[course.hold :], new[course.hold :])
    return verdict, duel.standing.rows - before
