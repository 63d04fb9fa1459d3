"""Housekeeping: what a role does every few seconds beside its work, for the streams it lives on."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from clm.ports import Trimming
from clm.steps.bundles import BundleKeeper
from clm.steps.retention import Retention, told

log = structlog.get_logger(__name__)

EVERY_S = 10.0
"""Seconds between two looks at the streams."""

THIN_EVERY_S = 600.0
"""Seconds between two looks for bundles that nobody needs: there is a new one once in a training."""


class Every:
    """Calls something when its time has come.

    Parameters:
        act: whether it wants to be called again at once.
        seconds: from one call to the next.
    """

    def __init__(
        self, act: Callable[[], bool], seconds: float = EVERY_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._act, self._seconds, self._now = act, seconds, now
        self._next = now()

    def beat(self) -> None:
        """Act if it is time."""
        if self._now() >= self._next:
            self._next = self._now() + (0.0 if self._act() else self._seconds)


def keep(retention: Retention) -> bool:
    """Cut what may go, and log what an operator should hear; whether more must go."""
    for notice in retention.step():
        log.warning(notice.kind, stream=notice.stream, text=notice.text)
    return retention.behind


def thin(bundles: BundleKeeper | None) -> bool:
    """Remove bundles that nobody may need, and log which; never in a hurry."""
    for gone in bundles.step() if bundles else ():
        log.info("bundle removed", model_type=gone.model_type.value, version=gone.version)
    return False


class GapWatch:
    """Says in a role's own log what was cut before the role had read it."""

    def __init__(self, trimming: Trimming, role: str) -> None:
        self._trimming, self._role = trimming, role
        self._known: dict[str, int] = {}  # stream -> entries

    def look(self) -> bool:
        """Log each gap that is new or wider; never in a hurry."""
        for gap in self._trimming.gaps():
            if gap.role == self._role and gap.entries != self._known.get(gap.stream):
                self._known[gap.stream] = gap.entries
                log.warning("gap", stream=gap.stream, text=told(gap))
        return False
