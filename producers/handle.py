"""The model handle: forecasts with the active version of each model type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clm.errors import ConfigurationError
from clm.events import SECOND, InputRow
from clm.model import ModelType
from producers.active import ActiveVersions
from producers.faults import Faults
from producers.forecaster import Forecast, Forecaster
from producers.served import Artifacts, Models, Served


class ModelHandle:
    """Forecasts with whatever version is active now; the naive forecast where no model can.

    ``refresh`` follows the registry; nothing that goes wrong there (no server, a damaged bundle, a
    missing library) reaches ``predict``: the last good model keeps serving and ``errors`` says why.
    Rows are kept as they are predicted or observed, because a network looks at a window of them.
    One thread may predict while another refreshes.

    Args:
        registry: routes and records of versions.
        artifacts: bundles by sha256.
        model_types: what to serve.
        columns: the names of a row's numbers, in order; empty: as each model's own columns.
        keep: rows kept per symbol; the longest window that a model can have.
    """

    def __init__(
        self,
        registry: Models,
        artifacts: Artifacts,
        model_types: Sequence[ModelType] = tuple(ModelType),
        columns: Sequence[str] = (),
        *,
        keep: int = 4096,
    ) -> None:
        self._faults = Faults("handle")
        self._active = ActiveVersions(registry, artifacts, model_types, columns, self._faults)
        self._forecaster = Forecaster(len(columns), keep, self._faults)

    @classmethod
    def connect(
        cls,
        url: str,
        scope: str,
        artifacts_dir: str,
        model_types: Sequence[ModelType] = tuple(ModelType),
        columns: Sequence[str] = (),
    ) -> ModelHandle:
        """A handle over a Redis registry and a directory of bundles.

        It serves the naive forecast until the first ``refresh``.
        """
        from producers.adapters import artifact_store, registry

        return cls(registry(url, scope), artifact_store(artifacts_dir), model_types, columns)

    def predict(self, model_type: ModelType | str, symbol: str, at: int, x: Any, naive: float) -> Forecast:
        """One forecast.

        Args:
            model_type: one that is served.
            symbol: what to forecast.
            at: close of the newest bar used, µs UTC.
            x: the row's numbers in the order of ``columns``; as ``EventPublisher.input`` takes it.
            naive: the naive forecast, target units.

        Raises:
            ConfigurationError: the model type is not served.
        """
        served = self._of(model_type)
        self.observe(symbol, at, x)
        return self._forecaster.forecasts(served, at, {symbol: naive})[symbol]

    def predict_bar(self, at: int, rows: Mapping[str, tuple[Any, float]]) -> dict[str, dict[str, Forecast]]:
        """The forecasts for all symbols of one bar, by model type: one model call each.

        Args:
            at: close of the bar, µs UTC.
            rows: symbol -> (the row's numbers, the naive forecast).
        """
        served = self._active.served  # read once: a swap meanwhile belongs to the next bar
        for symbol, (x, _) in rows.items():
            self.observe(symbol, at, x)
        naives = {symbol: naive for symbol, (_, naive) in rows.items()}
        return {each.value: self._forecaster.forecasts(model, at, naives) for each, model in served.items()}

    def observe(self, symbol: str, at: int, x: Any) -> None:
        """Keep a row for later windows; a second one of the same symbol and ``at`` is ignored."""
        self._forecaster.observe(symbol, at, x)

    def warm(self, rows: Iterable[InputRow]) -> None:
        """Observe rows that were published before, oldest first, e.g. after a restart."""
        for row in rows:
            self.observe(row.symbol, row.at, row.x)

    def refresh(self) -> bool:
        """Serve what the registry routes to now; False if something kept an older version."""
        return self._active.refresh()

    def start(self, poll_s: float = 0.2) -> None:
        """Refresh every ``poll_s`` seconds in a thread, less often while that fails."""
        self._active.start(poll_s)

    def stop(self) -> None:
        """End the thread; the handle serves on."""
        self._active.stop()

    def version(self, model_type: ModelType | str) -> str:
        """The version that serves a model type."""
        return self._of(model_type).version

    def age_seconds(self, model_type: ModelType | str, at: int) -> float | None:
        """Event seconds from the training of the served version to ``at`` (µs); None for naive."""
        trained_at = self._of(model_type).trained_at
        return None if trained_at is None else (at - trained_at) / SECOND

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """How often naive stood in for a model: history ``short``, ``not finite``, ``failed``."""
        return self._forecaster.fallbacks

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong now: ``server``, ``library``, ``row``, ``model`` or a model type."""
        return self._faults.messages

    def _of(self, model_type: ModelType | str) -> Served:
        served = self._active.served
        try:
            return served[ModelType(model_type)]
        except (KeyError, ValueError):
            choices = ", ".join(each.value for each in served)
            raise ConfigurationError(
                f"model type {model_type!r} is not served; this handle serves {choices}"
            ) from None
