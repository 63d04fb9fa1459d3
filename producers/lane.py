"""A lane: what serves one model type, every key by one version or a share of them by the canary."""

from __future__ import annotations

from dataclasses import dataclass

from clm.decisions.route import Route
from producers.served import Served

UNTRAINED, NO_ROUTE = Served(), Route()


@dataclass(frozen=True)
class Lane:
    """Never changed: replacing the whole object is the swap."""

    active: Served = UNTRAINED
    canary: Served | None = None  # loaded and verified; None also where it could not be
    route: Route = NO_ROUTE  # by which keys are assigned
    pinned: bool = False  # to a version of this handle's own choice

    def serving(self, key: str) -> Served:
        """What serves a key: the same for as long as the canary has at least this share."""
        canary = self.canary
        return self.active if canary is None or self.route.serves(key) != canary.version else canary
