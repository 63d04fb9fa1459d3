"""What is judged never saw the hold-out; what is served has seen everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clm.errors import CorruptArtifact, TrainingFailed
from clm.events import DAY, moment
from clm.model import BASE_MODELS, EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.policy import Policy
from clm.steps.splits import Split
from clm.steps.training import Order, candidate, load_frame, split, with_metrics
from clm.steps.workshop import Workshop
from tests.unit.steps.artifacts import artifact
from tests.unit.steps.shop import AS_OF, Bars, Engineer, Judge, Spy, workshop

TRAIN, ALL = [*range(7)], [*range(10)]


def made(
    shop: Workshop, model_type: ModelType = ModelType.NHITS, active: ModelArtifact | None = None
) -> tuple[ModelArtifact, EvaluationResult]:
    order = Order(model_type, "v1", AS_OF, "watcher-1", "v0")
    return candidate(order, split(load_frame(Bars(), shop), shop), shop, active)


def test_the_hold_out_fit_never_sees_a_held_out_row_and_the_final_fit_sees_all() -> None:
    spy = Spy()
    made(workshop(spy))
    assert [(name, rows) for name, rows, _ in spy.fits] == [("nhits", TRAIN), ("nhits", ALL)]


def test_the_fit_without_the_hold_out_is_judged_on_the_hold_out() -> None:
    evaluator = Judge()
    made(workshop(judge=evaluator))
    assert evaluator.judged == [(tuple(TRAIN), [8, 9])]
    assert evaluator.compared == [("v1", "naive")]


def test_the_active_version_is_judged_on_the_same_rows() -> None:
    evaluator = Judge()
    _, result = made(workshop(judge=evaluator), active=artifact("v0"))
    assert evaluator.judged == [(tuple(TRAIN), [8, 9]), (None, [8, 9])]
    assert evaluator.compared == [("v1", "v0")]
    assert (result.version, result.evaluated_at) == ("v1", AS_OF)


def test_a_candidate_that_the_gate_refuses_is_not_fitted_again() -> None:
    spy = Spy()
    found, _ = made(workshop(spy, Judge(skill=-0.1)))
    assert [rows for _, rows, _ in spy.fits] == [TRAIN]
    assert (found.model_object, found.data_points) == (tuple(TRAIN), 7)
    assert found.metrics["skill"] == -0.1


class Refitter(Spy):
    """A spy that can repeat what an earlier fit settled."""

    def refit(self, model_type: ModelType, df: Any, params: dict[str, Any], settled: Any) -> Any:
        return self._fit(f"{model_type.value} as {settled}", df, params)


def test_the_final_fit_repeats_what_the_first_one_settled_where_the_trainer_can() -> None:
    spy = Refitter()
    made(workshop(spy))
    assert [(name, rows) for name, rows, _ in spy.fits] == [("nhits", TRAIN), (f"nhits as {(*TRAIN,)}", ALL)]


class Continuer(Refitter):
    """A spy that can go on from a parent too."""

    def objection(self, model_type: ModelType, params: dict[str, Any], parent: Any) -> str:
        return "it is old" if parent == "old" else ""

    def warm(self, model_type: ModelType, df: Any, params: dict[str, Any], parent: Any) -> Any:
        return self._fit(f"{model_type.value} from {parent}", df, params)


def fits(parent: Any, until: int, **params: Any) -> list[str]:
    """Who was fitted how, where the active version was trained on the bars until one."""
    spy = Continuer()
    active = replace(artifact("v0"), model_object=parent, training_range=(moment(0), moment(until)))
    made(workshop(spy, nhits=params), active=active)
    return [name for name, *_ in spy.fits]


WARM, COLD = ["nhits from young"] * 2, ["nhits", f"nhits as {(*TRAIN,)}"]


@pytest.mark.parametrize(
    ("parent", "until", "warm_starts", "how"),
    [
        ("young", 6, 3, WARM),  # taught by the outcome of bar 7; the hold-out begins with bar 8
        ("young", 7, 3, COLD),  # taught by the outcome of bar 8
        ("young", 9, 3, COLD),
        ("old", 6, 3, COLD),
        ("young", 6, 0, COLD),  # not asked for
    ],
)
def test_a_training_goes_on_from_a_parent_that_saw_no_held_out_outcome(
    parent: str, until: int, warm_starts: int, how: list[str]
) -> None:
    assert fits(parent, until, warm_starts=warm_starts) == how


def test_each_model_type_has_its_own_trainer_and_hyperparameters() -> None:
    spy = Spy()
    shop = workshop(spy, nhits={"h": 24}, patchtst={"h": 12})
    for each in BASE_MODELS:
        made(shop, each)
    assert [(name, params) for name, _, params in spy.fits[::2]] == [
        ("xgboost", {}), ("lightgbm", {}), ("nhits", {"h": 24}), ("patchtst", {"h": 12}),
    ]  # fmt: skip


def test_a_trainer_that_changes_its_parameters_changes_only_its_copy() -> None:
    spy = Spy()
    shop = workshop(spy, nhits={"h": 24})
    assert made(shop)[0].training_params == {"h": 24}
    assert [params for _, _, params in spy.fits] == [{"h": 24}] * 2
    assert shop.params_of(ModelType.NHITS) == {"h": 24}


def test_the_artifact_says_what_was_trained_on_what() -> None:
    found, _ = made(workshop())
    assert (found.model_object, found.holdout_model) == (tuple(ALL), tuple(TRAIN))
    assert (found.model_type, found.version) == (ModelType.NHITS, "v1")
    assert (found.run, found.parent) == ("watcher-1", "v0")
    assert (found.trained_at, found.status, found.data_points) == (AS_OF, ModelStatus.CANDIDATE, 10)
    assert found.training_range == (moment(0), moment(9))
    assert found.feature_config == {"schema": "s1", "columns": ["at"], "target": "log_range", "horizon": 1}


def test_the_metrics_of_the_evaluation_stand_on_the_artifact() -> None:
    found, result = made(workshop())
    assert found.metrics == with_metrics(found, result).metrics
    assert found.metrics == {
        "rmse": 0.9, "mae": 0.9, "error_std": 0.9, "directional_accuracy": 0.75, "hit_rate": 0.75,
        "skill": 0.1,
    }  # fmt: skip


def test_the_lookback_of_the_policy_is_loaded() -> None:
    bars = Bars()
    load_frame(bars, workshop())
    assert bars.days == [30]


def test_a_row_has_the_regime_that_held_at_its_close() -> None:
    frame = load_frame(Bars(5), workshop(), [[1, "calm"], [3, "turbulent"]])
    assert frame["regime"].tolist() == ["", "calm", "calm", "turbulent", "turbulent"]


def since(days: float | None, *regimes: list[Any]) -> list[int]:
    """Closes of the rows that a training of 11 daily bars would see."""
    daily = Engineer(unit=DAY)
    shop = replace(workshop(), engineer=daily, policy=Policy(regime_lookback_days=days))
    return [at // DAY for at in load_frame(Bars(), shop, regimes)["at"]]


def test_a_training_may_begin_at_the_last_regime_change_but_sees_the_least_days_at_any_rate() -> None:
    calm, turbulent = [0, "calm"], [6 * DAY, "turbulent"]
    assert since(2, calm, turbulent) == [6, 7, 8, 9, 10]
    assert since(7, calm, turbulent) == [*range(3, 11)]
    assert since(2, calm) == since(2) == since(None, calm, turbulent) == [*range(11)]


def test_without_signals_there_is_no_regime_column() -> None:
    assert "regime" not in load_frame(Bars(), workshop()).columns


@pytest.mark.parametrize(
    "shop", [workshop(Spy(ValueError("boom"))), workshop(judge=Judge(ValueError("boom")))]
)
def test_what_a_trainer_or_evaluator_raises_becomes_ours_with_its_cause(shop: Workshop) -> None:
    with pytest.raises(TrainingFailed, match=r"of nhits raised ValueError: boom") as caught:
        made(shop)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_of_ours_passes_as_it_is() -> None:
    with pytest.raises(CorruptArtifact, match="bent"):
        made(workshop(Spy(CorruptArtifact("bent"))))


def test_what_will_be_served_is_explained_and_what_was_refused_is_not() -> None:
    def explain(model: Any, parts: Split) -> dict[str, Any]:
        return {"model": list(model), "scored": parts.holdout.loc[parts.holdout["scored"], "at"].tolist()}

    passed, _ = made(replace(workshop(), explain=explain))
    refused, _ = made(replace(workshop(judge=Judge(skill=-0.1)), explain=explain))
    assert passed.explanation == {"model": ALL, "scored": [8, 9]}
    assert refused.explanation is None


def test_no_training_fails_for_want_of_an_explanation() -> None:
    def explain(model: Any, parts: Split) -> dict[str, Any]:
        raise ValueError("boom")

    found, _ = made(replace(workshop(), explain=explain))
    assert (found.model_object, found.explanation) == (tuple(ALL), None)
