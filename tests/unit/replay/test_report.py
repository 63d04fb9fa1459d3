"""A report holds the facts of a replay, each of them computed on the rows that it names."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from clm.model import ModelType
from clm.ports import RunRecord
from clm.records import Decision, log_sha256
from clm.replay.report import Played, first_training, report
from clm.replay.schedules import Outturn
from clm.replay.trader import Told


def run(n: int, as_of: int, phase: str = "candidate", model_type: str = "xgboost") -> RunRecord:
    return RunRecord(
        run=f"watcher-{n}", model_type=model_type, as_of=as_of, cause="", trigger="time", phase=phase,
        attempt=1, version="v1" if phase == "candidate" else None, cpu_seconds=1.5, duration_seconds=2.0,
        error="boom" if phase == "failed" else None,
    )  # fmt: skip


def told(at: int, value: float, outcome: float, model_type: str = "xgboost") -> tuple[Told, float]:
    """A prediction whose naive forecast was 0."""
    return Told(model_type, "A", at, "v1", value, 0.0), outcome


def decided(role: str, kind: str, n: int = 1) -> Decision:
    return Decision(role=role, kind=kind, n=n, at=n, model_type="xgboost", trigger="time")


def played(**changes: Any) -> Played:
    """The first training is at 20: only the rows at 30 and 40 are judged."""
    ledger = [told(10, 99.0, 0.0), told(20, 99.0, 0.0), told(30, 3.0, 4.0), told(40, 5.0, 2.0)]
    outturn = Outturn(ModelType.XGBOOST, "never", 2.5, 2, 1, 0.75)
    whole = Played(
        scope="us", target="log_range", horizon=1, settings={"seed": 1}, decisions=[], ledger=ledger,
        events={"predictions": 4, "outcomes": 4, "joined": 4, "quarantined": 0},
        runs=[run(1, 5, "failed"), run(2, 20), run(3, 30)], outturns=[outturn],
    )  # fmt: skip
    return replace(whole, **changes)


def test_the_first_training_is_the_first_that_gave_a_candidate() -> None:
    runs = [run(1, 5, "failed"), run(3, 30), run(2, 20), run(4, 1, model_type="nhits")]
    assert first_training(runs, "xgboost") == 20
    assert first_training(runs, "patchtst") is None


def test_losses_are_those_of_the_rows_after_the_first_training() -> None:
    # |3 - 4| and |5 - 2|; naive says 0 to 4 and 2
    facts = report(played())
    assert facts["loss"] == {"xgboost": {"loop": 2.0, "naive": 3.0, "never": 2.5}}
    assert facts["rows"] == {"xgboost": 2}


def test_without_a_training_every_row_is_judged() -> None:
    facts = report(played(runs=[run(1, 5, "failed")], outturns=[], ledger=[told(10, 3.0, 4.0)]))
    assert (facts["loss"], facts["rows"]) == ({"xgboost": {"loop": 1.0, "naive": 4.0}}, {"xgboost": 1})


def test_a_training_after_the_last_row_has_no_loss_rather_than_a_wrong_one() -> None:
    loss = report(played(ledger=[told(10, 3.0, 4.0)], outturns=[]))["loss"]["xgboost"]
    assert all(math.isnan(value) for value in loss.values())


def test_each_model_type_is_judged_on_its_own_rows() -> None:
    ledger = [told(30, 3.0, 4.0), told(10, 1.0, 6.0, "nhits")]
    facts = report(played(ledger=ledger, outturns=[]))
    assert facts["loss"]["nhits"] == {"loop": 5.0, "naive": 6.0}
    assert facts["rows"] == {"nhits": 1, "xgboost": 1}


def test_cpu_seconds_count_every_training_of_the_loop_failed_ones_included() -> None:
    assert report(played())["cpu_seconds"] == {"xgboost": {"loop": 4.5, "never": 0.75}}


def test_decisions_stand_where_their_role_and_kind_put_them() -> None:
    wanted = {
        "triggers": decided("watcher", "retrain"), "promotions": decided("registry", "promoted"),
        "rejections": decided("shadow", "reject"), "rollbacks": decided("registry", "rolled_back", 2),
    }  # fmt: skip
    others = [
        decided("watcher", "suppressed", 2),
        decided("shadow", "promote", 2),
        decided("shadow", "aborted", 3),
    ]
    facts = report(played(decisions=[*wanted.values(), *others]))
    assert {name: facts[name] for name in wanted} == {name: [each.record()] for name, each in wanted.items()}
    assert facts["decision_log_sha256"] == log_sha256([*wanted.values(), *others])


def test_a_training_is_told_with_its_phase_error_and_cost() -> None:
    failed, made, _ = report(played())["trainings"]
    assert failed == {
        "run": "watcher-1", "model_type": "xgboost", "as_of": 5, "trigger": "time", "phase": "failed",
        "version": None, "error": "boom", "attempt": 1, "cpu_seconds": 1.5, "duration_seconds": 2.0,
    }  # fmt: skip
    assert (made["phase"], made["version"]) == ("candidate", "v1")


def test_it_says_how_often_each_schedule_trained() -> None:
    assert report(played())["schedule_trainings"] == {"xgboost": {"never": 1}}
