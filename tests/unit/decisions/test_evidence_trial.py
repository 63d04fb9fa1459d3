"""A winner is held back, and watched on, where it is clearly worse in a regime that was seen enough."""

from __future__ import annotations

import pytest

from clm.decisions.evidence_trial import EvidenceTrial, Terms
from clm.decisions.sequential import duel_fold as loop
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.trial import TrialPair
from clm.model import ModelType

RULES = DuelRules(horizon=1000)


def won(floor: float = 0.0) -> EvidenceTrial:
    """A trial whose duel is won; its pairs are still to come."""
    state = [0.0] * loop.STATE
    state[loop.VERDICT] = loop.BETTER
    terms = Terms(number=1, until=10, least_rows=80, rules=RULES, known=tuple(state), floor=floor)
    return EvidenceTrial(ModelType.XGBOOST, "v2", "v1", 0, terms)


def fought(total: float) -> EvidenceTrial:
    """A trial whose duel has 100 unit steps of that sum; 2 % better would make 4."""
    state = [0.0] * loop.STATE
    told = {"ROWS": 100.0, "TOTAL": total, "SQUARES": 100.0, "SHARE": 200.0, "SCALE": 0.1, "KNOWN": 1.0}
    for name, value in told.items():
        state[getattr(loop, name)] = value
    terms = Terms(number=1, until=10, least_rows=80, rules=RULES, known=tuple(state))
    return EvidenceTrial(ModelType.XGBOOST, "v2", "v1", 0, terms)


# at the end, after 1,000 rows, S = 250 in 31.6 standard errors wins; S = F = 20 neither wins nor loses
@pytest.mark.parametrize(("total", "found"), [(25.0, ""), (2.0, "expired")])
def test_when_its_days_are_over_a_trial_goes_on_only_for_a_verdict_in_sight(total: float, found: str) -> None:
    trial = fought(total)
    assert (trial.decided_by(9), trial.decided_by(10)) == ("", found)


def test_it_goes_on_to_its_least_pairs_and_no_further() -> None:
    trial = fought(25.0)
    trial.pairs = 79
    assert trial.decided_by(10) == ""
    trial.pairs = 80
    assert trial.decided_by(10) == "expired"


def test_a_trial_whose_duel_has_not_begun_is_not_given_up() -> None:
    terms = Terms(number=1, until=10, least_rows=80, rules=RULES)
    assert EvidenceTrial(ModelType.XGBOOST, "v2", "v1", 0, terms).decided_by(10) == ""


def meets(trial: EvidenceTrial, count: int, error: float, regime: str = "calm", naive: float = 9.0) -> str:
    """The decision after pairs in which the active version errs by 1; before the end of its days."""
    for _ in range(count):
        trial.observe(TrialPair(error, 1.0, naive, 0.0, regime), 1)
    return trial.decided_by(9)


def test_a_winner_whose_regimes_are_sound_is_let_through() -> None:
    assert meets(won(), 60, 0.9) == "better"


@pytest.mark.parametrize(("pairs", "found"), [(49, "better"), (50, "")])
def test_a_regime_counts_from_fifty_pairs_on(pairs: int, found: str) -> None:
    trial = won()
    meets(trial, 60, 0.5)
    assert meets(trial, pairs, 1.06, "wild") == found


@pytest.mark.parametrize(("error", "found"), [(1.05, "better"), (1.051, "")])
def test_five_per_cent_worse_in_a_regime_is_the_most(error: float, found: str) -> None:
    trial = won()
    meets(trial, 60, 0.5)
    assert meets(trial, 50, error, "wild") == found


@pytest.mark.parametrize(("floor", "found"), [(0.101, ""), (0.099, "better")])
def test_a_winner_inside_the_noise_floor_of_its_recipe_is_held_back(floor: float, found: str) -> None:
    assert meets(won(floor), 60, 0.9) == found  # 10 % better


def test_what_was_held_back_is_let_through_when_the_regime_recovers() -> None:
    trial = won()
    assert meets(trial, 50, 1.06, "wild") == ""
    assert meets(trial, 50, 0.9, "wild") == "better"  # 98 / 100


def test_pairs_without_a_regime_hold_nobody_back() -> None:
    assert meets(won(), 60, 1.5, "") == "better"


@pytest.mark.parametrize(("naive", "found"), [(0.9, ""), (0.91, "better")])
def test_a_winner_has_to_beat_the_naive_forecast(naive: float, found: str) -> None:
    assert meets(won(), 60, 0.9, naive=naive) == found


@pytest.mark.parametrize(("clock", "pairs", "found"), [(10, 79, ""), (9, 80, ""), (10, 80, "regime")])
def test_a_held_back_winner_is_rejected_at_the_end(clock: int, pairs: int, found: str) -> None:
    trial = won()
    meets(trial, pairs, 1.2)
    assert trial.decided_by(clock) == found


def test_the_last_row_ends_a_held_back_winner_as_well() -> None:
    assert meets(won(), 999, 1.2) == ""
    assert meets(won(), 1000, 1.2) == "regime"


def test_a_state_of_another_version_of_the_duel_is_not_taken_up() -> None:
    terms = Terms(number=1, until=10, least_rows=80, rules=RULES, known=(1.0, 2.0))
    trial = EvidenceTrial(ModelType.XGBOOST, "v2", "v1", 0, terms)
    assert (trial.duel.verdict, set(trial.duel.state())) == ("open", {0.0})
