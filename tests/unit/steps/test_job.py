"""A training job ends its run once: a stored candidate or a failure that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from clm.errors import ConfigurationError, NotOwner, UnreachableServer
from clm.events import Event, Run, micros
from clm.learning.features import TechnicalFeatures
from clm.learning.library import ModelLibrary
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.model import EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.policy import Policy
from clm.ports import DataClient, Fence, RunRecord
from clm.scope import Scope
from clm.steps.job import Bench, Reading, credited, work
from clm.steps.workshop import Workshop
from clm.store.codec import decode
from tests.unit.decisions.stream import evaluated
from tests.unit.learning.market import BOOSTER
from tests.unit.learning.market import bars as hourly
from tests.unit.steps.artifacts import artifact
from tests.unit.steps.shop import AS_OF, Bars, Judge, Spy, workshop
from worker import bootstrap
from worker.stage import Stage

LIGHTGBM = ModelType.LIGHTGBM
RECORD = RunRecord(
    run="watcher-1", model_type="lightgbm", as_of=micros(AS_OF), cause="ops-0", trigger="manual"
)
READINGS = (Reading(100.0, 10.0, 1.0), Reading(105.0, 14.5, 3.5))


class Closed(ModelLibrary):
    """A library without bundles."""

    def _opened(self, artifact: ModelArtifact) -> ModelArtifact:
        return artifact

    def store(self, artifact: ModelArtifact) -> ModelArtifact:
        return replace(artifact, sha256="0" * 64)


@pytest.fixture
def stage() -> Stage:
    stage = bootstrap.memory_stage(Scope())
    stage.runs.open(RECORD)
    return stage


def engineer() -> TechnicalFeatures:
    return TechnicalFeatures(Target("log_range"), 3600)


def bench(stage: Stage, shop: Workshop, closes: int = 11, error: Exception | None = None) -> Bench:
    """A bench whose clocks show 4.5 s elapsed and 2.5 s of CPU."""
    readings = iter(READINGS)

    def data(as_of: datetime) -> DataClient:
        if error is not None:
            raise error
        return Bars(closes)

    library = ModelLibrary(stage.registry, stage.artifacts, engineer())
    return Bench(runs=stage.runs, library=library, workshop=shop, data=data, clocks=lambda: next(readings))


def native() -> Workshop:
    """A workshop that trains for real, on 12 days of two symbols' hourly bars."""
    trainer = NativeTrainer(engineer(), 1)
    policy = Policy(training_lookback_days=30)
    return Workshop(
        engineer=engineer(), trainer=trainer, evaluator=Judge(), policy=policy, params={"lightgbm": BOOSTER}
    )


def trained(stage: Stage) -> tuple[RunRecord, Bench]:
    """One run worked to its end with LightGBM."""
    from clm.data.parquet import ParquetDataClient

    shop = native()
    client = ParquetDataClient(hourly(), 3600)
    readings = iter(READINGS)
    desk = Bench(
        runs=stage.runs, library=ModelLibrary(stage.registry, stage.artifacts, engineer()), workshop=shop,
        data=lambda as_of: client, clocks=lambda: next(readings),
    )  # fmt: skip
    return work(stage.runs.get("watcher-1"), claim(stage), desk), desk


def claim(stage: Stage, lease_s: float = 60.0) -> Fence:
    fence = stage.runs.claim("watcher-1", "worker", lease_s)
    assert fence is not None
    return fence


def announced(stage: Stage) -> list[Event]:
    return [decode(entry.data) for entry in stage.events.read("0-0")]


def phases(stage: Stage) -> list[str]:
    return [event.phase for event in announced(stage) if isinstance(event, Run)]


def test_a_run_ends_in_one_stored_candidate_announced_once(stage: Stage) -> None:
    ended, _ = trained(stage)
    assert (ended.phase, ended.version) == ("candidate", "v20250130_143052")
    assert stage.runs.get("watcher-1") == ended
    assert phases(stage) == ["started", "candidate"]
    (found,) = stage.registry.get_model_history(LIGHTGBM)
    assert (found.version, found.status, found.run) == (ended.version, ModelStatus.CANDIDATE, "watcher-1")


def test_the_announcement_names_the_stored_bundle_and_carries_its_evaluation(stage: Stage) -> None:
    trained(stage)
    event = announced(stage)[-1]
    assert isinstance(event, Run)
    (found,) = stage.registry.get_model_history(LIGHTGBM)
    assert (event.sha256, event.as_of, event.schema) == (found.sha256, micros(AS_OF), engineer().schema)
    assert stage.artifacts.get(str(event.sha256))
    assert event.evaluation is not None
    assert (event.evaluation["rmse"], event.evaluation["skill"]) == (0.9, 0.1)


def test_the_record_says_what_the_training_cost(stage: Stage) -> None:
    ended, _ = trained(stage)
    assert (ended.ended_wall, ended.duration_seconds, ended.cpu_seconds) == (105.0, 4.5, 2.5)


def test_the_announcement_says_what_the_training_cost(stage: Stage) -> None:
    trained(stage)
    event = announced(stage)[-1]
    assert isinstance(event, Run)
    assert event.cpu_seconds == 2.5


@pytest.mark.parametrize(("active", "compared"), [("v1", "v1"), ("naive", "naive"), (None, "v2")])
def test_a_candidate_is_compared_with_what_was_active_for_the_decision(
    stage: Stage, active: str | None, compared: str
) -> None:
    for version in ("v1", "v2"):
        stage.registry.save_model(artifact(version, LIGHTGBM))
        stage.registry.promote(LIGHTGBM, version)
    judge, told = Judge(), {"active": active} if active else {}
    record = replace(RECORD, evidence={"regimes": [], **told})
    desk = bench(stage, workshop(judge=judge))
    work(record, claim(stage), replace(desk, library=Closed(stage.registry, stage.artifacts, engineer())))
    assert [theirs for _, theirs in judge.compared] == [compared]


def test_a_trainer_that_raises_fails_the_run_with_its_message(stage: Stage) -> None:
    ended = work(RECORD, claim(stage), bench(stage, workshop(Spy(ValueError("boom")))))
    event = announced(stage)[-1]
    assert (ended.phase, ended.error) == ("failed", "training of lightgbm raised ValueError: boom")
    assert isinstance(event, Run)
    assert (event.phase, event.error, phases(stage)) == ("failed", ended.error, ["started", "failed"])
    assert stage.registry.get_model_history(LIGHTGBM) == []


def test_an_evaluator_that_raises_fails_the_run(stage: Stage) -> None:
    ended = work(RECORD, claim(stage), bench(stage, workshop(judge=Judge(ZeroDivisionError("by zero")))))
    assert ended.error == "evaluation of lightgbm raised ZeroDivisionError: by zero"


def test_too_few_bars_fail_the_run_with_the_counts_and_a_remedy(stage: Stage) -> None:
    ended = work(RECORD, claim(stage), bench(stage, workshop(), closes=2))
    assert ended.phase == "failed"
    assert "2 rows, 1 of them matured" in str(ended.error)
    assert "training_lookback_days" in str(ended.error)


def test_bars_that_cannot_be_read_fail_the_run(stage: Stage) -> None:
    broken = bench(stage, workshop(), error=ConfigurationError("bars.csv lacks the column close"))
    assert work(RECORD, claim(stage), broken).error == "bars.csv lacks the column close"


def test_features_that_raise_fail_the_run(stage: Stage) -> None:
    ended = work(RECORD, claim(stage), bench(stage, workshop(), error=KeyError("close")))
    assert ended.error == "features of lightgbm raised KeyError: 'close'"


def test_a_server_that_is_gone_leaves_the_run_to_another_attempt(stage: Stage) -> None:
    gone = bench(stage, workshop(), error=UnreachableServer("redis://a does not answer"))
    with pytest.raises(UnreachableServer):
        work(RECORD, claim(stage), gone)
    assert (stage.runs.get("watcher-1").phase, phases(stage)) == ("started", ["started"])


def test_an_attempt_that_lost_the_run_announces_nothing(stage: Stage) -> None:
    late = claim(stage, lease_s=0.0)
    claim(stage)
    with pytest.raises(NotOwner, match="later attempt"):
        work(RECORD, late, bench(stage, workshop(Spy(ValueError("boom")))))
    assert (stage.runs.get("watcher-1").phase, phases(stage)) == ("started", ["started"])


def test_a_run_that_has_ended_is_not_announced_again(stage: Stage) -> None:
    fence = claim(stage)
    first = work(RECORD, fence, bench(stage, workshop(Spy(ValueError("boom")))))
    work(RECORD, fence, bench(stage, workshop(Spy(ValueError("again")))))
    assert (stage.runs.get("watcher-1").error, phases(stage)) == (first.error, ["started", "failed"])


class Shelf:
    """Keeps bundles under the name of their model."""

    def store(self, artifact: ModelArtifact) -> ModelArtifact:
        return replace(artifact, sha256=f"sha of {artifact.model_object}")


def kept(holdout_model: str | None, **duel: object) -> tuple[ModelArtifact, EvaluationResult]:
    made = replace(artifact(), model_object="refit", holdout_model=holdout_model)
    shelf: Any = Shelf()
    return credited(shelf.store(made), evaluated(evidence={"gate": {}, "duel": duel}), shelf)


def test_the_fit_that_was_evaluated_is_kept_where_its_hold_out_counts() -> None:
    found, result = kept("fit", credit=[1.0], credit_rows=9)
    assert (found.sha256, found.evaluated) == ("sha of refit", "sha of fit")
    assert result.evidence == {
        "gate": {}, "duel": {"credit": [1.0], "credit_rows": 9, "evaluated": "sha of fit"},
    }  # fmt: skip


def test_it_is_not_kept_where_it_is_the_candidate_itself_or_earned_nothing() -> None:
    for found, result in (kept(None, credit=[1.0]), kept("fit")):
        assert found.evaluated is None
        assert "evaluated" not in result.evidence["duel"]
