"""Parcels: events and input rows as the bytes of entries, many of them in one where that is cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import msgpack

from clm.store.batch import Row, encode_rows
from producers.drafts import PREDICTION, Wire

FEWEST = 8
"""Rows of a batch. Fewer make no shorter entries, and single ones can be read with the eye."""

BATCHED = frozenset({PREDICTION, "outcome"})
"""Kinds that travel in batches."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry for a stream."""

    data: bytes
    events: int = 1  # events or input rows in it; of the pieces of a cut batch the first has them all
    inputs: bool = False  # for the inputs stream, else for the events stream


class Packer:
    """Packs maps; for one thread at a time."""

    def __init__(self) -> None:
        self._packed = msgpack.Packer().pack  # kept, since making one costs as much as using it

    def pack(self, wires: Sequence[Wire]) -> list[Parcel]:
        """The entries of some maps: input rows before the events, and both in their order.

        A prediction's input row is therefore there before it, and forecasts make batches although the rows
        were published between them.

        Raises:
            MalformedEvent: a map cannot be written; ``producers.drafts`` makes none of those.
        """
        if len(wires) == 1:
            return [self.single(wires[0])]
        parcels = [self.single(wire) for wire in wires if "k" not in wire]
        events = [wire for wire in wires if "k" in wire]
        for batched, run in groupby(events, lambda wire: wire["k"] in BATCHED):
            group = list(run)
            if batched and len(group) >= FEWEST:
                parcels += _batches(group)
            else:
                parcels += map(self.single, group)
        return parcels

    def single(self, wire: Wire) -> Parcel:
        """The entry of one map. Raises MalformedEvent like ``pack``."""
        return Parcel(self._packed(wire), 1, "k" not in wire)


def _batches(wires: Sequence[Wire]) -> list[Parcel]:
    first, *rest = encode_rows(wires[0]["p"], [_row(wire) for wire in wires])
    return [Parcel(first, len(wires)), *(Parcel(data, 0) for data in rest)]


def _row(wire: Wire) -> Row:
    _, kind, _, n, at, *values = wire.values()
    if kind == PREDICTION:
        return (n, at, *values)
    (of, value) = values
    return (n, at, *of, value)
