"""Hyperparameters: what the libraries would silently ignore is an error here."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from clm.errors import ConfigurationError

XGBOOST_NATIVE = frozenset(
    "alpha base_margin eta huber_slope lambda max_cached_hist_node min_split_loss nthread quantile_alpha"
    " refresh_leaf seed tweedie_variance_power updater".split()
)
"""Names of XGBoost's native interface that its Python classes spell in another way or leave out."""

TUNE = "tune"
"""Parameter of a base model: its search, a mapping of ``trials``, ``seconds``, ``folds`` and ``space``."""


def laid_over(params: Mapping[str, Any], tuned: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a fit: those configured, without the search, below the best that it found.

    >>> laid_over({"max_depth": 7, "tune": {"trials": 9}}, {"best": {"max_depth": 3}})
    {'max_depth': 3}
    """
    return {**{name: value for name, value in params.items() if name != TUNE}, **tuned.get("best", {})}


def whole(params: Mapping[str, Any], name: str, default: int) -> int:
    """A parameter that is a whole number of at least 1.

    >>> whole({"n_estimators": 60}, "n_estimators", 100)
    60

    Raises:
        ConfigurationError: it is not.
    """
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number >= 1")
    return value


def refuse_unknown(model_type: str, params: Iterable[str], known: Iterable[str]) -> None:
    """Raises ConfigurationError, naming the parameters of a model type that its library has not."""
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise ConfigurationError(
            f"training_params.{model_type} has {', '.join(unknown)}, which the library does not know: "
            "correct or remove it"
        )


def xgboost_names(xgboost: Any) -> set[str]:
    """Every parameter that XGBoost knows."""
    return {*inspect.signature(xgboost.XGBModel.__init__).parameters, *XGBOOST_NATIVE} - {"self", "kwargs"}


def lightgbm_names(lightgbm: Any) -> set[str]:
    """Every parameter that LightGBM knows, by all its names, as the library lists them."""
    table = lightgbm.basic._ConfigAliases._get_all_param_aliases()
    return {name for names in table.values() for name in names}
