"""A condition that stands fires once, not at every event; only a person need not wait."""

from __future__ import annotations

import pytest

from clm.errors import MalformedEvent
from clm.events import HOUR
from clm.model import BASE_MODELS, ModelType
from tests.unit.decisions.stream import Tape, fold_all, told
from tests.unit.decisions.watching import MINUTE, retrains, served, watching, wrong


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
    assert retrains(decisions) == [33, 57, 81]  # full at the fourth pair, then every 24 h


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
    [
        ("v1", "reject", None),
        ("v0", "reject", "watcher-1"),
        ("v1", "aborted", None),
        ("v0", "aborted", "watcher-1"),
        ("v1", "promote", "watcher-1"),
    ],
)
def test_the_end_of_its_candidates_trial_closes_a_run(
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


def test_a_manual_retrain_ignores_the_cool_down_but_not_an_open_run() -> None:
    fold, tape = watching(), Tape()
    decisions = fold_all(fold, [tape.retrain(), tape.retrain(), tape.failed("watcher-1"), tape.retrain()])
    assert told(decisions) == [("retrain", "manual"), ("suppressed", "manual"), ("retrain", "manual")]
    assert decisions[1].reason == "run watcher-1 of xgboost is open"


def test_a_route_that_is_frozen_lets_its_model_be_retrained_after_the_cool_down() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    decisions = fold_all(fold, wrong(tape, 30 * HOUR, 4))
    fold_all(fold, [tape.candidate("v2", run="watcher-2"), tape.verdict("v2", "aborted")])
    decisions += fold_all(fold, wrong(tape, 40 * HOUR, 30))
    assert retrains(decisions) == [33, 57]


def test_every_refused_command_is_answered() -> None:
    fold, tape = watching(), Tape()
    decisions = fold_all(fold, [tape.retrain() for _ in range(3)])
    assert [each.cause for each in decisions] == ["t-0", "t-1", "t-2"]
    assert len(fold.memory[ModelType.XGBOOST].noted) == 1  # however often it is asked


def test_a_command_is_answered_for_the_models_it_names_or_for_all() -> None:
    fold, tape = watching(models=BASE_MODELS), Tape()
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
def test_a_command_that_cannot_be_is_refused(models: tuple[str, ...], action: str, message: str) -> None:
    with pytest.raises(MalformedEvent, match=message):
        watching().apply(Tape().retrain(*models, action=action))
