"""A candidate's evaluation travels as plain values and comes back as it was."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgpack
import numpy as np
import pytest

from clm.decisions.candidate import (
    Candidate,
    evaluation_fields,
    evaluation_from,
    shadow_fields,
    shadow_from,
)
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.errors import MalformedEvent
from clm.model import ModelType, ShadowTestResult
from clm.policy import Policy
from tests.unit.decisions.stream import Tape, evaluated


def shadowed(pairs: int) -> ShadowTestResult:
    trial = ShadowTrial(ModelType.NHITS, "v2", "v1", 0)
    for _ in range(pairs):
        trial.observe(TrialPair(1.0, 2.0, 0.0, 1.5, "calm"), 1)
    return trial.result(0, Policy())


def test_an_evaluation_survives_json_and_msgpack() -> None:
    told = evaluated(regime_accuracy={"calm": 0.5}, evaluated_at=datetime(2020, 1, 2, 3, tzinfo=UTC))
    for through in (json.loads(json.dumps(evaluation_fields(told))),
                    msgpack.unpackb(msgpack.packb(evaluation_fields(told)))):  # fmt: skip
        assert repr(evaluation_from(through)) == repr(told)  # NaN is not equal to itself


def test_unknown_numbers_are_null_on_the_wire_and_nan_again_after_it() -> None:
    plain = evaluation_fields(evaluated(hit_rate=math.nan, regime_accuracy={"calm": math.nan}))
    assert (plain["hit_rate"], plain["regime_accuracy"]) == (None, {"calm": None})
    again = evaluation_from(plain)
    assert math.isnan(again.hit_rate)
    assert math.isnan(again.regime_accuracy["calm"])


def test_what_is_not_a_number_stays_null() -> None:
    assert evaluation_from(evaluation_fields(evaluated(active_version=None))).active_version is None


def test_the_errors_never_leave_the_process() -> None:
    assert "errors" not in evaluation_fields(evaluated(errors=np.zeros(3)))


def test_fields_of_a_later_version_are_ignored() -> None:
    plain = {**evaluation_fields(evaluated()), "invented_later": 1}
    assert evaluation_from(plain).rmse == 0.9


@pytest.mark.parametrize(
    "odd",
    [{"model_type": "catboost"}, {"evaluated_at": "soon"}, {"evaluated_at": 10**30},
     {"regime_accuracy": [1]}],
)  # fmt: skip
def test_an_odd_field_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent, match="EvaluationResult cannot be read"):
        evaluation_from({**evaluation_fields(evaluated()), **odd})


@pytest.mark.parametrize("name", ["rmse", "model_type", "regime_accuracy", "evaluated_at"])
def test_a_missing_field_is_refused(name: str) -> None:
    plain = evaluation_fields(evaluated())
    del plain[name]
    with pytest.raises(MalformedEvent, match=name):
        evaluation_from(plain)


@pytest.mark.parametrize("pairs", [0, 3])
def test_a_shadow_result_survives_msgpack(pairs: int) -> None:
    told = shadowed(pairs)
    assert repr(shadow_from(msgpack.unpackb(msgpack.packb(shadow_fields(told))))) == repr(told)


def test_a_candidate_is_what_its_run_announced() -> None:
    told = Candidate.announced(Tape().candidate("v1", as_of=7, run="watcher-3"))
    assert (told.model_type, told.version, told.run, told.sha256, told.as_of) == (
        ModelType.XGBOOST, "v1", "watcher-3", "sha of v1", 7,
    )  # fmt: skip
    assert repr(told.judged()) == repr(evaluated())


def test_without_an_as_of_the_time_of_the_event_stands_for_it() -> None:
    assert Candidate.announced(replace(Tape().candidate("v1", as_of=7), as_of=None)).as_of == 7


@pytest.mark.parametrize("name", ["version", "sha256", "evaluation"])
def test_an_announcement_that_lacks_a_field_is_refused(name: str) -> None:
    event = replace(Tape().candidate("v1"), **{name: None})  # type: ignore[arg-type]
    with pytest.raises(MalformedEvent, match="run watcher-1 announces a candidate without"):
        Candidate.announced(event)


def test_a_restored_candidate_is_the_same() -> None:
    told = Candidate.announced(Tape().candidate("v1", as_of=7))
    assert Candidate.restored(msgpack.unpackb(msgpack.packb(told.state()))) == told
