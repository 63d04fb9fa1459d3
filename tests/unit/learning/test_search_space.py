"""A space is what the configuration says, or a clear refusal."""

from __future__ import annotations

from typing import Any

import optuna
import pytest

from clm.errors import ConfigurationError
from clm.learning.search_space import SPACES, checked, suggested
from clm.model import ModelType

TYPE = ModelType.XGBOOST


@pytest.mark.parametrize("choices", [7, [7], [9, 3], [3, 3], "deep"])
def test_what_is_neither_a_range_nor_choices_is_refused_with_its_place(choices: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"training_params\.xgboost\.tune\.space\.max_depth is "):
        checked(TYPE, {"max_depth": choices})


@pytest.mark.parametrize(
    ("choices", "kind", "log"),
    [
        ([3, 9], "IntDistribution", False),
        ([1, 100], "IntDistribution", True),
        ([0.5, 1.0], "FloatDistribution", False),
        ([0.001, 0.1], "FloatDistribution", True),
        ([8, 16, 32], "CategoricalDistribution", None),
        (["a", "b"], "CategoricalDistribution", None),
    ],
)
def test_a_range_is_searched_as_its_numbers_are(choices: list[Any], kind: str, log: bool | None) -> None:
    trial = optuna.create_study().ask()
    point = suggested(trial, checked(TYPE, {"it": choices}))
    found = trial.distributions["it"]
    assert (type(found).__name__, getattr(found, "log", None)) == (kind, log)
    assert found._contains(found.to_internal_repr(point["it"]))


@pytest.mark.parametrize("model_type", list(SPACES))
def test_the_built_in_spaces_are_well_formed(model_type: ModelType) -> None:
    assert checked(model_type, SPACES[model_type]) == SPACES[model_type]
