"""A training job: one run, from its record to a candidate or a failure, each announced once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from clm.decisions.candidate import evaluation_fields
from clm.errors import ClmError, NotOwner, UnreachableServer
from clm.events import Run, micros, moment
from clm.model import NAIVE, EvaluationResult, ModelArtifact, ModelType
from clm.ports import DataClient, Fence, ModelRegistry, RunRecord, Runs
from clm.steps.runs import ended
from clm.steps.splits import Split
from clm.steps.training import Order, candidate, load_frame, recipe_floor, split
from clm.steps.workshop import Workshop, guarded

KNOWN = 50
"""Newest versions among which a noise floor is looked for."""


class Library(ModelRegistry, Protocol):
    """A registry that keeps the bundles too: active models come back with their model object."""

    def store(self, artifact: ModelArtifact) -> ModelArtifact:
        """Keep the bundle; the artifact with its sha256, size and library versions."""

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version with its model object. Raises UnknownVersion, CorruptArtifact."""

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""


@dataclass(frozen=True)
class Reading:
    """What the clocks of a process say."""

    wall: float  # seconds since the epoch; informative
    elapsed: float  # seconds, monotonic
    cpu: float  # seconds of this process


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a training worker works with."""

    runs: Runs
    library: Library
    workshop: Workshop
    data: Callable[[datetime], DataClient]  # the bars as of a moment (UTC)
    clocks: Callable[[], Reading]


def work(record: RunRecord, fence: Fence, bench: Bench) -> RunRecord:
    """Train, judge, store and announce; the record as it ended.

    Raises:
        NotOwner: a later attempt holds the run; nothing was announced.
        UnreachableServer: the server does not answer; the run stays open for another attempt.
    """
    since = bench.clocks()
    try:
        artifact, result = train(record, bench)
        _require(record.run, fence, bench)
        bench.library.save_model(artifact)
    except (NotOwner, UnreachableServer):
        raise  # says nothing about the run
    except ClmError as error:
        return _finish(replace(record, phase="failed", error=str(error)), fence, bench, since)
    done = replace(record, phase="candidate", version=artifact.version)
    return _finish(done, fence, bench, since, (artifact, result))


def train(record: RunRecord, bench: Bench) -> tuple[ModelArtifact, EvaluationResult]:
    """The stored candidate of a run and its evaluation."""
    model_type, as_of = ModelType(record.model_type), moment(record.as_of)
    parts = guarded(f"features of {model_type.value}", lambda: _parts(record, bench))
    active = _active(record, bench)
    version = bench.library.allot_version(model_type, as_of, record.run)
    floor = recipe_floor(model_type, bench.library.get_model_history(model_type, KNOWN), bench.workshop)
    order = Order(model_type, version, as_of, record.run, active.version if active else None, floor)
    artifact, result = candidate(order, parts, bench.workshop, active)
    return credited(bench.library.store(artifact), result, bench.library)


def credited(
    artifact: ModelArtifact, result: EvaluationResult, library: Library
) -> tuple[ModelArtifact, EvaluationResult]:
    """Keep the fit that was evaluated as well, where its hold-out counts in its trial."""
    duel = result.evidence.get("duel", {})
    if "credit" not in duel or artifact.holdout_model is None:
        return artifact, result
    apart = replace(artifact, model_object=artifact.holdout_model, explanation=None)
    evaluated = library.store(apart).sha256
    evidence = {**result.evidence, "duel": {**duel, "evaluated": evaluated}}
    return replace(artifact, evaluated=evaluated), replace(result, evidence=evidence)


def _active(record: RunRecord, bench: Bench) -> ModelArtifact | None:
    """What was active for the decision, with its model: a route that moved since must leave no trace.

    None: the naive forecast.
    """
    model_type, told = ModelType(record.model_type), record.evidence.get("active")
    if told is None:
        return bench.library.get_active(model_type)
    return None if told == NAIVE else bench.library.get_model(model_type, told)


def _require(run: str, fence: Fence, bench: Bench) -> None:
    """Raises NotOwner for an attempt that was overtaken: what it made must not reach the registry."""
    held = bench.runs.get(run)
    if (held.phase, held.token) != ("started", fence.token):
        raise NotOwner(f"run {run} was taken by a later attempt: this result counts for nothing")


def _parts(record: RunRecord, bench: Bench) -> Split:
    regimes = record.evidence.get("regimes", ())
    frame = load_frame(bench.data(moment(record.as_of)), bench.workshop, regimes)
    return split(frame, bench.workshop)


def _finish(
    record: RunRecord,
    fence: Fence,
    bench: Bench,
    since: Reading,
    made: tuple[ModelArtifact, EvaluationResult] | None = None,
) -> RunRecord:
    now = bench.clocks()
    record = replace(
        record,
        ended_wall=now.wall,
        duration_seconds=now.elapsed - since.elapsed,
        cpu_seconds=now.cpu - since.cpu,
        token=fence.token,
    )
    if made is None:
        bench.runs.finish(record, fence, ended(record))
        return record
    bench.runs.finish(record, fence, announced(record, *made))
    return record


def announced(
    record: RunRecord, artifact: ModelArtifact, result: EvaluationResult, recalled: str | None = None
) -> Run:
    """The event of phase ``candidate``.

    Parameters:
        recalled: the decision that asked this version back, which was trained by an earlier run.
    """
    start, end = artifact.training_range
    return ended(
        record,
        sha256=artifact.sha256,
        training_range=(micros(start), micros(end)),
        schema=artifact.feature_config.get("schema"),
        evaluation=evaluation_fields(result),
        recalled=recalled,
    )
