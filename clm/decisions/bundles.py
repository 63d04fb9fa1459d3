"""Bundles: where the newest versions of each model type are kept, for whoever scores one of them again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

KEPT = 64
"""Newest versions of a model type that are remembered; a version in use is, however old."""


class Bundles:
    """Folds announcements of candidates into sha256 by version.

    >>> bundles = Bundles()
    >>> bundles.learn("xgboost", "v1", "ab12")
    >>> bundles.of("xgboost", "v1"), bundles.of("xgboost", "v2")
    ('ab12', None)
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}  # model type -> version -> sha256, the oldest first

    def learn(self, name: str, version: str, sha256: str, in_use: Collection[str] = ()) -> None:
        """Remember a version's bundle, in the place of the oldest that nobody uses.

        Parameters:
            in_use: versions of the model type that may be asked at any time: active, or on some keys.
        """
        known = self._known.setdefault(name, {})
        known[version] = sha256
        if len(known) > KEPT:
            del known[next(each for each in known if each not in in_use)]

    def of(self, name: str, version: str) -> str | None:
        """A version's bundle; None: it is not remembered, or is the naive forecast, which has none."""
        return self._known.get(name, {}).get(version)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {name: list(known.items()) for name, known in self._known.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state."""
        self._known = {name: dict(map(tuple, known)) for name, known in state.items()}
