"""A parameter that a library would ignore, or cannot use, is named instead."""

from __future__ import annotations

import lightgbm
import pytest
import xgboost

from clm.errors import ConfigurationError
from clm.learning.parameters import lightgbm_names, refuse_unknown, whole, xgboost_names

SEED = {"n_estimators", "max_depth", "learning_rate", "subsample"}


@pytest.mark.parametrize("value", [0, -1, 1.5, "60", True, None])
def test_a_count_is_a_whole_number(value: object) -> None:
    with pytest.raises(ConfigurationError, match="n_estimators"):
        whole({"n_estimators": value}, "n_estimators", 100)


def test_every_unknown_parameter_is_named_with_its_place() -> None:
    with pytest.raises(ConfigurationError, match=r"training_params\.xgboost has depth, trees"):
        refuse_unknown("xgboost", ["trees", "depth", "eta"], ["eta"])


def test_the_seed_s_parameters_are_known_to_both_boosters() -> None:
    assert xgboost_names(xgboost) >= SEED
    assert lightgbm_names(lightgbm) >= SEED


def test_each_booster_knows_its_own_spellings() -> None:
    assert {"eta", "lambda", "reg_lambda", "min_child_weight", "max_bin"} <= xgboost_names(xgboost)
    assert {"lambda_l2", "min_child_samples", "min_data_in_leaf", "max_bin"} <= lightgbm_names(lightgbm)
    assert "num_leaves" not in xgboost_names(xgboost)
