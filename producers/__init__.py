"""What a live trader or an operator imports: light, and never in the way of a trade.

The names are loaded on first use; no library but Python's own is imported before then.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "EventPublisher": "producers.publisher",
    "Forecast": "producers.forecaster",
    "ModelHandle": "producers.handle",
    "Operator": "producers.operator",
    "Parcel": "producers.parcels",
    "Sink": "producers.sinks",
    "Stats": "producers.stats",
    "StreamSink": "producers.sinks",
}

__all__ = sorted(_HOME)  # noqa: PLE0605  (built from the table above, so that a name stands once)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'producers' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
