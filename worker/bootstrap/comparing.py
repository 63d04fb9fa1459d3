"""Comparing: two versions of a stage on the same recorded events."""

from __future__ import annotations

from typing import Any

from clm.decisions.versus import Side, Versus
from clm.errors import ConfigurationError
from clm.events import micros
from clm.learning.scoring import BundleScorer
from clm.model import NAIVE, ModelType
from clm.policy import Policy
from clm.ports import EVENTS, INPUTS
from clm.records import finite
from clm.store.decoder import Decoder
from clm.store.event_log import ArchivedInputLog
from worker.bootstrap.explaining import stored
from worker.bootstrap.hindsight import folded
from worker.bootstrap.keeping import history
from worker.bootstrap.roles import known
from worker.stage import Stage

TOLD = ("pairs", "effective", "effect", "low", "high", "level", "needed")
"""Numbers of an effect that are told; None where there is none yet."""


def compared(
    stage: Stage, policy: Policy, model: ModelType, versions: tuple[str, str], since: int, level: float
) -> dict[str, Any]:
    """Two versions of a model type on the same recorded events, as plain values.

    Parameters:
        versions: names or aliases; the second is told by how much it differs from the first.
        since: event time, µs; 0: since both were trained.
        level: probability that the interval ever leaves out the truth.

    Raises:
        UnknownVersion: the registry does not hold one of them, or its bundle can be used no more.
        ConfigurationError: both are the same, or the level is no probability.
    """
    from clm.decisions.sequential.effect import FIRST, SECOND  # compiled, so not before it is needed

    first, second = (_side(stage, model, each) for each in versions)
    if first.version == second.version:
        raise ConfigurationError(f"both are {first.version}: name two versions of {model.value}")
    rows = ArchivedInputLog(history(stage, INPUTS).read)
    scorer = BundleScorer(stage.artifacts, rows, stage.scope)
    fold = Versus(stage.scope, model.value, (first, second), scorer, since)
    for _ in folded(fold, Decoder(stage.scope, known(policy)), history(stage, EVENTS)):
        pass
    found = fold.effect(level)
    sides = zip(fold.sides, (found.first_loss, found.second_loss), fold.published, strict=True)
    told = [{"version": each.version, "mae": mae, "published": count} for each, mae, count in sides]
    numbers = {name: getattr(found, name) for name in TOLD}
    better = {FIRST: first.version, SECOND: second.version}.get(found.better)
    names = {"model_type": model.value, "first": told[0], "second": told[1], "better": better}
    facts: dict[str, Any] = finite({**names, **numbers, "since": fold.since, "unscored": fold.unscored})
    return facts


def _side(stage: Stage, model: ModelType, name: str) -> Side:
    version = stage.registry.resolve(model, name)
    if version == NAIVE:
        return Side(NAIVE)
    found = stored(stage, model, version)
    return Side(version, str(found.sha256), micros(found.trained_at))
