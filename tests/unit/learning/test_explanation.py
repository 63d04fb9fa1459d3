"""A candidate says what its forecasts rest on, and how far its features have moved."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from clm.learning.bundle import Bundle, about, pack, unpack
from clm.learning.explanation import Explainer
from clm.learning.frames import windows
from clm.learning.picture import picture
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.steps.splits import Split, split_frame
from tests.unit.learning.market import PARAMS, engineer, frame

EVERY = pytest.mark.parametrize("name", [each.value for each in ModelType])
NETWORKS = pytest.mark.parametrize("name", ["nhits", "patchtst"])


@cache
def parts() -> Split:
    return split_frame(frame(), 0.2, 1)


@cache
def fitted(name: str) -> Bundle:
    return getattr(NativeTrainer(engineer()), f"train_{name}")(parts().train, PARAMS[name])


def seen(bundle: Bundle, rows: int = 20) -> np.ndarray:
    mask = parts().holdout["scored"].to_numpy()
    return windows(parts().holdout, bundle.columns, bundle.input_size, mask)[0][:rows]


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_the_parts_of_a_boosters_forecast_sum_up_to_what_differs_between_forecasts(name: str) -> None:
    for bundle in (replace(fitted(name), shrink=1.0), replace(fitted(name), shrink=0.4)):
        rows = seen(bundle)
        said, told = bundle.predict(rows), bundle.contributions(rows).sum(axis=(1, 2))
        assert told.std() > 0
        assert np.allclose(told - told.mean(), said - said.mean(), atol=1e-5)


@NETWORKS
def test_a_networks_parts_are_how_its_forecast_answers_to_a_nudge(name: str) -> None:
    model = fitted(name).model
    rows, column = seen(fitted(name), 3), model.lens.column  # type: ignore[attr-defined]
    lens, nudge = model.lens, 1e-2  # type: ignore[attr-defined]
    told = model.contributions(rows)
    assert np.count_nonzero(told[:, :, [k for k in range(rows.shape[2]) if k != column]]) == 0
    up, down = rows.copy(), rows.copy()
    up[:, -1, column] += nudge
    down[:, -1, column] -= nudge
    slope = (model.predict(up) - model.predict(down)) / (2 * nudge)
    assert np.allclose(told[:, -1, column], slope * (rows[:, -1, column] - lens.mean), rtol=0.05, atol=1e-3)


@EVERY
def test_every_model_type_is_explained_on_a_sample_of_the_hold_out(name: str) -> None:
    told = Explainer(8)(fitted(name), parts())
    assert told is not None
    held_out = parts().holdout.loc[parts().holdout["scored"], "at"]
    assert (told["rows"], told["holdout"]) == (8, [held_out.min(), held_out.max()])
    assert sum(each["share"] for each in told["features"]) == pytest.approx(1.0)
    assert bool(told["lags"]) == (fitted(name).input_size > 1)
    assert {each["name"] for each in told["drift"]["features"]} == set(fitted(name).columns)


def test_a_feature_that_moved_since_the_training_leads_the_drift() -> None:
    moved = parts().holdout.assign(body=parts().holdout["body"] + 1.0)
    told = Explainer(4)(fitted("lightgbm"), replace(parts(), holdout=moved))
    assert told is not None
    largest = told["drift"]["features"][0]
    assert largest["name"] == "body"
    assert largest["psi"] > 10 * told["drift"]["by_chance"]


def test_a_model_that_cannot_tell_is_not_explained() -> None:
    class Stranger:
        input_size = 1

    assert Explainer(4)(Stranger(), parts()) is None


def test_the_explanation_and_its_picture_are_stored_with_the_candidate() -> None:
    told = Explainer(8)(fitted("lightgbm"), parts())
    assert told is not None
    data = pack(replace(fitted("lightgbm"), explanation=told))
    assert pack(unpack(data)) == data
    assert about(data)["explanation"] == told == unpack(data).explanation
    assert about(pack(fitted("lightgbm")))["explanation"] is None
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        assert json.loads(box.read("explanation.json")) == told
        assert ET.fromstring(box.read("explanation.svg")).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_picture_shows_the_largest_parts_and_names_are_only_text() -> None:
    feature = {"name": "<b>&", "share": 0.75, "mean": -0.5, "mean_abs": 1.0}
    drift = {"features": [{"name": "gap", "psi": 0.3}], "by_chance": 0.01}
    text = picture("xgboost v1", {"rows": 3, "features": [feature], "lags": [0.2, 0.1], "drift": drift})
    words = [each.text for each in ET.fromstring(text).iter() if each.text and each.text.strip()]
    assert "<b>&" in words
    assert "75.0% (-0.5)" in words
    assert {"gap", "0 bars back", "1 bars back"} <= set(words)
