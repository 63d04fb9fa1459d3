"""Recalling: a version that served before becomes a candidate again, without a training run's work."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from clm.errors import IllegalMove, UnknownVersion
from clm.events import moment
from clm.model import MEASURED, EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.ports import Fence, Registry, RunRecord, Runs
from clm.records import Decision
from clm.steps.job import announced
from clm.steps.runs import RECALL, ended, run_of

OWNER = "dispatcher"
"""Who holds such a run; one process at a time, by its role."""

LEASE_S = 30.0
"""Lease of such a run: whoever owns the role after a crash ends it at once."""


def ask_back(decision: Decision, runs: Runs, registry: Registry, fence: Fence | None) -> None:
    """Announce the version that a decision asks back as a candidate, once; or say why it cannot be.

    Raises:
        NotOwner: another process owns the role now; nothing was announced.
        UnreachableServer: the server does not answer; call again later.
    """
    opened = run_of(decision)
    runs.open_all([opened], fence)
    runs.abandon(opened.run, OWNER)  # of an owner that died here
    mine = runs.claim(opened.run, OWNER, LEASE_S)
    if mine is None:
        return  # it has ended
    record, version = runs.get(opened.run), str(decision.evidence[RECALL])
    try:
        artifact = _fit(registry, ModelType(record.model_type), version)
        registry.mark(artifact.model_type, version, ModelStatus.CANDIDATE, fence)
    except (IllegalMove, UnknownVersion) as error:
        failed = replace(record, phase="failed", error=str(error))
        runs.finish(failed, mine, ended(failed))
        return
    done = replace(record, phase="candidate", version=version)
    runs.finish(done, mine, announced(done, artifact, _measured(artifact, record), recalled=decision.id))


def _fit(registry: Registry, model_type: ModelType, version: str) -> ModelArtifact:
    """The version's record. Raises IllegalMove where it may not be served again, UnknownVersion."""
    artifact = registry.get_model(model_type, version)
    if artifact.released:
        raise IllegalMove(f"the bundle of {version} was given up: raise keep_bundles to recall older ones")
    if version in registry.route(model_type).locked_out:
        raise IllegalMove(f"{version} is locked out: unlock it, and it can be recalled")
    return artifact


def _measured(artifact: ModelArtifact, record: RunRecord) -> EvaluationResult:
    """What its own training measured, as far as the registry keeps it: of a hold-out that is long past."""
    told: dict[str, Any] = {name: artifact.metrics.get(name, math.nan) for name in MEASURED}
    return EvaluationResult(
        model_type=artifact.model_type,
        version=artifact.version,
        vs_active_rmse_delta=math.nan,
        vs_active_direction_delta=math.nan,
        correlation_with_target=math.nan,
        prediction_bias=math.nan,
        regime_accuracy={},
        evaluated_at=moment(record.as_of),
        active_version=record.evidence.get("active"),
        **told,
    )
