"""A decision follows from its own record, or the receipt says where it does not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clm.decisions.receipts import Receipt, receipt
from clm.events import HOUR
from clm.model import ModelType
from clm.policy import Policy
from clm.records import Decision, Head, from_record
from tests.unit.decisions.evident import lost, pairs, served, watching
from tests.unit.decisions.recording import POLICY, Market
from tests.unit.decisions.shadowing import says
from tests.unit.decisions.stream import Tape, fold_all
from tests.unit.decisions.test_rollout import Trial

VALUES, TRUTH = lost(700)
LONG = random.Random(1).choices(range(16), k=400)


def logged(decision: Decision) -> Decision:
    """As it comes back from the log."""
    return from_record(json.loads(decision.logged()))


def forged(decision: Decision, **changes: Any) -> Decision:
    """Another record in its place, with a hash and digest of its own."""
    return logged(Head().chain(replace(decision, inputs_sha256="", **changes)))


def observed(decision: Decision, **changes: Any) -> dict[str, Any]:
    """Its evidence, of something else."""
    return {**decision.evidence, "observation": {**decision.evidence["observation"], **changes}}


@pytest.fixture(scope="module")
def decayed() -> Decision:
    fold, tape = watching(decay_detectors=("score", "skill")), Tape()
    served(fold, tape)
    return logged(fold_all(fold, pairs(tape, VALUES, TRUTH))[0])


def told(decision: Decision) -> Receipt:
    return receipt(decision, Policy())


def test_every_decision_of_the_seed_s_rules_follows_from_its_record() -> None:
    market = Market()
    market.happens(LONG)
    found = [receipt(logged(each), POLICY) for each in market.decisions]
    assert {each.decision.kind for each in found} >= {"retrain", "suppressed", "promote", "reject"}
    assert [each.faults for each in found] == [()] * len(found)


def test_the_seed_s_rules_are_asked_with_the_thresholds_in_force() -> None:
    market = Market()
    market.happens(LONG)
    (first, *_) = [each for each in market.decisions if each.trigger == "time"]
    found = receipt(logged(first), replace(POLICY, retrain_interval_days=99.0, training_lookback_days=99.0))
    assert "in force now" in found.basis
    assert found.faults


def test_a_decay_follows_from_the_sums_that_its_alarm_left(decayed: Decision) -> None:
    assert decayed.trigger == "performance_decay"
    assert told(decayed).faults == ()
    assert "on record" in told(decayed).basis  # whatever is in force now


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"kind": "suppressed"}, "kind is"), ({"reason": "a whim"}, "reason is"), ({"limit": 1.0}, "limit is"),
     ({"statistic": 9.0}, "statistic is"), ({"trigger": "time"}, "trigger is"),
     ({"version": "v9"}, "version is"), ({"at": 1}, "at is")],
)  # fmt: skip
def test_a_forged_ruling_differs_from_what_the_evidence_gives(
    decayed: Decision, changes: dict[str, Any], fault: str
) -> None:
    assert any(each.startswith(fault) for each in told(forged(decayed, **changes)).faults)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"open_run": "watcher-9"}, "suppressed"), ({"decided_at": 100 * HOUR}, "suppressed"),
     ({"alarms": {}}, "")],
)  # fmt: skip
def test_forged_evidence_gives_another_ruling(decayed: Decision, changes: dict[str, Any], kind: str) -> None:
    faults = told(forged(decayed, evidence=observed(decayed, **changes))).faults
    assert any((kind or "nothing was due") in each for each in faults)


@pytest.mark.parametrize(
    "change",
    [lambda alarm: {**alarm, "state": [2 * each for each in alarm["state"]]},
     lambda alarm: {**alarm, "statistic": 2 * alarm["statistic"]},
     lambda alarm: {**alarm, "rows_per_day": 2 * alarm["rows_per_day"]}],
)  # fmt: skip
def test_a_forged_alarm_differs_from_its_sums(
    decayed: Decision, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    alarms = decayed.evidence["observation"]["alarms"]
    (name,) = alarms
    assert name == "score"
    forgery = forged(decayed, evidence=observed(decayed, alarms={name: change(alarms[name])}))
    assert any("the sums of score give" in each for each in told(forgery).faults)


def test_an_alarm_below_its_limit_is_none(decayed: Decision) -> None:
    alarm = decayed.evidence["observation"]["alarms"]["score"]
    ten = {**alarm, "between_days": 10 * alarm["between_days"], "limit": 10 * alarm["limit"]}
    forgery = forged(decayed, evidence=observed(decayed, alarms={"score": ten}))
    assert any("raises no alarm" in each for each in told(forgery).faults)


def test_a_record_that_was_altered_after_its_hash_is_named(decayed: Decision) -> None:
    altered = replace(decayed, reason="a whim")
    assert "the record was altered: its hash is another one's" in told(altered).faults
    assert (
        "the digest is not that of the evidence"
        in told(replace(decayed, evidence={**decayed.evidence, "x": 1})).faults
    )


def test_a_rule_of_another_version_is_not_asked(decayed: Decision) -> None:
    assert "is not the rule of this version" in told(forged(decayed, rule="sequential-triggers-0")).basis


def test_a_model_type_s_own_thresholds_are_on_record() -> None:
    fold, tape = watching(), Tape()
    made = fold_all(fold, [tape.retrain("xgboost")])
    assert made[0].evidence["thresholds"]["cooldown_hours"] == 24.0
    assert Policy(models=(ModelType.XGBOOST,)).thresholds(ModelType.XGBOOST)["retrain_interval_days"] == 7.0


@pytest.fixture(scope="module")
def stepped() -> list[Decision]:
    """A step and, of another canary, an abort."""
    good, bad = Trial(), Trial(says(-0.5))
    made = []
    for trial in (good, bad):
        trial.begin(0.1)
        made += trial.hours(20)
    return [logged(each) for each in made]


def test_a_canary_s_steps_follow_from_their_stage(stepped: list[Decision]) -> None:
    assert [(each.kind, told(each).faults) for each in stepped] == [("step", ()), ("abort", ())]
    assert told(stepped[0]).basis == "the stage, from the sums of its tests"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "complete"}, "kind is 'complete', but the evidence gives 'step'"),
        ({"evidence": {"to": 1.0}}, "it goes to 100%, but the evidence gives 50%"),
        ({"evidence": {"since": 11 * HOUR}}, "its hours or outcomes did not suffice"),
        ({"counts": {"pairs": 3}}, "its hours or outcomes did not suffice"),
        ({"limit": 0.5}, "limit is 0.5, but the evidence gives 0.03"),
    ],
)
def test_a_forged_step_is_found_out(stepped: list[Decision], changes: dict[str, Any], fault: str) -> None:
    step = stepped[0]
    if "evidence" in changes:
        changes = {**changes, "evidence": {**step.evidence, **changes["evidence"]}}
    assert fault in told(forged(step, **changes)).faults


def test_an_abort_without_the_evidence_for_it_is_found_out(stepped: list[Decision]) -> None:
    passed, aborted = stepped
    seen = {**aborted.evidence, "wager": passed.evidence["wager"], "harm": passed.evidence["harm"]}
    faults = told(forged(aborted, evidence=seen)).faults
    assert "kind is 'abort', but the evidence gives 'step'" in faults
