"""Search spaces: which hyperparameters of a model type are tuned, and between what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clm.errors import ConfigurationError
from clm.model import ModelType

DECADE = 10.0
"""A range of positive numbers that spans so much is searched by its logarithm."""

TREES: Mapping[str, Sequence[Any]] = {
    "learning_rate": [0.005, 0.2],
    "max_depth": [3, 10],
    "subsample": [0.5, 1.0],
    "colsample_bytree": [0.5, 1.0],
    "reg_lambda": [0.001, 10.0],
}
SPACES: Mapping[ModelType, Mapping[str, Sequence[Any]]] = {
    ModelType.XGBOOST: {**TREES, "min_child_weight": [1.0, 100.0]},
    ModelType.LIGHTGBM: {**TREES, "min_child_samples": [10, 200]},
    ModelType.NHITS: {"learning_rate": [0.0001, 0.01], "dropout_prob_theta": [0.0, 0.3]},
    ModelType.PATCHTST: {"learning_rate": [0.0001, 0.01], "dropout": [0.0, 0.4], "fc_dropout": [0.0, 0.4]},
}
"""Where none is configured. What makes a fit dearer (trees, steps, units) is left as it is configured."""


def checked(model_type: ModelType, space: Mapping[str, Any]) -> dict[str, list[Any]]:
    """A space whose every entry is a range of two numbers or a list of choices.

    Raises:
        ConfigurationError: one is neither.
    """
    found = {}
    for name, choices in space.items():
        listed = list(choices) if isinstance(choices, list | tuple) else []
        if len(listed) < 2 or (_is_range(listed) and not listed[0] < listed[1]):
            raise ConfigurationError(
                f"training_params.{model_type.value}.tune.space.{name} is {choices!r}; give two numbers, the "
                "smaller one first, or a list of choices"
            )
        found[name] = listed
    return found


def suggested(trial: Any, space: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """A point of the space, as an Optuna trial suggests it."""
    return {name: _one(trial, name, choices) for name, choices in space.items()}


def _one(trial: Any, name: str, choices: Sequence[Any]) -> Any:
    if not _is_range(choices):
        return trial.suggest_categorical(name, list(choices))
    low, high = choices
    wide = low > 0 and high / low >= DECADE
    if all(isinstance(each, int) for each in choices):
        return trial.suggest_int(name, low, high, log=wide)
    return trial.suggest_float(name, low, high, log=wide)


def _is_range(choices: Sequence[Any]) -> bool:
    """Whether these are two numbers; two of anything else, or more, are choices.

    >>> _is_range([3, 10]), _is_range([True, False]), _is_range([8, 16, 32])
    (True, False, False)
    """
    return len(choices) == 2 and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in choices
    )
