"""The terms of a trial follow from the scope's bars and symbols, and from the policy."""

from __future__ import annotations

from typing import Any

import pytest

from clm.decisions.candidate import Candidate
from clm.decisions.evidence_trial import EvidenceTrial, Terms
from clm.decisions.sequential.probation import Probation
from clm.decisions.trials import Trials, improvement, trial_from
from clm.decisions.vigil import Vigil
from clm.events import DAY
from clm.policy import SEQUENTIAL, Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, evaluated


def terms(scope: Scope, duel: dict[str, Any] | None = None, **settings: Any) -> Terms:
    evidence = {"duel": duel} if duel else {}
    candidate = Candidate.announced(Tape().candidate("v2", evaluation=evaluated(evidence=evidence)))
    trial = Trials(scope, Policy(name=SEQUENTIAL, **settings)).begin(candidate, "v1", 5)
    assert isinstance(trial, EvidenceTrial)
    return trial.terms


def test_pairs_overlap_by_the_horizon_of_every_symbol() -> None:
    found = terms(Scope(horizon=3, symbols=("A", "B"))).rules
    assert (found.overlap, found.horizon) == (6, 14 * 24 * 2)


def test_the_hold_out_knows_better_how_many_symbols_a_bar_has() -> None:
    found = terms(Scope(horizon=3), {"symbols": 4}).rules
    assert (found.overlap, found.horizon) == (12, 14 * 24 * 4)


def test_slow_bars_get_pairs_instead_of_days() -> None:
    found = terms(Scope(bar_seconds=86_400))
    assert (found.rules.horizon, found.least_rows, found.until) == (576, 576, 5 + 14 * DAY)


@pytest.mark.parametrize(("outcomes", "horizon", "least"), [(30, 1, 36), (40, 1, 40), (30, 3, 90)])
def test_no_verdict_comes_before_the_effective_outcomes(outcomes: int, horizon: int, least: int) -> None:
    assert terms(Scope(horizon=horizon), min_effective_outcomes=outcomes).rules.least == least


@pytest.mark.parametrize(("asked", "found"), [(0.0, 0.005), (0.005, 0.005), (0.02, 0.02)])
def test_less_than_half_a_percent_is_not_asked_for(asked: float, found: float) -> None:
    assert improvement(Policy(min_improvement_threshold=asked)) == found
    assert terms(Scope(), min_improvement_threshold=asked).rules.improvement == found


def test_a_trial_goes_on_by_the_rules_that_it_was_opened_under() -> None:
    candidate = Candidate.announced(Tape().candidate("v2"))
    for name in ("seed", "sequential"):
        trial = Trials(Scope(), Policy(name=name)).begin(candidate, "v1", 5)
        again = trial_from(trial.state())
        assert (type(again), again.state()) == (type(trial), trial.state())


@pytest.mark.parametrize(("clock", "pairs", "ended"), [(10, 287, ""), (9, 288, ""), (10, 288, "passed")])
def test_a_probation_ends_with_its_days_and_the_pairs_that_let_it_speak(
    clock: int, pairs: int, ended: str
) -> None:
    vigil = Vigil("xgboost", "v2", "v1", "sha", "shadow-1", 10, Probation(horizon=9999), pairs=pairs)
    assert vigil.ended(clock) == ended
