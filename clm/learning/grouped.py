"""Grouped models: one model per group of symbols, behind one version; who forecasts is asked by symbol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from clm.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONE_GROUP = 1


def group_of(symbol: str, groups: int) -> int:
    """The group of a symbol, from 0: by its name alone, so that the others may come and go.

    >>> [group_of(symbol, 4) for symbol in ("AAPL", "IBM", "MSFT", "GOOG")]
    [0, 3, 3, 0]
    """
    return crc32(symbol.encode()) % groups


class GroupedModel:
    """The bundles of the groups; a group without one is served by the next that has.

    Parameters:
        parts: group -> its bundle; at least one.
        groups: how many there are.
    """

    def __init__(self, parts: Mapping[int, Any], groups: int) -> None:
        self.parts, self.groups = dict(sorted(parts.items())), groups
        self.input_size = max(each.input_size for each in parts.values())  # rows
        self.settled: dict[str, Any] = {}  # each part has its own

    def part(self, symbol: str) -> Any:
        """The bundle that forecasts a symbol, one that no training saw included."""
        wanted = group_of(symbol, self.groups)
        return next(each for k in range(self.groups) if (each := self.parts.get((wanted + k) % self.groups)))

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raises ConfigurationError: windows alone do not say who is to forecast them."""
        raise ConfigurationError(
            f"{len(windows)} windows do not say which of {len(self.parts)} groups of symbols they are of: "
            "ask the bundle's part(symbol)"
        )

    def one(self, window: NDArray[np.float32]) -> float:
        """Raises ConfigurationError as ``predict``."""
        return float(self.predict(window[None])[0])

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raises ConfigurationError as ``predict``."""
        return self.predict(windows)

    def weights(self) -> bytes:
        """Nothing: the parts are stored as bundles of their own."""
        return b""

    def facts(self) -> Mapping[str, Any]:
        """How many groups there are."""
        return {"groups": self.groups}


def routed(model: Any, symbols: Callable[[], Iterable[Any]]) -> list[tuple[Any, Any]]:
    """Who forecasts windows: each model with the index of its own among them.

    Parameters:
        symbols: of each window; only asked where the model is grouped, else it forecasts them all.
    """
    if not getattr(model, "grouped", False):
        return [(model, slice(None))]
    places: dict[int, tuple[Any, list[int]]] = {}
    for place, symbol in enumerate(symbols()):
        part = model.part(str(symbol))
        places.setdefault(id(part), (part, []))[1].append(place)
    return [(part, np.array(own)) for part, own in places.values()]
