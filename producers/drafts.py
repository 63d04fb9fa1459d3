"""Drafts: what the hot loop leaves behind, checked and made into events by the flusher.

A trader's call costs one tuple. The conversions (a numpy scalar to a float, say) and the checks
happen later, outside the hot loop, and so does everything that can fail.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from clm.errors import MalformedEvent
from clm.events import Event, InputRow, Outcome, Prediction, Regime, Tick
from clm.store.wire import MAX_BYTES, MAX_NAME

Item = Event | InputRow
"""What a sink writes."""

WHOLE = range(1 - 2**62, 2**62)
MAX_COLUMNS = (MAX_BYTES - 4 * MAX_NAME) // 4
"""Of an input row: no reader takes a larger entry."""


class Draft(NamedTuple):
    """An event or input row as the trader gave it."""

    kind: type[Item]
    p: str  # producer; empty for an input row
    n: int  # its sequence number; 0 for an input row
    at: Any  # µs, unchecked
    values: tuple[Any, ...]  # of the fields below, in their order, unchecked


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("pass a str")
    if len(value) > MAX_NAME:
        raise ValueError(f"pass at most {MAX_NAME} characters")
    value.encode()  # a lone surrogate cannot be written
    return str.__str__(value)  # a plain str, also of an enum's member


def _whole(value: Any) -> int:
    whole = operator.index(value)
    if whole not in WHOLE:
        raise ValueError("pass a number below 2**62")
    return whole


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _identity(value: Any) -> tuple[str, int]:
    p, n = value
    return _text(p), _whole(n)


def _columns(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("pass an array of float32 or a sequence of numbers")
    if not value or len(value) % 4:
        raise ValueError("pass one float32 per column")
    if len(value) > 4 * MAX_COLUMNS:
        raise ValueError(f"pass at most {MAX_COLUMNS} columns")
    return value


FIELDS: Mapping[type[Item], Mapping[str, Callable[[Any], Any]]] = {
    Prediction: {
        "model_type": _text,
        "version": _text,
        "symbol": _text,
        "horizon": _whole,
        "value": float,
        "naive": float,
    },
    Outcome: {"of": _identity, "value": float},
    Regime: {"regime": _text, "confidence": _optional(float), "symbol": _optional(_text)},
    Tick: {},
    InputRow: {"symbol": _text, "schema": _text, "x": _columns},
}


def name(draft: Draft) -> str:
    """What the draft is of, e.g. ``prediction``."""
    return "input" if draft.kind is InputRow else cast("type[Event]", draft.kind).kind


def make(draft: Draft) -> Item:
    """The event or input row of a draft. NaN passes: the watcher shows it in quarantine.

    Raises:
        MalformedEvent: a value is not of its field's type, so that it cannot be written.
    """
    fields = {
        field: _convert(draft, field, convert, value)
        for (field, convert), value in zip(FIELDS[draft.kind].items(), draft.values, strict=True)
    }
    at = _convert(draft, "at", _whole, draft.at)
    if draft.kind is InputRow:
        return InputRow(at=at, **fields)
    n = _convert(draft, "n", _whole, draft.n)
    return cast("type[Event]", draft.kind)(p=draft.p, n=n, at=at, **fields)


def _convert(draft: Draft, field: str, convert: Callable[[Any], Any], value: Any) -> Any:
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError) as error:
        where = f"{draft.p}-{draft.n}" if draft.p else f"of {draft.values[0]!r}"
        raise MalformedEvent(
            f"{field} of {name(draft)} {where} is {value!r:.80} ({type(value).__name__}): {error}"
        ) from error
