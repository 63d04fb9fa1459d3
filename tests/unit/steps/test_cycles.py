"""A cycle's state follows from the decisions and the run records, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from clm.events import HOUR, SECOND
from clm.ports import RunRecord
from clm.records import Decision
from clm.steps.cycles import CycleState, cycle_state

COMMAND = "ops-1-0"


def order(n: int = 1, model_type: str = "xgboost", kind: str = "retrain") -> Decision:
    return Decision(
        role="watcher", kind=kind, n=n, at=10 * HOUR, model_type=model_type, trigger="manual",
        cause=COMMAND, reason=f"command {COMMAND}",
    )  # fmt: skip


def run(phase: str, run_id: str = "watcher-1", **facts: Any) -> RunRecord:
    version = "v1" if phase == "candidate" else None
    defaults: dict[str, Any] = {
        "model_type": "xgboost",
        "as_of": 10 * HOUR,
        "cause": COMMAND,
        "version": version,
    }
    return RunRecord(run=run_id, phase=phase, trigger="manual", **(defaults | facts))


def verdict(kind: str, n: int = 1, cause: str = "watcher-1", at: int = 34 * HOUR) -> Decision:
    return Decision(
        role="shadow", kind=kind, n=n, at=at, model_type="xgboost", version="v1", cause=cause,
        reason=f"{kind} it",
    )  # fmt: skip


def move(cause: str = "shadow-1", version: str = "v1") -> Decision:
    return Decision(
        role="registry", kind="promoted", n=1, at=34 * HOUR, model_type="xgboost",
        version=version, cause=cause, reason="moved it",
    )  # fmt: skip


def state(*facts: Decision | RunRecord, cause: str = COMMAND) -> CycleState:
    decisions = [each for each in facts if isinstance(each, Decision)]
    return cycle_state(cause, decisions, [each for each in facts if isinstance(each, RunRecord)])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "queued"),
        ([order()], "queued"),
        ([order(), run("queued")], "queued"),
        ([order(), run("started")], "training"),
        ([order(), run("failed", error="boom")], "ended"),
        ([order(), run("candidate")], "shadow"),
        ([order(), run("candidate"), verdict("restarted")], "shadow"),
        ([order(), run("candidate"), verdict("aborted")], "ended"),
        ([order(), run("candidate"), verdict("promote")], "moving"),
        ([order(), run("candidate"), verdict("promote"), move()], "ended"),
        ([order(), run("candidate"), verdict("reject")], "ended"),
        ([order(kind="suppressed")], "ended"),
    ],
)
def test_each_fact_takes_the_cycle_one_state_further(facts: list[Any], expected: str) -> None:
    assert state(*facts).state == expected


def test_the_chain_of_one_model_type_is_told_with_its_last_reason() -> None:
    found = state(order(), run("candidate"), verdict("promote"), move()).models["xgboost"]
    assert (found.trigger, found.run, found.phase, found.version) == (
        "manual", "watcher-1", "candidate", "v1",
    )  # fmt: skip
    assert (found.verdict, found.moved, found.reason) == ("promote", "registry-1", "moved it")


def test_a_retrain_decision_names_its_cycle_as_well_as_its_command_does() -> None:
    facts: list[Any] = [order(), run("started")]
    assert state(*facts, cause="watcher-1").models == state(*facts).models


def test_a_foreign_chain_is_left_out() -> None:
    found = state(order(), run("candidate"), verdict("promote", cause="watcher-9"), move())
    assert found.models["xgboost"].verdict is None


def test_the_cycle_is_as_far_as_the_model_type_that_is_furthest_behind() -> None:
    second = order(2, "lightgbm")
    done: list[Any] = [order(), run("candidate"), verdict("reject"), second]
    assert state(*done, run("candidate", "watcher-2", model_type="lightgbm")).state == "shadow"
    assert state(*done).state == "training"  # lightgbm waits, but the cycle is under way


def test_a_cycle_cannot_end_before_every_model_type_asked_for_was_answered() -> None:
    suppressed = [order(kind="suppressed")]
    assert cycle_state(COMMAND, suppressed, [], ["xgboost"]).state == "ended"
    assert cycle_state(COMMAND, suppressed, [], ["xgboost", "nhits"]).state == "training"


def test_a_trial_that_began_again_counts_by_its_newest_verdict() -> None:
    facts: list[Any] = [
        order(),
        run("candidate"),
        verdict("restarted"),
        verdict("promote", 2),
        move("shadow-2"),
    ]
    assert state(*facts).promoted == ("xgboost",)


def test_an_operator_who_promotes_the_candidate_ends_its_cycle() -> None:
    found = state(order(), run("candidate"), verdict("aborted"), move("operator-7"))
    assert (found.state, found.promoted, found.undecided) == ("ended", ("xgboost",), ())


def test_the_facts_have_the_keys_of_the_specification_once_it_has_ended() -> None:
    facts: list[Any] = [
        order(), run("candidate"), verdict("promote"), move(),
        order(2, "nhits"), run("failed", "watcher-2", model_type="nhits", error="boom"),
        order(3, "patchtst", "suppressed"),
    ]  # fmt: skip
    told = state(*facts).facts()
    lists = {name: told[name] for name in ("promoted", "failed", "rejected", "suppressed")}
    assert lists == {
        "promoted": ["xgboost"], "failed": ["nhits"], "rejected": [], "suppressed": ["patchtst"],
    }  # fmt: skip
    assert told["by_model"]["nhits"]["reason"] == "boom"


def test_an_open_cycle_does_not_pretend_to_know_its_outcome() -> None:
    assert {"promoted", "failed", "duration"}.isdisjoint(state(order(), run("started")).facts())


def test_the_duration_is_event_time_from_the_order_to_the_last_decision() -> None:
    done = state(order(), run("candidate", duration_seconds=60.0), verdict("reject"))
    assert done.duration == 24 * HOUR / SECOND  # decided at 10 h, judged at 34 h


def test_the_duration_of_a_failure_is_that_of_its_training() -> None:
    assert state(order(), run("failed", duration_seconds=2.5)).duration == 2.5
