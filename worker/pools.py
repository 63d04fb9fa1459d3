"""Pools: workers that share a queue. A training of one pool never waits behind one of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clm.errors import ConfigurationError
from clm.model import ModelType

COMMON = ""
"""The pool of the model types that name none."""


@dataclass(frozen=True)
class Pools:
    """Which pool trains each model type."""

    of: Mapping[ModelType, str]

    @property
    def names(self) -> list[str]:
        """The pools that have something to train."""
        return list(dict.fromkeys(self.of.values()))

    @property
    def by_name(self) -> dict[str, str]:
        """Model type, as its records have it -> pool."""
        return {each.value: pool for each, pool in self.of.items()}

    def models(self, pool: str) -> tuple[ModelType, ...]:
        """What a pool trains. Raises ConfigurationError where that is nothing."""
        own = tuple(each for each, name in self.of.items() if name == pool)
        if not own:
            known = " or ".join(f"--pool {name}" if name else "no --pool" for name in self.names)
            raise ConfigurationError(
                f"pool {pool or '(common)'} trains no model type: start `clm worker` with {known}"
            )
        return own
