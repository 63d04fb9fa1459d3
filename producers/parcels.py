"""Parcels: events and input rows as the bytes of entries, many of them in one where that is cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from clm.events import Event, InputRow, Outcome, Prediction
from clm.store.batch import encode_batches
from clm.store.codec import encode, encode_row
from producers.drafts import Item

FEWEST = 8
"""Rows of a batch. Fewer make no shorter entries, and single ones can be read with the eye."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry for a stream."""

    data: bytes
    events: int = 1  # events or input rows in it; of the pieces of a cut batch the first has them all
    inputs: bool = False  # for the inputs stream, else for the events stream


def pack(items: Sequence[Item]) -> list[Parcel]:
    """The entries of some items: input rows before the events, and both in their order.

    A prediction's input row is therefore there before it, and forecasts make batches although the rows
    were published between them.

    Raises:
        MalformedEvent: an item cannot be written; ``producers.drafts`` makes none of those.
    """
    rows = [item for item in items if isinstance(item, InputRow)]
    parcels = [Parcel(encode_row(row), inputs=True) for row in rows]
    events = [item for item in items if not isinstance(item, InputRow)]
    for _, run in groupby(events, lambda event: isinstance(event, Prediction | Outcome)):
        parcels += _run(list(run))
    return parcels


def _run(events: Sequence[Event]) -> list[Parcel]:
    rows = [event for event in events if isinstance(event, Prediction | Outcome)]
    if len(rows) < FEWEST:
        return [Parcel(encode(event)) for event in events]
    first, *rest = encode_batches(rows)
    return [Parcel(first, len(rows)), *(Parcel(data, 0) for data in rest)]
