"""The replaying shadow tester gives what the live shadow gives for the same events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clm.decisions.candidate import shadow_from
from clm.decisions.shadow import ShadowFold
from clm.errors import ConfigurationError
from clm.events import HOUR, Event, InputRow, moment, tick
from clm.learning.shadow_tester import ReplayShadowTester
from clm.model import ModelArtifact, ModelStatus, ModelType, ShadowTestResult
from clm.policy import SEED, SEQUENTIAL, Policy
from clm.scope import Scope
from clm.store.event_log import StreamInputLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from tests.unit.decisions.shadowing import live
from tests.unit.decisions.sparring import Ring
from tests.unit.decisions.stream import Tape, evaluated

XGB = ModelType.XGBOOST
POLICY = Policy(name=SEED, shadow_test_hours=2.0, min_effective_outcomes=2)
AS_OF = 10 * HOUR
TAPE = Tape()
BEFORE = [Tape("registry").moved("v1"), *live(TAPE, 8 * HOUR, 2), tick(AS_OF)]
AFTER = live(TAPE, 11 * HOUR, 5)
"""The active v1 says 1, the outcome is 2 and naive 0, once an hour from 11:00 on."""


def model(value: float) -> Any:
    """A model that says the same of every row."""
    return SimpleNamespace(input_size=1, predict=lambda windows: np.full(len(windows), value))


def artifact(**changes: Any) -> ModelArtifact:
    """A candidate as of 10:00 that sees one column."""
    base = ModelArtifact(
        model_type=XGB, version="v2", trained_at=moment(AS_OF), metrics={}, model_object=None,
        status=ModelStatus.CANDIDATE, training_range=(moment(0), moment(AS_OF)),
        feature_config={"schema": "one", "columns": ["f"], "target": "t", "horizon": 1},
        training_params={}, data_points=1,
    )  # fmt: skip
    return replace(base, **changes)


def replaying(events: list[Event]) -> ReplayShadowTester:
    inputs = StreamInputLog(MemoryKeyspace(), Keys("default"))
    for hour in range(30):
        inputs.append(InputRow("A", hour * HOUR, "one", np.zeros(1, "<f4").tobytes()))
    scope = Scope(schemas={"one": ("f",)})
    return ReplayShadowTester(events, inputs, scope, POLICY).bound(artifact(), None)


def shown(events: list[Event], value: float = 1.5, hours: float = 2.0) -> ShadowTestResult:
    return replaying(events).run_shadow_test(XGB, model(value), None, hours)


def test_a_candidate_is_tested_from_its_training_until_hours_and_outcomes_suffice() -> None:
    found = shown(BEFORE + AFTER)
    # pairs at 11:00 and 12:00; the second one's outcome is the first event two hours after 10:00
    assert (found.live_predictions, found.candidate_mae, found.active_mae) == (2, 0.5, 1.0)
    assert (found.complete, found.recommend_promotion) == (True, True)
    assert (found.tested_from, found.active_version) == (moment(AS_OF), "v1")


def test_a_candidate_that_is_worse_is_not_recommended() -> None:
    found = shown(BEFORE + AFTER, value=0.5)
    assert (found.complete, found.recommend_promotion) == (True, False)
    assert found.reason.startswith("not better: MAE 1.5 against 1 of v1")


def test_the_live_shadow_s_verdict_saw_the_same_fields() -> None:
    fold = ShadowFold(Scope(), POLICY, lambda sha256, symbol, at: 1.5)
    announced = Tape("run").candidate("v2", as_of=AS_OF)
    decisions = [made for event in [*BEFORE, announced, *AFTER] for made in fold.apply(event)]
    assert shown(BEFORE + AFTER) == shadow_from(decisions[0].evidence["shadow"])


def test_runs_in_the_record_are_passed_over() -> None:
    other = Tape("run").candidate("v3", as_of=AS_OF)
    assert shown([*BEFORE, other, *AFTER]) == shown(BEFORE + AFTER)


def test_events_that_do_not_suffice_leave_it_undecided() -> None:
    found = shown(BEFORE + AFTER[:2], hours=5.0)
    assert (found.complete, found.live_predictions) == (False, 1)
    assert found.reason == "undecided: 4.0 more hours, 1 more effective outcomes"


@pytest.mark.parametrize("events", [[], BEFORE])
def test_without_later_events_nothing_is_shown(events: list[Event]) -> None:
    found = shown(events)
    assert (found.complete, found.live_predictions, found.tested_hours) == (False, 0, 0.0)
    assert found.tested_from == moment(AS_OF)


def test_a_forecast_that_is_no_number_ends_the_trial_against_it() -> None:
    found = shown(BEFORE + AFTER, value=float("nan"))
    assert (found.complete, found.recommend_promotion) == (True, False)
    assert found.reason.startswith("critical: ")


def test_a_move_of_the_active_version_starts_the_trial_again() -> None:
    moved = Tape("registry-2").moved("v0", epoch=2)
    found = shown([*BEFORE, *AFTER[:2], moved, *live(Tape("u"), 13 * HOUR, 5, version="v0")])
    assert (found.active_version, found.live_predictions) == ("v0", 2)
    assert found.tested_from == moment(11 * HOUR) + timedelta(microseconds=1)


def test_a_candidate_promoted_meanwhile_by_hand_is_left_undecided() -> None:
    found = shown([*BEFORE, *AFTER[:2], Tape("registry-2").moved("v2", epoch=2), *AFTER[2:]])
    assert (found.complete, found.recommend_promotion) == (False, False)
    assert "before the shadow ended" in found.reason


def test_without_a_bound_candidate_the_remedy_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"no candidate of xgboost is bound.*call bound"):
        replace(replaying([]), candidate=None).run_shadow_test(XGB, model(1.0), None)


def judged_by_evidence(model_of_holdout: Any = None, before: Sequence[bool] = ()) -> ShadowTestResult:
    """A candidate that was 10 % better on a hold-out of a week, under policy ``sequential``."""
    tester = replace(replaying([*BEFORE, *AFTER]), policy=Policy(name=SEQUENTIAL))
    tester = tester.bound(artifact(holdout_model=model_of_holdout), None).after(before)
    tester = tester.taught(evaluated(evidence=Ring(0.9).taught()))
    return tester.run_shadow_test(XGB, model(1.5), None, 24)


def test_the_hold_out_counts_where_the_fit_that_was_evaluated_on_it_is_at_hand() -> None:
    counted, plain = judged_by_evidence(model(1.5)), judged_by_evidence()
    assert counted.log_e_better > 10.0
    assert plain.log_e_better < 2.0  # of its five pairs


def test_earlier_candidates_have_spent_levels_and_winners_have_earned_some() -> None:
    levels = [judged_by_evidence(before=each).level for each in ((), (False, False), (False, True))]
    assert levels == pytest.approx([0.1 / 2, 0.1 / 12, 2 * 0.1 / 12], rel=1e-12)
