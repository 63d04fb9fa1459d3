"""What the HTTP interface and the metrics work with: the ports of one scope, and two questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clm.decisions.retention import Limits
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.ports import DecisionLog, EventLog, Loss, Progress, Registry, Runs, Trimming
from clm.scope import Scope


class CountedEvents(EventLog, Protocol):
    """An events stream that knows how much was refused."""

    def quarantined(self) -> int:
        """Refused entries that are kept."""


class Cursors(Progress, Protocol):
    """Progress that can be looked at role by role."""

    def cursors(self) -> dict[str, str]:
        """Role -> the newest entry it has folded."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The ports of one scope. Nothing here connects before it is used."""

    scope: Scope
    policy: Policy
    events: CountedEvents
    decisions: DecisionLog
    registry: Registry
    runs: Runs
    progress: Cursors
    trimming: Trimming
    limits: Limits
    triggers: Callable[[], Mapping[ModelType, RetrainTrigger | None]]  # what would be due now
    losses: Callable[[], Sequence[Loss]]  # what producers could not publish
    compare: Callable[[ModelType, tuple[str, str], int, float], Mapping[str, Any]]  # see bootstrap.compared
    explain: Callable[[ModelType, str | None], Mapping[str, Any]]  # a version, None: the active one
    draw: Callable[[Mapping[str, Any]], str]  # what it found, as SVG
    clock: Callable[[], int]  # event clock, µs; 0 before the first event

    @property
    def names(self) -> tuple[str, ...]:
        """The model types of the policy."""
        return tuple(each.value for each in self.policy.models)
