"""A trainee: ends queued runs at once with a model fitted before, through the real run records."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from clm.decisions.candidate import evaluation_fields
from clm.errors import IllegalMove, StaleEpoch
from clm.events import DAY, micros, moment
from clm.learning.bundle import Bundle, pack
from clm.learning.lightgbm_trees import LightGBMModel
from clm.model import EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.ports import RunRecord
from clm.steps.runs import ended
from clm.store.keys import OPEN_RUNS
from tests.faults.bus.feed import COLUMNS, MODELS, SCHEMA
from tests.unit.decisions.stream import evaluated
from worker.stage import Stage

ROWS, SEED = 400, 7
LEASE_S = 30.0  # of a run


def bundle(sign: float) -> bytes:
    """A few trees that have learned the signal of a feed's rows, or with ``sign`` -1 its opposite."""
    x = np.random.default_rng(SEED).uniform(-1, 1, (ROWS, len(COLUMNS))).astype(np.float32)
    params = {"n_estimators": 8, "max_depth": 3, "learning_rate": 0.3, "min_data_in_leaf": 5}
    model = LightGBMModel.train(x, sign * x[:, 0].astype(np.float64) / 2, params, SEED)
    return pack(
        Bundle(
            model_type=ModelType.LIGHTGBM, model=model, schema=SCHEMA, columns=COLUMNS, target="log_range",
            horizon=1, naive="", rows=ROWS, training_range=(0, 0), data_digest="", seed=SEED, params=params,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Trainee:
    """Works off the runs of a stage: XGBoost's fail, LightGBM's become a candidate that is good or bad.

    Parameters:
        bundles: good and bad; their sha256 in the stage's artifact store.
    """

    stage: Stage
    bundles: tuple[str, str]

    @classmethod
    def of(cls, stage: Stage, bundles: tuple[bytes, bytes]) -> Trainee:
        """With its bundles in the store."""
        good, bad = (stage.artifacts.put(data) for data in bundles)
        return cls(stage, (good, bad))

    def work(self) -> int:
        """End every run that waits; how many there were. Asks little where none is open."""
        if not int(self.stage.space.get(self.stage.keys.progress, OPEN_RUNS) or 0):
            return 0
        waiting = [each for each in self.stage.runs.unfinished() if each.phase == "queued"]
        for record in waiting:
            self._end(record)
        return len(waiting)

    def _end(self, record: RunRecord) -> None:
        fence = self.stage.runs.claim(record.run, "trainee", LEASE_S)
        if fence is None:
            return
        number = int(record.run.rpartition("-")[2])
        if record.model_type != ModelType.LIGHTGBM.value:
            failed = replace(record, phase="failed", error="this type is not trained here", token=fence.token)
            self.stage.runs.finish(failed, fence, ended(failed))
            return
        artifact = self._artifact(record, self.bundles[number % 2])
        self.stage.registry.save_model(artifact)
        done = replace(record, phase="candidate", version=artifact.version, token=fence.token)
        facts = evaluation_fields(_judged(artifact, number))
        event = ended(done, sha256=artifact.sha256, schema=SCHEMA, evaluation=facts)
        self.stage.runs.finish(done, fence, event)

    def _artifact(self, record: RunRecord, sha256: str) -> ModelArtifact:
        at = moment(record.as_of)
        version = self.stage.registry.allot_version(ModelType.LIGHTGBM, at, record.run)
        return ModelArtifact(
            model_type=ModelType.LIGHTGBM, version=version, trained_at=at, metrics={}, model_object=None,
            status=ModelStatus.CANDIDATE, training_range=(moment(micros(at) - DAY), at),
            feature_config={"schema": SCHEMA}, training_params={}, data_points=ROWS, sha256=sha256,
            run=record.run,
        )  # fmt: skip

    def meddle(self, cause: str) -> None:
        """An operator rolls back, in the middle of whatever trial is open."""
        with suppress(IllegalMove, StaleEpoch):  # nothing was live before, or a promotion came first
            self.stage.registry.rollback(ModelType.LIGHTGBM, cause=cause, actor="ops")

    def active(self) -> Mapping[str, str]:
        """Model type -> active version, as the trader sees it."""
        return {each: self.stage.registry.route(ModelType(each)).active for each in MODELS}


def _judged(artifact: ModelArtifact, number: int) -> EvaluationResult:
    """Better than the active one on the hold-out, so that the shadow has to tell; every fifth is worse."""
    delta = -0.1 if number % 5 else 0.1
    return evaluated(
        model_type=artifact.model_type, version=artifact.version, vs_active_rmse_delta=delta,
        directional_accuracy=0.55,
    )  # fmt: skip
