"""A block: the events of a read, as rows of numbers where there are many, as objects where few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clm.decisions.layout import ROW
from clm.decisions.names import Key, Names
from clm.events import Event, Outcome, Prediction

Rows = np.ndarray[Any, np.dtype[np.void]]


@dataclass(frozen=True, slots=True)
class Single:
    """An event that is folded as an object."""

    position: int  # it comes before this row of the block
    entry: int  # of the read, from 0
    row: int | None  # of the entry, None where the entry is no batch
    event: Event


@dataclass
class Block:
    """What a fold is given at once; ``refused`` is what it says of it."""

    rows: Rows  # ROW, in the order of the stream
    starts: np.ndarray[Any, np.dtype[np.int64]]  # (entries,), where each entry's rows begin
    numbers: dict[int, Sequence[int | None]] = field(
        default_factory=dict
    )  # entry -> row of the entry, per row
    alone: np.ndarray[Any, np.dtype[np.bool_]] | None = None  # (entries,), those that are no batch
    singles: list[Single] = field(default_factory=list)  # in the order of the stream
    refused: dict[int, list[tuple[int | None, str]]] = field(default_factory=dict)  # entry -> (row, reason)

    def refuse(self, entry: int, row: int | None, reason: str) -> None:
        """Say that an event is impossible."""
        self.refused.setdefault(entry, []).append((row, reason))

    def refuse_row(self, position: int, reason: str) -> None:
        """Say that a row is impossible."""
        self.refuse(*self.origin(position), reason)

    def origin(self, position: int) -> tuple[int, int | None]:
        """The entry that a row came in, and its row of it; None where the entry is no batch."""
        entry = int(np.searchsorted(self.starts, position, "right")) - 1
        place = position - int(self.starts[entry])
        if entry in self.numbers:
            return entry, self.numbers[entry][place]
        alone = self.alone is not None and bool(self.alone[entry])
        return entry, None if alone else place


def row_of(event: Prediction | Outcome, names: Names) -> tuple[int, int, int, int, float, float, int]:
    """The ROW of an event."""
    p = names.producer(event.p)
    if isinstance(event, Outcome):
        of_p, of_n = event.of
        return p, -1 - names.producer(of_p), event.n, event.at, event.value, 0.0, of_n
    key = names.key(Key(event.model_type, event.version, event.symbol, event.horizon))
    return p, key, event.n, event.at, event.value, event.naive, 0


def rows_of(events: Sequence[Prediction | Outcome], names: Names) -> Rows:
    """The rows of events."""
    return np.array([row_of(event, names) for event in events], ROW)
