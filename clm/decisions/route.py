"""The route record of a model type: which version serves which key, and who may change that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from clm.model import NAIVE

POINTS = 2**32
"""Places on the circle on which a key falls."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """Which version of a model type is live; replaced whole by compare-and-set on the epoch."""

    epoch: int = 0  # how often the record was replaced
    active: str = NAIVE
    since: int = 0  # epoch at which the active version became active
    canary: str | None = None  # version that serves a share of the keys
    share: float = 0.0  # fraction of keys on the canary
    salt: str = ""  # of the assignment of keys; new with each canary
    pin: str | None = None  # the active version, which nobody replaces until it is unpinned
    frozen: bool = False  # automation may not move it; operators may
    locked_out: tuple[str, ...] = ()  # versions that automation may not promote
    approvals: int = 0  # people other than who promotes that must have approved a version
    approved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # version -> who did

    def serves(self, key: str) -> str:
        """The version for a key, the same one for as long as this canary serves at least this share.

        Keys are put on a circle by a hash with the salt, so that a larger share keeps whom a smaller one
        had, and the next canary is tried on others.

        >>> route = Route(active="v1", canary="v2", share=0.5, salt="7")
        >>> [route.serves(symbol) for symbol in ("AAPL", "GOOG", "IBM", "MSFT")]
        ['v2', 'v2', 'v2', 'v1']
        """
        return self.active if self.canary is None or spot(self.salt, key) >= self.share else self.canary


def spot(salt: str, key: str) -> float:
    """Where a key falls on a circle of length 1: uniform over keys, the same on every machine."""
    digest = hashlib.blake2b(f"{salt}\0{key}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / POINTS
