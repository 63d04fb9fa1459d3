"""Join: an outcome meets the prediction it realises, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm.decisions.layout import (
    EXPIRED,
    JOINED,
    LINE,
    PREDICTIONS,
    WAIT,
    WAITING,
    JoinArrays,
)
from clm.decisions.names import Key, Names
from clm.events import Prediction

MAX_PENDING = 65_536
"""Predictions that wait for their outcome; beyond it the oldest is given up and counted."""

FIRST_ROOM = 1024


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction with its outcome."""

    prediction: Prediction
    outcome: float  # target units
    matured_at: int  # µs


class Join:
    """Keeps predictions until their outcomes come; the compiled loop lets them meet."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.arrays = _arrays(FIRST_ROOM)

    @property
    def predictions(self) -> int:
        """Predictions so far."""
        return int(self.arrays.counts[PREDICTIONS])

    @property
    def joined(self) -> int:
        """Predictions that met their outcome."""
        return int(self.arrays.counts[JOINED])

    @property
    def expired(self) -> int:
        """Predictions given up."""
        return int(self.arrays.counts[EXPIRED])

    @property
    def waiting(self) -> int:
        """Predictions whose outcome has not come."""
        return int(self.arrays.counts[WAITING])

    def widen(self) -> None:
        """Make room for more, or close the gaps where that is enough."""
        from clm.decisions.compiled.flow import copy_waiting

        old, room = self.arrays, len(self.arrays.ring)
        self.arrays = _arrays(room if 4 * self.waiting < room else 2 * room)
        self.arrays.counts[:] = old.counts
        copy_waiting(old.ring, self.arrays)

    def prediction(self, waits: np.void) -> Prediction:
        """The event of a row that waits."""
        return prediction(self._names, waits)

    def pending(self) -> np.ndarray[Any, np.dtype[np.void]]:
        """WAIT (waiting,), oldest first."""
        self._settle()
        return self.arrays.ring[: self.waiting]

    def keep(self, producers: list[int], keys: list[int]) -> None:
        """Number producers and keys anew: the old code of each new one."""
        rows = self.pending().copy()
        rows["p"] = np.searchsorted(producers, rows["p"])
        rows["key"] = np.searchsorted(keys, rows["key"])
        self._take(rows, self.arrays.counts.copy())

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        rows = self.pending().copy()
        producers, rows["p"] = _coded(rows["p"])
        keys, rows["key"] = _coded(rows["key"])
        named = [self._names.keys[code] for code in keys]
        return {
            "counts": [self.predictions, self.joined, self.expired],
            "producers": [self._names.producers[code] for code in producers],
            "keys": [[key.model_type, key.version, key.symbol, key.horizon] for key in named],
            "rows": rows.tobytes(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        rows = np.frombuffer(state["rows"], WAIT).copy()
        producers = np.array([self._names.producer(p) for p in state["producers"]], np.int32)
        keys = np.array([self._names.key(Key(*parts)) for parts in state["keys"]], np.int32)
        rows["p"], rows["key"] = producers[rows["p"]], keys[rows["key"]]
        counts = np.zeros(8, np.int64)
        counts[[PREDICTIONS, JOINED, EXPIRED]] = state["counts"]
        self._take(rows, counts)

    def _settle(self) -> None:
        """Let the waiting lie in a row from the beginning of the ring."""
        from clm.decisions.compiled.flow import copy_waiting

        old = self.arrays
        self.arrays = _arrays(len(old.ring))
        self.arrays.counts[:] = old.counts
        copy_waiting(old.ring, self.arrays)

    def _take(self, rows: np.ndarray[Any, np.dtype[np.void]], counts: np.ndarray[Any, Any]) -> None:
        from clm.decisions.compiled.flow import copy_waiting

        room = FIRST_ROOM
        while room < 2 * len(rows):
            room *= 2
        self.arrays = _arrays(room)
        self.arrays.counts[:] = counts
        self.arrays.counts[[0, 1, WAITING]] = 0, len(rows), len(rows)
        ring = np.zeros(room, WAIT)
        ring[: len(rows)] = rows
        copy_waiting(ring, self.arrays)


def prediction(names: Names, row: np.void) -> Prediction:
    """The event of a ROW or WAIT that is a prediction."""
    key = names.keys[row["key"]]
    return Prediction(
        p=names.producers[row["p"]],
        n=int(row["n"]),
        at=int(row["at"]),
        model_type=key.model_type,
        version=key.version,
        symbol=key.symbol,
        horizon=key.horizon,
        value=float(row["value"]),
        naive=float(row["naive"]),
    )


def _coded(codes: np.ndarray[Any, Any]) -> tuple[list[int], np.ndarray[Any, Any]]:
    """The codes in the order of their first use, and where in it each is."""
    table: dict[int, int] = {}
    places = [table.setdefault(code, len(table)) for code in codes.tolist()]
    return list(table), np.array(places, np.int32)


def _arrays(room: int) -> JoinArrays:
    return JoinArrays(
        np.zeros(room, WAIT),
        np.zeros(2 * room, LINE),
        np.zeros((2 * room, 16), np.int32),
        np.zeros(8, np.int64),
        np.zeros(1, WAIT),
    )
