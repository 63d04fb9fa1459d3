"""The operator: asks for a retrain, moves the active version by hand, and looks at both."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from clm.events import Command, Event
from clm.model import BASE_MODELS, NAIVE, ModelArtifact, ModelType, type_named

if TYPE_CHECKING:
    from clm.decisions.moves import Move
    from clm.records import Decision


class Commands(Protocol):
    """What is needed of an events log."""

    def append(self, event: Event) -> str: ...
    def last_id(self) -> str: ...


class Registry(Protocol):
    """What is needed of a registry."""

    def get_active(self, model_type: ModelType) -> ModelArtifact | None: ...
    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]: ...
    def route(self, model_type: ModelType) -> Any: ...
    def rollback(self, model_type: ModelType, *, cause: str, actor: str, reason: str = "") -> Decision: ...
    def change(
        self, model_type: ModelType, move: Move, *, cause: str, reason: str = "", at: int | None = None
    ) -> Decision: ...
    def move(
        self,
        model_type: ModelType,
        to_version: str,
        *,
        epoch: int,
        cause: str,
        actor: str,
        reason: str = "",
    ) -> Decision: ...


@dataclass(frozen=True)
class Standing:
    """What is active for one model type."""

    active_version: str  # naive until a model was promoted
    active_trained_at: datetime | None  # event time, UTC; None for naive
    active_metrics: dict[str, float]  # of its evaluation
    epoch: int  # how often the route has moved
    frozen: bool  # automation may not move it
    canary: str | None = None  # version that serves a share of the keys
    share: float = 0.0  # fraction of keys
    pin: str | None = None  # the active version, which nobody may replace
    locked_out: tuple[str, ...] = ()  # versions that automation may not promote


class Operator:
    """Commands for a running system.

    Args:
        url: Redis server.
        scope: the scope to work on.
        actor: who asks, as it will stand in the decisions.
        log: instead of ``url``, with ``registry``: the events log.
        registry: instead of ``url``, with ``log``.

    Raises:
        ConfigurationError: neither a url nor both ports were given.
    """

    def __init__(
        self,
        url: str = "",
        scope: str = "default",
        actor: str = "operator",
        *,
        log: Commands | None = None,
        registry: Registry | None = None,
    ) -> None:
        if log is None or registry is None:
            from producers import adapters

            log, registry = adapters.event_log(url, scope), adapters.registry(url, scope)
        self._log, self._registry, self.actor = log, registry, actor
        self.p = f"operator-{os.urandom(4).hex()}"
        self._number = count()

    def retrain(self, models: Iterable[ModelType | str] | None = None, reason: str = "") -> str:
        """Ask for a retrain of some model types, of all without any; the command's id ``p-n``.

        It is due whatever the triggers say; evaluation, shadow and promotion are as always.

        Raises:
            ConfigurationError: a model type does not exist.
            UnreachableServer: nothing was asked.
        """
        wanted = tuple(type_named(each).value for each in models or ())
        # The time of the newest entry: an operator's clock that runs ahead must not get a command
        # refused as one from the future.
        at = int(self._log.last_id().split("-")[0]) * 1000
        command = Command(
            p=self.p,
            n=next(self._number),
            at=at,
            action="retrain",
            models=wanted,
            actor=self.actor,
            reason=reason,
        )
        self._log.append(command)
        return f"{command.p}-{command.n}"

    def promote(self, model: ModelType | str, version: str, reason: str = "") -> Decision:
        """Make a version active, ``naive`` included; the registry's decision.

        Raises:
            ConfigurationError: the model type does not exist.
            UnknownVersion: the registry does not hold the version.
            StaleEpoch: the route moved at the same moment; look at the status and ask again.
            UnreachableServer: the answer is not known; look at the status.
        """
        model_type = type_named(model)
        epoch = self._registry.route(model_type).epoch
        return self._registry.move(
            model_type, version, epoch=epoch, cause=_cause(), actor=self.actor, reason=reason
        )

    def rollback(self, model: ModelType | str, reason: str = "") -> Decision:
        """Return to the version that was active before; the registry's decision.

        Raises:
            ConfigurationError: the model type does not exist.
            IllegalMove: nothing was active before.
            UnreachableServer: the answer is not known; look at the status.
        """
        return self._registry.rollback(type_named(model), cause=_cause(), actor=self.actor, reason=reason)

    def change(
        self,
        model: ModelType | str,
        kind: str,
        *,
        version: str = "",
        reason: str = "",
        **how: float,
    ) -> Decision:
        """Make any other move of ``clm.decisions.moves.LEGAL``: a canary, a pin, a freeze, an approval.

        Args:
            model: whose route.
            kind: of the move.
            version: where the kind names one; ``champion`` and ``challenger`` are aliases.
            reason: why, for the record.
            how: ``share`` of a canary, ``number`` of approvals.

        Raises:
            ConfigurationError: the model type does not exist.
            IllegalMove: the route does not allow it.
            StaleEpoch: the route moved at the same moment; look at the status and ask again.
            UnknownVersion: the registry does not hold the version.
            UnreachableServer: the answer is not known; look at the status.
        """
        from clm.decisions.moves import Move

        model_type = type_named(model)
        epoch = self._registry.route(model_type).epoch
        move = Move(kind=kind, actor=self.actor, epoch=epoch, version=version, **how)  # type: ignore[arg-type]
        return self._registry.change(model_type, move, cause=_cause(), reason=reason)

    def status(self) -> dict[str, Standing]:
        """What is active, by model type; one beyond the base models where it was ever trained."""
        known = [each for each in ModelType if each in BASE_MODELS or self.history(each, 1)]
        return {each.value: self._standing(each) for each in known}

    def history(self, model: ModelType | str, limit: int = 10) -> list[ModelArtifact]:
        """The newest versions of a model type, newest first.

        Raises:
            ConfigurationError: the model type does not exist.
        """
        return self._registry.get_model_history(type_named(model), limit)

    def _standing(self, model_type: ModelType) -> Standing:
        route, active = self._registry.route(model_type), self._registry.get_active(model_type)
        closed = route.epoch, route.frozen, route.canary, route.share, route.pin, tuple(route.locked_out)
        if active is None:
            return Standing(NAIVE, None, {}, *closed)
        return Standing(active.version, active.trained_at, dict(active.metrics), *closed)


def _cause() -> str:
    return f"operator-{os.urandom(8).hex()}"
