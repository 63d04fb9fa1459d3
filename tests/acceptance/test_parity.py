"""Parity: the facade over a recorded stream decides what the workers decided, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from clm import ContinuousLearningManager, EvaluationResult, ModelArtifact, ModelType, ShadowTestResult
from clm.data.synthetic import synthetic_bars
from clm.decisions.candidate import evaluation_fields, shadow_fields
from clm.decisions.promotion import Ruling
from clm.decisions.watch import WatcherFold
from clm.events import Event, Run, moment
from clm.learning.library import ModelLibrary
from clm.learning.shadow_tester import ReplayShadowTester
from clm.model import RetrainTrigger
from clm.records import Decision
from worker import bootstrap
from worker.market import Market, market
from worker.replay import play
from worker.settings import Settings, load
from worker.stage import Stage

pytestmark = pytest.mark.slow

HOUR = 3600
BOOSTER = {"n_estimators": 15, "max_depth": 3, "learning_rate": 0.1, "anchor": "mean"}
SETTING: dict[str, Any] = {
    "models": ["lightgbm", "xgboost"],
    "cooldown_hours": 12,
    "shadow_test_hours": 12,
    "min_effective_outcomes": 20,
    "min_improvement_threshold": 0.0,
    "decay_window_pairs": 24,
    "training_params": {"xgboost": BOOSTER, "lightgbm": {**BOOSTER, "min_data_in_leaf": 5}},
}
POLICIES: dict[str, tuple[int, dict[str, Any]]] = {
    "seed": (250, {"training_lookback_days": 4, "retrain_interval_days": 2}),
    "sequential": (900, {"training_lookback_days": 20, "retrain_interval_days": 5}),
}
"""Bars and what differs under it, so that a shadow brings both verdicts: evidence takes longer."""


@dataclass(frozen=True)
class Recorded:
    """What the workers left: the stream, the decisions on it, and the world they were made in."""

    settings: Settings
    stock: Market
    stage: Stage
    events: list[Event]
    decisions: list[Decision]

    def orders(self) -> Iterator[tuple[int, Decision]]:
        """The retrain decisions, each with how many events there were when it was made."""
        fold = WatcherFold(self.stage.scope, self.settings.policy())
        for count, event in enumerate(self.events, 1):
            yield from ((count, made) for made in fold.apply(event) if made.kind == "retrain")

    def candidate(self, order: Decision) -> Run:
        """The event of the candidate that an order brought."""
        runs = (each for each in self.events if isinstance(each, Run))
        return next(each for each in runs if each.run == order.id and each.phase == "candidate")

    def verdict(self, order: Decision) -> Decision | None:
        """How its trial ended, None while it is open."""
        made = (each for each in self.decisions if each.role == "shadow" and each.cause == order.id)
        return next((each for each in made if each.kind in ("promote", "reject")), None)


@dataclass(frozen=True)
class Cycle:
    """One retrain of the workers, and what the facade made of the same entry."""

    order: Decision
    announced: Run
    verdict: Decision | None
    before: RetrainTrigger | None  # one entry earlier
    due: RetrainTrigger | None
    artifact: ModelArtifact  # as the facade's registry keeps it
    evaluation: EvaluationResult
    shadow: ShadowTestResult
    ruling: Ruling


class Facade:
    """A facade per entry of the stream, over one registry of its own."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded, shop = recorded, recorded.stock.field.workshop
        own = bootstrap.memory_stage(recorded.stage.scope)
        self._library = ModelLibrary(own.registry, own.artifacts, shop.engineer)

    def at(self, count: int, as_of: int) -> ContinuousLearningManager:
        """A manager that has seen ``count`` events, and bars up to a moment (µs)."""
        done, shop = self._recorded, self._recorded.stock.field.workshop
        scope, policy = done.stage.scope, shop.policy
        return ContinuousLearningManager(
            done.stock.field.data(moment(as_of)),
            shop.engineer,
            shop.trainer,
            shop.evaluator,
            ReplayShadowTester(done.events, done.stage.inputs, scope, policy),
            self._library,
            scope=scope,
            events=done.events[:count],
            policy=policy,
            training_params=shop.params,
            explain=shop.explain,
        )

    def cycle(self, count: int, order: Decision) -> Cycle:
        """The same retrain, by the seed's four calls."""
        each, clm = ModelType(order.model_type), self.at(count, order.at)
        artifacts = clm.retrain_all([each])
        results, shadows = clm.evaluate_models(artifacts), clm.run_shadow_tests(artifacts)
        clm.promote_if_better(artifacts, results, shadows)
        return Cycle(
            order=order,
            announced=self._recorded.candidate(order),
            verdict=self._recorded.verdict(order),
            before=self.at(count - 1, order.at).check_if_retrain_needed()[each],
            due=clm.check_if_retrain_needed()[each],
            artifact=self._library.get_model_history(each, limit=1)[0],
            evaluation=results[each],
            shadow=shadows[each],
            ruling=clm.rulings[each],
        )


@pytest.fixture(scope="module", params=list(POLICIES))
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    policy, path = str(request.param), tmp_path_factory.mktemp("parity") / "bars.parquet"
    bars, own = POLICIES[policy]
    synthetic_bars(("A", "B"), bars, seed=3, bar_seconds=HOUR).to_parquet(path)
    settings = load(defaults={**SETTING, **own, "policy": policy})
    scope = settings.replay_scope(name="parity", bar_seconds=HOUR, target="log_volume", horizon=1)
    stock = market(settings, scope, path)
    stage = bootstrap.memory_stage(stock.scope)
    decisions = play(settings, stock, stage).decisions
    return Recorded(settings, stock, stage, list(bootstrap.recorded(stage, settings.policy())), decisions)


@pytest.fixture(scope="module")
def cycles(recorded: Recorded) -> list[Cycle]:
    facade = Facade(recorded)
    return [facade.cycle(count, order) for count, order in recorded.orders()]


def test_the_recorded_stream_holds_every_kind_of_verdict(recorded: Recorded, cycles: list[Cycle]) -> None:
    logged = [d.id for d in recorded.decisions if d.role == "watcher" and d.kind == "retrain"]
    assert [each.order.id for each in cycles] == logged
    shadowed = [each.verdict for each in cycles if each.verdict and each.verdict.evidence["shadow"]]
    policy = recorded.settings.policy().name
    assert {each.kind for each in shadowed} == {"promote", "reject"}
    assert policy == "sequential" or "bootstrap" in {each.ruling.reason for each in cycles}


def test_a_retrain_is_due_for_the_same_reason_at_the_same_entry(cycles: list[Cycle]) -> None:
    assert [each.due.value if each.due else None for each in cycles] == [
        each.order.trigger for each in cycles
    ]
    assert [each.before for each in cycles] == [None] * len(cycles)


def test_a_candidate_is_the_same_to_the_byte(cycles: list[Cycle]) -> None:
    assert [(each.artifact.version, each.artifact.sha256) for each in cycles] == [
        (each.announced.version, each.announced.sha256) for each in cycles
    ]


def test_an_evaluation_is_the_same_in_every_field(cycles: list[Cycle]) -> None:
    for each in cycles:
        assert evaluation_fields(each.evaluation) == each.announced.evaluation


def test_a_shadow_is_the_same_in_every_field(cycles: list[Cycle]) -> None:
    for each in cycles:
        seen = each.verdict.evidence["shadow"] if each.verdict else None
        assert seen is None or shadow_fields(each.shadow) == seen


def test_a_verdict_has_the_same_result_for_the_same_reason(cycles: list[Cycle]) -> None:
    for each in cycles:
        told = (each.verdict.kind, each.verdict.reason) if each.verdict else ("undecided", each.shadow.reason)
        assert (each.ruling.result, each.ruling.reason) == told


def test_the_facade_s_registry_ends_on_the_workers_versions(recorded: Recorded, cycles: list[Cycle]) -> None:
    promoted = {
        each.order.model_type: each.artifact.version for each in cycles if each.ruling.result == "promote"
    }
    routes = {each: recorded.stage.registry.route(ModelType(each)).active for each in promoted}
    assert promoted == routes
