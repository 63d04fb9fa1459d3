"""Drafts: what the hot loop leaves behind, checked and made into entries' maps by the flusher.

A trader's call costs one tuple. The conversions (a numpy scalar to a float, say) and the checks
happen later, outside the hot loop, and so does everything that can fail.
"""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Any

from clm.errors import ConfigurationError, MalformedEvent
from clm.events import WIRE_VERSION, Tick, tick
from clm.store.wire import LIMITS, MAX_BYTES, MAX_INTEGER, MAX_NAME
from producers.ring import Draft

Wire = dict[str, Any]
"""The map of an entry (docs/wire-format.md); an event's has its keys in the order of the fields below."""

Convert = Callable[[Any], Any]
"""A value as the trader gave it -> as it is written; raises whatever the value makes it raise."""

MAX_COLUMNS = (MAX_BYTES - 4 * MAX_NAME) // 4
"""Of an input row: no reader takes a larger entry."""

MAX_PROSE: int = LIMITS["max_str_len"]

INPUT = "input"
"""What a draft of an input row is of; the others go by the kind of their event."""

PREDICTION = "prediction"
"""Of a draft whose ``what`` is a channel: model type, symbol and horizon."""

SINGLE = Struct("<f")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("pass a str")
    if len(value) > MAX_NAME:
        raise ValueError(f"pass at most {MAX_NAME} characters")
    if not value.isascii():
        value.encode()  # a lone surrogate cannot be written
    return value if type(value) is str else str.__str__(value)  # of an enum's member, say


def _prose(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("pass a str")
    if len(value.encode()) > MAX_PROSE:
        raise ValueError(f"pass at most {MAX_PROSE} bytes")
    return str.__str__(value)


def _count(value: Any) -> int:
    count = operator.index(value)
    if not 0 <= count <= MAX_INTEGER:
        raise ValueError("pass a number from 0 to below 2**62")
    return count


def _single(value: Any) -> float:
    """The nearest float32. Raises OverflowError if there is none."""
    rounded: float = SINGLE.unpack(SINGLE.pack(value))[0]
    return rounded


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _identity(value: Any) -> tuple[str, int]:
    p, n = value[:2]  # of a pair or of a channel's token
    return _text(p), _count(n)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise TypeError("pass a list of model types")
    return tuple(_text(each) for each in value)


def _columns(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("pass an array of float32 or a sequence of numbers")
    if not value or len(value) % 4:
        raise ValueError("pass one float32 per column")
    if len(value) > 4 * MAX_COLUMNS:
        raise ValueError(f"pass at most {MAX_COLUMNS} columns")
    return value


PRECISIONS: Mapping[str, Convert] = {"float32": _single, "float64": float}


class Maker:
    """Makes the maps of drafts.

    Args:
        precision: ``float32`` or ``float64``: to what forecasts and outcomes are rounded.

    Raises:
        ConfigurationError: another precision.
    """

    def __init__(self, precision: str) -> None:
        if precision not in PRECISIONS:
            raise ConfigurationError(f"precision is {precision!r}; it must be one of {', '.join(PRECISIONS)}")
        number = PRECISIONS[precision]
        self._fields: Mapping[str, Sequence[tuple[str, Convert]]] = {
            PREDICTION: (
                ("model_type", _text),
                ("version", _text),
                ("symbol", _text),
                ("horizon", _count),
                ("value", number),
                ("naive", number),
            ),
            "outcome": (("of", _identity), ("value", number)),
            "regime": (("regime", _text), ("confidence", _optional(float)), ("symbol", _optional(_text))),
            "tick": (),
            "command": (("action", _text), ("models", _texts), ("actor", _text), ("reason", _prose)),
            INPUT: (("symbol", _text), ("schema", _text), ("x", _columns)),
        }

    def make(self, draft: Draft) -> Wire:
        """The map of a draft's entry. NaN passes: the watcher shows it in quarantine.

        Raises:
            MalformedEvent: a value is not of its field's type, so that it cannot be written.
        """
        kind, values = parts(draft)
        wire: Wire = {"v": WIRE_VERSION, "k": kind, "p": draft[0], "n": draft[1]} if kind != INPUT else {}
        try:
            wire["at"] = _count(draft[3])
            for (field, convert), value in zip(self._fields[kind], values, strict=True):
                if (converted := convert(value)) is not None:
                    wire[field] = converted
        except Exception as error:  # a trader's own object may raise anything
            raise _refusal(draft, self._fields[kind]) from error
        if kind == Tick.kind:
            wire["n"] = tick(wire["at"]).n
        return wire


def parts(draft: Draft) -> tuple[str, Draft]:
    """What the draft is of, e.g. ``prediction``, and its values in the order of the fields."""
    what = draft[2]
    if isinstance(what, str):
        return what, draft[4:]
    return PREDICTION, (what[0], draft[4], what[1], what[2], draft[5], draft[6])


def _refusal(draft: Draft, fields: Sequence[tuple[str, Convert]]) -> MalformedEvent:
    """Which value it was, and why."""
    asked = [("at", _count), *fields]
    for (field, convert), value in zip(asked, (draft[3], *parts(draft)[1]), strict=True):
        if (error := _error(convert, value)) is not None:
            why = f"{_shown(value)} ({type(value).__name__}): {_shown(error, str)}"
            return MalformedEvent(f"{field} of {_name(draft)} is {why}")
    return MalformedEvent(f"{_name(draft)} is written only sometimes; pass plain values")


def _error(convert: Convert, value: Any) -> Exception | None:
    try:
        convert(value)
    except Exception as error:  # noqa: BLE001 - as above
        return error
    return None


def _name(draft: Draft) -> str:
    kind, values = parts(draft)
    return f"{kind} {draft[0]}-{draft[1]}" if draft[0] else f"{kind} of {_shown(values[0])}"


def _shown(value: Any, show: Callable[[Any], str] = reprlib.repr) -> str:
    try:
        return show(value)[:80]
    except Exception:  # noqa: BLE001 - as above
        return "something that cannot be shown"
