"""Routes: which version of each model type is active, as far as the events have told."""

from __future__ import annotations

from typing import Any

from clm.events import Moved, Refused
from clm.model import NAIVE


class Routes:
    """Folds the registry's events."""

    def __init__(self) -> None:
        self._active: dict[str, str] = {}
        self._epochs: dict[str, int] = {}
        self._served: set[str] = set()  # model types of which a trained version was ever active

    def moved(self, event: Moved) -> None:
        """A route moved, or was changed in another way under the same active version."""
        name = event.model_type
        self._active[name], self._epochs[name] = event.to_version, event.epoch
        if event.to_version != NAIVE:
            self._served.add(name)

    def refused(self, event: Refused) -> None:
        """A route is at another epoch than its mover had seen."""
        self._epochs[event.model_type] = event.epoch

    def active(self, name: str) -> str:
        """The active version of a model type."""
        return self._active.get(name, NAIVE)

    def epoch(self, name: str) -> int:
        """The epoch of a model type's route."""
        return self._epochs.get(name, 0)

    def first(self, name: str) -> bool:
        """Whether no trained version of a model type was ever active."""
        return name not in self._served and self.active(name) == NAIVE

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "active": dict(self._active),
            "epochs": dict(self._epochs),
            "served": sorted(self._served),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._active, self._epochs = dict(state["active"]), dict(state["epochs"])
        self._served = set(state["served"])
