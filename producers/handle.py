"""The model handle: forecasts with the active version of each model type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clm.errors import ConfigurationError
from clm.events import DAY, SECOND, InputRow
from clm.model import BASE_MODELS, NAIVE, ModelType
from producers.active import ActiveVersions
from producers.faults import Faults
from producers.forecaster import Forecast, Forecaster
from producers.kept import Kept
from producers.lane import Lane
from producers.served import Artifacts, Loader, Models


@dataclass(frozen=True)
class Health:
    """How much a model type can be relied on now, as far as its handle can tell."""

    value: float  # 1: as it should be; 0.5: not followed just now; 0: the naive forecast stands in
    cause: str = ""  # empty at 1


class ModelHandle:
    """Forecasts with whatever version is active now; the naive forecast where no model can.

    ``refresh`` follows the registry; nothing that goes wrong there (no server, a damaged bundle, a
    missing library) reaches ``predict``: the last good model keeps serving and ``errors`` says why.
    What was loaded is swapped in between two bars: all forecasts of one ``at`` are by the same versions.
    While a canary is on trial it serves its share of the symbols, always the same ones.
    Rows are kept as predicted or observed, for a network's window. One thread may predict, another refresh.

    Args:
        registry: routes and records of versions.
        artifacts: bundles by sha256.
        model_types: what to serve.
        columns: the names of a row's numbers, in order; empty: as each model's own columns.
        keep: rows kept per symbol; a model's longest window.
        flat: asked between two bars whether a model type may be swapped, e.g. has no position. None: always.
        expires_after_days: event days after its training in which a model may serve; then naive does.
        probe: tries a bundle in a process of its own before it is loaded here (``producers.probe.probe``).
        cache_dir: of one scope's handles; keeps what they serve, for a start while the server is away.
    """

    def __init__(  # noqa: PLR0913 - a trader's whole configuration, by name
        self,
        registry: Models,
        artifacts: Artifacts,
        model_types: Sequence[ModelType] = BASE_MODELS,
        columns: Sequence[str] = (),
        *,
        keep: int = 4096,
        flat: Callable[[ModelType], bool] | None = None,
        expires_after_days: float | None = None,
        probe: Callable[[bytes], None] | None = None,
        cache_dir: str | None = None,
    ) -> None:
        self._faults = Faults("handle")
        lifetime = math.inf if expires_after_days is None else expires_after_days * DAY
        load = Loader(registry, artifacts, tuple(columns), lifetime, probe)
        kept = None if cache_dir is None else Kept(cache_dir)
        self._active = ActiveVersions(load, model_types, self._faults, flat, kept)
        self._forecaster = Forecaster(len(columns), keep, self._faults)
        self._bar = -1  # newest at of a prediction, µs

    @classmethod
    def connect(  # noqa: D417, PLR0913 - the other arguments are those above
        cls,
        url: str,
        scope: str,
        artifacts_dir: str,
        model_types: Sequence[ModelType] = BASE_MODELS,
        columns: Sequence[str] = (),
        *,
        flat: Callable[[ModelType], bool] | None = None,
        expires_after_days: float | None = None,
        probed: bool = True,
        cache_dir: str | None = None,
    ) -> ModelHandle:
        """A handle over a Redis registry and a directory of bundles.

        It serves the naive forecast until the first ``refresh``.

        Args:
            probed: each bundle is first tried in a process of its own, some seconds at low priority.
        """
        from producers.adapters import artifact_store, registry
        from producers.probe import probe

        return cls(
            registry(url, scope), artifact_store(artifacts_dir), model_types, columns, flat=flat,
            expires_after_days=expires_after_days, probe=probe if probed else None, cache_dir=cache_dir,
        )  # fmt: skip

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
        if at > self._bar:
            self._begin(at)
        lane = self._lane(model_type)
        self._forecaster.observe(symbol, at, x)
        return self._forecaster.forecast(lane.serving(symbol), symbol, at, naive)

    def predict_bar(self, at: int, rows: Mapping[str, tuple[Any, float]]) -> dict[str, dict[str, Forecast]]:
        """The forecasts for all symbols of one bar, by model type: one model call each, two with a canary.

        Args:
            at: close of the bar, µs UTC.
            rows: symbol -> (the row's numbers, the naive forecast).
        """
        if at > self._bar:
            self._begin(at)
        lanes = self._active.lanes
        for symbol, (x, _) in rows.items():
            self.observe(symbol, at, x)
        naives = {symbol: naive for symbol, (_, naive) in rows.items()}
        return {each.value: self._along(lane, at, naives) for each, lane in lanes.items()}

    def _begin(self, at: int) -> None:
        """A bar begins: what is ready may be swapped in."""
        self._bar, self._active.began = at, True
        if self._active.ready is not self._active.lanes:
            self._active.swap()

    def _along(self, lane: Lane, at: int, naives: Mapping[str, float]) -> dict[str, Forecast]:
        if lane.canary is None:
            return self._forecaster.forecasts(lane.active, at, naives)
        found: dict[str, Forecast] = {}
        for served in (lane.active, lane.canary):
            some = {symbol: naive for symbol, naive in naives.items() if lane.serving(symbol) is served}
            found |= self._forecaster.forecasts(served, at, some) if some else {}
        return {symbol: found[symbol] for symbol in naives}

    def observe(self, symbol: str, at: int, x: Any) -> None:
        """Keep a row for later windows; a second one of the same symbol and ``at`` is ignored."""
        self._forecaster.observe(symbol, at, x)

    def warm(self, rows: Iterable[InputRow]) -> None:
        """Observe rows that were published before, oldest first, e.g. after a restart."""
        for row in rows:
            self.observe(row.symbol, row.at, row.x)

    def refresh(self) -> bool:
        """Load what the registry routes to now; False if something kept an older version."""
        return self._active.refresh()

    def start(self, poll_s: float = 0.2) -> None:
        """Refresh every ``poll_s`` seconds in a thread, less often while that fails."""
        self._active.start(poll_s)

    def stop(self) -> None:
        """End the thread; the handle serves on."""
        self._active.stop()

    def pin(self, model_type: ModelType | str, version: str) -> None:
        """Serve exactly this version, whatever the registry says, from the next refresh on.

        Raises:
            ConfigurationError: the model type is not served.
        """
        self._active.pin(self._known(model_type), version)

    def unpin(self, model_type: ModelType | str) -> None:
        """Follow the registry again. Raises ConfigurationError like ``pin``."""
        self._active.pin(self._known(model_type), None)

    def freeze(self) -> None:
        """Serve on what serves now, and follow nothing until ``resume``."""
        self._active.freeze()

    def resume(self) -> None:
        """Follow the registry again, from the next refresh on."""
        self._active.resume()

    def version(self, model_type: ModelType | str, symbol: str | None = None) -> str:
        """The version that serves a model type; with a symbol, the one that serves it."""
        lane = self._lane(model_type)
        return (lane.active if symbol is None else lane.serving(symbol)).version

    def waiting(self, model_type: ModelType | str) -> str | None:
        """The version that is loaded and waits for the end of the bar or of a position; None: none does."""
        ready = self._active.ready[self._known(model_type)]
        return None if ready is self._lane(model_type) else ready.active.version

    def age_seconds(self, model_type: ModelType | str, at: int) -> float | None:
        """Event seconds from the training of the served version to ``at`` (µs); None for naive."""
        trained_at = self._lane(model_type).active.trained_at
        return None if trained_at is None else (at - trained_at) / SECOND

    def health(self, model_type: ModelType | str, at: int | None = None) -> Health:
        """How much a model type can be relied on; at a moment of event time (µs), its age included."""
        known, served = self._known(model_type), self._lane(model_type).active
        errors = self._faults.messages
        if served.version == NAIVE:
            return Health(0.0, errors.get(known.value, "no model is active: naive serves"))
        if at is not None and at > served.expires_at:
            return Health(0.0, f"version {served.version} is too old: naive serves")
        if "model" in errors:
            return Health(0.0, errors["model"])
        behind = next((errors[name] for name in (known.value, "server", "refresh") if name in errors), "")
        return Health(0.5, behind) if behind else Health(1.0)

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """How often naive stood in for a model: ``short``, ``not finite``, ``failed``, ``expired``."""
        return self._forecaster.fallbacks

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong now: ``server``, ``library``, ``row``, ``model``, ``expired`` or a model type."""
        return self._faults.messages

    def _lane(self, model_type: ModelType | str) -> Lane:
        lanes: Mapping[Any, Lane] = self._active.lanes  # a model type hashes as its word
        return lanes.get(model_type) or lanes[self._known(model_type)]

    def _known(self, model_type: ModelType | str) -> ModelType:
        served = self._active.lanes
        try:
            return next(each for each in served if each == ModelType(model_type))
        except (StopIteration, ValueError):
            choices = ", ".join(each.value for each in served)
            raise ConfigurationError(
                f"model type {model_type!r} is not served; this handle serves {choices}"
            ) from None
