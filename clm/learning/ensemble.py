"""The ensemble: base models together, at weights that were stacked on rows that none of them learned from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.attribution import over_naive
from clm.learning.box import boxed, unboxed
from clm.learning.fitted import Fitted
from clm.learning.guide import Check, Guide
from clm.learning.kinds import BASE_KINDS
from clm.learning.parameters import laid_over
from clm.learning.stacking import stacked
from clm.model import BASE_MODELS, MEMBERS, ModelType

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fit = Callable[[ModelType, Mapping[str, Any], Guide], Fitted]


class EnsembleModel:
    """Fitted base models; the forecast is naive and the weighted sum of their deviations from it.

    Parameters:
        members: model type -> model, those with a weight.
        weights: model type -> weight, at most 1 in all.
        naive: where the naive forecast stands in a row.
    """

    def __init__(
        self,
        members: Mapping[str, Fitted],
        weights: Mapping[str, float],
        naive: int,
        settled: Mapping[str, Any] | None = None,
    ) -> None:
        # In one order, so that a sum has the same bits whatever order they were made or stored in.
        self._members, self._shares, self._naive = dict(sorted(members.items())), dict(weights), naive
        self.input_size = max((each.input_size for each in members.values()), default=1)  # rows
        self.settled = dict(settled or {})

    @classmethod
    def train(
        cls, members: Mapping[str, Mapping[str, Any]], fit: Fit, naive: int, guide: Guide
    ) -> EnsembleModel:
        """Fit the members and weigh them; without rows to check on they weigh the same.

        Parameters:
            members: model type -> parameters.
            fit: fits one of them.
            naive: where the naive forecast stands in a row.

        Raises:
            ClmError: as a member's fit.
        """
        if guide.settled is not None:
            kept, weights = guide.settled[MEMBERS], dict(guide.settled["weights"])
            guides = {each: Guide(settled=kept[each]) for each in weights}
            models = {each: fit(ModelType(each), members[each], guides[each]) for each in weights}
            return cls(models, weights, naive, guide.settled)
        models = {each: fit(ModelType(each), own, guide) for each, own in members.items()}
        weights = _weights(models, naive, guide.check)
        models = {each: models[each] for each in weights}
        settled = {"weights": weights, MEMBERS: {each: dict(model.settled) for each, model in models.items()}}
        return cls(models, weights, naive, settled)

    @classmethod
    def from_weights(cls, weights: bytes, facts: Mapping[str, Any]) -> EnsembleModel:
        """The ensemble of its members' weights.

        Raises:
            CorruptArtifact: they are none.
            MissingLibrary: a member's library is not installed.
        """
        try:
            files = unboxed(weights)
            members = {
                each: BASE_KINDS[ModelType(each)].read(files[each], own)
                for each, own in facts[MEMBERS].items()
            }
            return cls(members, {each: facts["weights"][each] for each in members}, int(facts["naive"]))
        except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptArtifact(f"not an ensemble: {error!r}") from error

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, input_size, columns); NaN where naive is unknown."""
        naive = windows[:, -1, self._naive].astype(np.float64)
        value = naive.copy()
        for each, model in self._members.items():
            value += self._shares[each] * (model.predict(windows[:, -model.input_size :]) - naive)
        return value

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (input_size, columns), target units."""
        naive = float(window[-1, self._naive])
        parts = ((self._shares[each], model) for each, model in self._members.items())
        return naive + sum(share * (model.one(window[-model.input_size :]) - naive) for share, model in parts)

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The members' contributions (n, input_size, columns) at their weights; the rest is naive's."""
        parts = np.zeros(windows.shape)
        for each, model in self._members.items():
            own = model.contributions(windows[:, -model.input_size :])
            parts[:, -model.input_size :] += self._shares[each] * own
        return over_naive(parts, windows, self._naive, sum(self._shares.values()))

    def weights(self) -> bytes:
        """The members' weights in their own formats, each a file."""
        return boxed({each: model.weights() for each, model in self._members.items()})

    def facts(self) -> Mapping[str, Any]:
        """The members' facts, their weights, and where naive stands."""
        facts = {each: dict(model.facts()) for each, model in self._members.items()}
        return {"naive": self._naive, "weights": self._shares, MEMBERS: facts}


def members_of(params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Model type -> parameters of each member, not tuned; every base model where none is named.

    Raises:
        ConfigurationError: there is another parameter, or a member that is no base model.
    """
    unknown = sorted(set(params) - {MEMBERS})
    names = params.get(MEMBERS) or [each.value for each in BASE_MODELS]
    own = names if isinstance(names, Mapping) else {name: {} for name in names}
    strange = [name for name in own if name not in {each.value for each in BASE_MODELS}]
    if unknown or strange:
        raise ConfigurationError(
            f"training_params.ensemble has {', '.join([*unknown, *strange])}; it may name {MEMBERS}, each of "
            + ", ".join(each.value for each in BASE_MODELS)
        )
    return {name: laid_over(each or {}, {}) for name, each in own.items()}


def clipped(check: Check | None, input_size: int) -> Check | None:
    """The checked rows in windows of a member's own size."""
    return None if check is None else replace(check, windows=check.windows[:, -input_size:])


def _weights(models: Mapping[str, Fitted], naive: int, check: Check | None) -> dict[str, float]:
    if check is None:
        return dict.fromkeys(models, 1 / len(models))
    said = [model.predict(check.windows[:, -model.input_size :]) for model in models.values()]
    found = stacked(np.column_stack(said), check.windows[:, -1, naive].astype(np.float64), check.y)
    return {each: float(weight) for each, weight in zip(models, found, strict=True) if weight > 0}
