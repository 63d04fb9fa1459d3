"""The watcher decides once per cause: a condition that stands does not fire at every event."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from clm.decisions.watch import WatcherFold
from clm.errors import MalformedEvent
from clm.events import DAY, HOUR, SECOND, Event, Run, tick
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, evaluated, fold_all, told

MINUTE = 60 * SECOND
FAR = 10**6
QUIET: dict[str, Any] = {
    "models": (ModelType.XGBOOST,), "retrain_interval_days": FAR, "training_lookback_days": FAR,
    "data_threshold_points": FAR, "decay_window_pairs": 4,
}  # fmt: skip
"""Only decay, regime shift and commands can fire."""


def watching(**settings: Any) -> WatcherFold:
    return WatcherFold(Scope(), Policy(**{**QUIET, **settings}))


def served(fold: WatcherFold, tape: Tape, accuracy: float = 0.75, version: str = "v1") -> None:
    """Have a version trained by hand at time 0 and made active; its hold-out accuracy is 0.75."""
    retrain, *_ = fold_all(fold, [tape.retrain("xgboost")])
    judged = evaluated(directional_accuracy=accuracy)
    announced = tape.candidate(version, run=retrain.id, evaluation=judged)
    assert fold_all(fold, [announced, tape.moved(version)]) == []


def wrong(tape: Tape, start: int, count: int, step: int = HOUR, version: str = "v1") -> list[Event]:
    """Pairs of the active version whose direction is wrong, one a step."""
    ats = range(start, start + count * step, step)
    return [event for at in ats for event in tape.pair(at, 1.0, -1.0, version=version)]


def retrains(decisions: list[Decision]) -> list[int]:
    """The hours at which a retrain was decided."""
    return [each.at // HOUR for each in decisions if each.kind == "retrain"]


# --- standing conditions, pending runs and cool-down ---------------------------------------------


def test_a_standing_condition_enqueues_once_while_its_run_is_open() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    decisions = fold_all(fold, wrong(tape, 30 * HOUR, 3_109, 5 * MINUTE))
    assert told(decisions) == [("retrain", "performance_decay"), ("suppressed", "performance_decay")]
    assert decisions[1].reason == "run watcher-2 of xgboost is open"


def test_a_standing_condition_enqueues_once_per_cool_down_when_its_runs_end() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    decisions = []
    for event in wrong(tape, 30 * HOUR, 72):
        made = fold.apply(event)
        failures = [tape.failed(each.id) for each in made if each.kind == "retrain"]
        decisions += made + fold_all(fold, failures)
    assert retrains(decisions) == [33, 57 + 1, 83]  # full at the fourth pair, then 24 h passed


def test_the_wait_for_the_cool_down_is_recorded_once() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)  # by hand at 0: cooling down until 24:00
    decisions = fold_all(fold, wrong(tape, HOUR, 20))
    assert [(each.kind, each.reason) for each in decisions] == [
        ("suppressed", "cooling down until 1970-01-02 00:00")
    ]


def test_a_suppression_is_recorded_again_when_its_reason_changes() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    decisions = fold_all(fold, wrong(tape, 30 * HOUR, 5))  # watcher-2 is open
    decisions += fold_all(fold, [tape.failed("watcher-2"), *wrong(tape, 40 * HOUR, 5)])
    assert [each.reason for each in decisions if each.kind == "suppressed"] == [
        "run watcher-2 of xgboost is open", "cooling down until 1970-01-03 09:00",  # 33 + 24 h
    ]  # fmt: skip


def test_each_trigger_that_is_held_back_is_recorded_for_itself() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    decisions = fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), tape.regime(3, "wild")])
    decisions += fold_all(fold, wrong(tape, HOUR, 5))
    assert told(decisions) == [("suppressed", "regime_shift"), ("suppressed", "performance_decay")]


def test_a_run_stays_open_until_its_verdict_takes_effect() -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, [tape.retrain(), tape.candidate("v1"), tape.verdict("v1", "promote")])
    assert fold.memory[ModelType.XGBOOST].open_run == "watcher-1"
    fold.apply(tape.moved("v1"))
    assert fold.memory[ModelType.XGBOOST].open_run is None


@pytest.mark.parametrize(
    ("version", "result", "open_run"),
    [("v1", "reject", None), ("v0", "reject", "watcher-1"), ("v1", "aborted", "watcher-1")],
)
def test_only_a_rejection_of_its_candidate_closes_a_run(
    version: str, result: str, open_run: str | None
) -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, [tape.retrain(), tape.candidate("v1"), tape.verdict(version, result)])
    assert fold.memory[ModelType.XGBOOST].open_run == open_run


def test_a_run_of_another_decision_changes_nothing() -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, [tape.retrain(), tape.candidate("v9", run="watcher-9"), tape.failed("watcher-9")])
    assert fold.memory[ModelType.XGBOOST].open_run == "watcher-1"
    assert fold.memory[ModelType.XGBOOST].trained_at is None


# --- manual -------------------------------------------------------------------------------------


def test_a_manual_retrain_ignores_the_cool_down_but_not_an_open_run() -> None:
    fold, tape = watching(), Tape()
    decisions = fold_all(fold, [tape.retrain(), tape.retrain(), tape.failed("watcher-1"), tape.retrain()])
    assert told(decisions) == [("retrain", "manual"), ("suppressed", "manual"), ("retrain", "manual")]
    assert decisions[1].reason == "run watcher-1 of xgboost is open"


def test_every_refused_command_is_answered() -> None:
    fold, tape = watching(), Tape()
    decisions = fold_all(fold, [tape.retrain() for _ in range(3)])
    assert [each.cause for each in decisions] == ["t-0", "t-1", "t-2"]


def test_a_command_is_answered_for_the_models_it_names_or_for_all() -> None:
    fold, tape = watching(models=tuple(ModelType)), Tape()
    chosen = fold.apply(tape.retrain("nhits", "xgboost"))
    assert [each.model_type for each in chosen] == ["nhits", "xgboost"]
    everyone = fold.apply(tape.retrain())
    assert [(each.model_type, each.kind) for each in everyone] == [
        ("xgboost", "suppressed"), ("lightgbm", "retrain"), ("nhits", "suppressed"),
        ("patchtst", "retrain"),
    ]  # fmt: skip


def test_a_retrain_names_its_command_and_its_actor() -> None:
    made = watching().apply(Tape("ops").retrain(actor="alice"))[0]
    assert (made.cause, made.actor, made.reason) == ("ops-0", "alice", "command ops-0")


@pytest.mark.parametrize(
    ("models", "action", "message"),
    [((), "explode", "command 'explode' is unknown"),
     (("nhits",), "retrain", r"retrain of \['nhits'\]: not among the policy's models")],
)  # fmt: skip
def test_a_command_that_cannot_be_is_refused(
    models: tuple[str, ...], action: str, message: str
) -> None:
    with pytest.raises(MalformedEvent, match=message):
        watching().apply(Tape().retrain(*models, action=action))


# --- performance decay ----------------------------------------------------------------------------


def test_decay_needs_a_full_window() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    assert fold_all(fold, wrong(tape, 30 * HOUR, 3)) == []
    decisions = fold_all(fold, wrong(tape, 33 * HOUR, 1))
    assert told(decisions) == [("retrain", "performance_decay")]
    assert (decisions[0].statistic, decisions[0].limit) == (0.0, 0.7)  # 0.75 - 0.05
    assert decisions[0].counts["pairs"] == 4


@pytest.mark.parametrize(("right", "kinds"), [(3, []), (2, ["retrain"])])
def test_decay_is_a_drop_of_more_than_the_threshold(right: int, kinds: list[str]) -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)  # baseline 0.75, limit 0.70: 3/4 holds, 2/4 does not
    outcomes = [1.0] * right + [-1.0] * (4 - right)
    pairs = [tape.pair(30 * HOUR + at, 1.0, outcome, version="v1") for at, outcome in enumerate(outcomes)]
    decisions = [each for pair in pairs for each in fold_all(fold, pair)]
    assert [each.kind for each in decisions] == kinds


def test_the_naive_forecast_never_decays() -> None:
    fold, tape = watching(), Tape()
    assert fold_all(fold, wrong(tape, 0, 20, version="naive")) == []


def test_a_version_without_a_known_baseline_never_decays() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape, accuracy=math.nan)
    assert fold_all(fold, wrong(tape, 30 * HOUR, 20)) == []


def test_pairs_of_another_version_or_model_type_are_not_the_active_ones() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    others = [*wrong(tape, 30 * HOUR, 9, version="v0"),
              *tape.pair(40 * HOUR, 1.0, -1.0, version="v1", model_type="nhits")]  # fmt: skip
    assert fold_all(fold, others) == []
    assert fold.observe(ModelType.XGBOOST).pairs == 0


def test_a_version_that_becomes_active_begins_with_the_pairs_it_has() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, wrong(tape, 30 * HOUR, 2, version="v2") + wrong(tape, 32 * HOUR, 3))
    fold.apply(tape.moved("v2", epoch=2))
    assert fold.observe(ModelType.XGBOOST).pairs == 2
    fold.apply(tape.moved("v1", epoch=3))
    assert fold.observe(ModelType.XGBOOST).pairs == 0  # the windows of others were dropped


# --- time -----------------------------------------------------------------------------------------


def test_the_first_training_is_due_at_the_first_tick_with_a_whole_lookback() -> None:
    fold, tape = watching(training_lookback_days=90.0), Tape()
    events = [tape.predict(HOUR), tick(90 * DAY), *tape.pair(90 * DAY + HOUR, 1.0, 1.0)]
    assert fold_all(fold, events) == []  # an hour short, then no tick
    assert told(fold.apply(tick(90 * DAY + HOUR + MINUTE))) == [("retrain", "time")]


def test_bars_on_disk_count_for_the_first_lookback() -> None:
    scope = Scope(history_from=-90 * DAY)
    fold = WatcherFold(scope, Policy(**{**QUIET, "training_lookback_days": 90.0}))
    assert told(fold_all(fold, [Tape().predict(5), tick(MINUTE)])) == [("retrain", "time")]


def test_without_any_bar_nothing_is_due() -> None:
    assert fold_all(watching(training_lookback_days=1.0), [tick(day * DAY) for day in range(9)]) == []


def test_time_is_a_true_interval_since_the_last_ended_run() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)  # as_of 0, active since then
    days = [day for day in range(1, 8) if fold.apply(tick(day * DAY))]
    assert days == [7]
    fold_all(fold, [tape.candidate("v2", run="watcher-2", as_of=7 * DAY), tape.verdict("v2")])
    days = [day for day in range(8, 15) if fold.apply(tick(day * DAY))]
    assert days == [14]  # 7 days after the rejected run, though v1 is 14 days old


def test_a_failed_run_counts_for_the_interval_as_well() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, [tick(7 * DAY), tape.failed("watcher-2")])
    assert [day for day in range(8, 15) if fold.apply(tick(day * DAY))] == [14]


def test_time_is_looked_at_on_ticks_only() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    others = [*tape.pair(8 * DAY, 1.0, 1.0, version="v1"), tape.regime(8 * DAY, "calm")]
    assert fold_all(fold, others) == []
    assert told(fold.apply(tick(8 * DAY + MINUTE))) == [("retrain", "time")]


def test_a_second_tick_of_a_minute_decides_nothing() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    assert len(fold.apply(tick(8 * DAY))) == 1
    fold.apply(tape.failed("watcher-2"))
    assert fold.apply(tick(8 * DAY + 1)) == []


def test_a_rollback_to_an_older_version_does_not_age_the_newest_training() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, [tick(7 * DAY), tape.candidate("v2", run="watcher-2", as_of=7 * DAY)])
    fold_all(fold, [tape.moved("v2", 2), tape.moved("v1", 3)])
    assert fold.observe(ModelType.XGBOOST).trained_at == 7 * DAY


# --- data volume and regimes ----------------------------------------------------------------------


def test_data_volume_counts_distinct_bars_that_matured_after_the_newest_training() -> None:
    fold, tape = watching(data_threshold_points=3), Tape()
    served(fold, tape)
    bars = [(0, "A"), (30 * HOUR, "A"), (30 * HOUR, "B"), (30 * HOUR, "A"), (31 * HOUR, "A")]
    made = [told(fold_all(fold, tape.pair(at, 1.0, 1.0, symbol=symbol))) for at, symbol in bars]
    assert made == [[], [], [], [], [("retrain", "data_volume")]]  # at the as_of, 1, 2, again, 3


def test_a_bar_counts_only_when_it_matured() -> None:
    fold, tape = watching(data_threshold_points=1), Tape()
    served(fold, tape)
    made = tape.predict(30 * HOUR)
    assert fold.apply(made) == []
    assert told(fold.apply(tape.outcome(made, 31 * HOUR, 1.0))) == [("retrain", "data_volume")]


def test_the_count_begins_anew_with_the_next_training() -> None:
    fold, tape = watching(data_threshold_points=2, cooldown_hours=0.0), Tape()
    served(fold, tape)
    fold_all(fold, [*tape.pair(HOUR, 1.0, 1.0), *tape.pair(2 * HOUR, 1.0, 1.0)])
    fold_all(fold, [tape.candidate("v2", run="watcher-2", as_of=2 * HOUR), tape.verdict("v2")])
    assert fold.observe(ModelType.XGBOOST).new_points == 0
    assert fold_all(fold, tape.pair(3 * HOUR, 1.0, 1.0)) == []
    assert told(fold_all(fold, tape.pair(4 * HOUR, 1.0, 1.0))) == [("retrain", "data_volume")]


def test_a_regime_shift_fires_when_the_regime_differs_from_that_of_the_training() -> None:
    fold, tape = watching(), Tape()
    events = [tape.regime(HOUR, "calm"), tape.regime(2 * HOUR, "calm"), tape.regime(3 * HOUR, "wild")]
    made = [told(fold.apply(event)) for event in events]
    assert made == [[], [], [("retrain", "regime_shift")]]


def test_after_the_retrain_the_new_regime_is_the_trained_one() -> None:
    fold, tape = watching(cooldown_hours=0.0), Tape()
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), tape.failed("watcher-1")])
    assert fold_all(fold, [tape.regime(3, "wild"), *tape.pair(4, 1.0, 1.0)]) == []
    assert told(fold.apply(tape.regime(5, "calm"))) == [("retrain", "regime_shift")]


def test_a_regime_that_returns_before_the_cool_down_ends_fires_nothing() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), tape.regime(3, "calm")])
    assert fold_all(fold, [*tape.pair(30 * HOUR, 1.0, 1.0), tick(31 * HOUR)]) == []


def test_a_regime_that_lasts_fires_when_the_cool_down_ends() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild")])
    made = [hour for hour in range(20, 30) if fold.apply(tick(hour * HOUR))]
    assert made == [24]


def test_a_regime_of_one_symbol_is_not_the_scopes() -> None:
    fold, tape = watching(), Tape()
    assert fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild", symbol="A")]) == []
    assert fold.regimes.current == "calm"


# --- what is recorded, and what is refused --------------------------------------------------------


def test_all_reasons_that_fired_are_kept_and_the_first_by_priority_names_the_trigger() -> None:
    fold, tape = watching(retrain_interval_days=1.0), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), *wrong(tape, HOUR, 4)])
    made = fold.apply(tick(DAY))[0]
    assert made.trigger == "performance_decay"
    fired = [name for name, *_ in made.evidence["fired"]]
    assert fired == ["performance_decay", "regime_shift", "time"]


def test_the_decisions_are_numbered_chained_and_intact() -> None:
    fold, tape = watching(models=tuple(ModelType)), Tape()
    made = fold_all(fold, [tape.retrain(), tape.retrain()])
    assert [each.n for each in made] == list(range(1, 9))
    assert all(each.intact() and each.role == "watcher" for each in made)
    assert all(after.prev == before.hash for before, after in pairwise(made))


def test_a_decision_happens_at_the_event_clock() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tick(5 * HOUR))
    assert fold.apply(replace(tape.retrain(), at=99 * DAY))[0].at == 5 * HOUR


def test_duplicates_change_nothing() -> None:
    once, twice, tape = watching(), watching(), Tape()
    events = [tape.regime(1, "calm"), *wrong(tape, HOUR, 5), tape.retrain(), tape.regime(9 * HOUR, "wild")]
    doubled = [event for event in events for _ in range(2)]
    assert fold_all(twice, doubled + events) == fold_all(once, events)
    assert twice.intake.duplicates == 2 * len(events)
    assert {**twice.state(), "intake": None} == {**once.state(), "intake": None}


def test_an_outcome_of_an_unknown_prediction_is_refused_by_name() -> None:
    fold, tape = watching(), Tape()
    made = tape.predict(1)
    with pytest.raises(MalformedEvent, match="outcome t-1 is of prediction t-0, which is unknown"):
        fold.apply(tape.outcome(made, 2, 1.0))


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300])
def test_an_impossible_number_is_refused_and_counts_nowhere(value: float) -> None:
    fold, tape = watching(), Tape()
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.predict(1, value))
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.predict(1, naive=value))
    good = tape.predict(1)
    fold.apply(good)
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.outcome(good, 2, value))
    assert (fold.join.predictions, fold.join.joined) == (1, 0)


def test_a_model_type_outside_the_policy_is_joined_but_never_retrained() -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, tape.pair(HOUR, 3.0, 1.0, model_type="nhits"))
    assert fold.health.window("nhits", "naive").mae == 2.0
    other: list[Event] = [tape.moved("v1", model="nhits"), tape.candidate("v1", model="nhits")]
    assert fold_all(fold, other) == []
    assert set(fold.memory) == {ModelType.XGBOOST}


def test_the_start_of_a_run_changes_nothing() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tape.retrain())
    started = Run(p="r", n=0, at=0, run="watcher-1", model_type="xgboost", cause="", phase="started")
    before = fold.memory[ModelType.XGBOOST].state()
    assert fold.apply(started) == []
    assert fold.memory[ModelType.XGBOOST].state() == before


def test_what_is_due_is_told_without_deciding_it() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, tape.pair(8 * DAY, 1.0, 1.0))
    assert fold.due(ModelType.XGBOOST) is RetrainTrigger.TIME
    assert fold.due(ModelType.XGBOOST) is RetrainTrigger.TIME  # asking changed nothing
    fold.apply(tape.retrain())
    assert fold.due(ModelType.XGBOOST) is None  # a run is open


def test_a_saved_model_type_that_the_policy_dropped_is_not_taken_up() -> None:
    both = watching(models=(ModelType.XGBOOST, ModelType.NHITS))
    fold = watching()
    fold.restore(both.state())
    assert set(fold.memory) == {ModelType.XGBOOST}
