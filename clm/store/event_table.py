"""The flat table of archived entries: one row per event or input row, for training and analysis.

It says what was published, before any judgement: what the watcher refuses for the scope's sake is in it,
what cannot be read is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from clm.errors import MalformedEvent
from clm.events import Event
from clm.ports import EVENTS, Entry
from clm.store.admission import decode_entry
from clm.store.codec import check, decode_row

if TYPE_CHECKING:
    import pyarrow as pa

EVENT_COLUMNS = {
    "entry": "string",  # id of the entry
    "row": "int32",  # within it
    "kind": "string",
    "p": "string",
    "n": "int64",
    "at": "int64",  # µs
    "model_type": "string",
    "version": "string",
    "symbol": "string",
    "horizon": "int64",  # bars
    "value": "float64",  # target units
    "naive": "float64",
    "of_p": "string",  # of an outcome: its prediction
    "of_n": "int64",
}
INPUT_COLUMNS = {"entry": "string", "symbol": "string", "at": "int64", "schema": "string", "x": "floats"}


def table_of(stream: str, entries: Iterable[Entry]) -> pa.Table:
    """The flat table of entries of a stream."""
    import pyarrow as pa

    columns, rows = (EVENT_COLUMNS, _events) if stream == EVENTS else (INPUT_COLUMNS, _inputs)
    types = {"floats": pa.list_(pa.float32())}
    schema = pa.schema([(name, types.get(kind) or getattr(pa, kind)()) for name, kind in columns.items()])
    return pa.Table.from_pylist(_readable(entries, rows), schema=schema)


def _readable(
    entries: Iterable[Entry], rows: Callable[[Entry], Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for entry in entries:
        try:
            found += rows(entry)
        except MalformedEvent:
            continue
    return found


def _events(entry: Entry) -> list[dict[str, Any]]:
    events = enumerate(decode_entry(entry.data))
    return [_event(entry.id, row, event) for row, event in events if _sound(event)]


def _sound(event: Event) -> bool:
    """Whether its fields are within their rules, so that they fit into the columns."""
    try:
        check(event)
    except MalformedEvent:
        return False
    return True


def _event(entry_id: str, row: int, event: Event) -> dict[str, Any]:
    of_p, of_n = getattr(event, "of", (None, None))
    found = {name: getattr(event, name, None) for name in EVENT_COLUMNS}
    return {**found, "entry": entry_id, "row": row, "of_p": of_p, "of_n": of_n}


def _inputs(entry: Entry) -> list[dict[str, Any]]:
    import numpy as np

    row = decode_row(entry.data)
    x = np.frombuffer(row.x, "<f4")
    return [{"entry": entry.id, "symbol": row.symbol, "at": row.at, "schema": row.schema, "x": x}]
