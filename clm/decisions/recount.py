"""A recount: what came out when a decision was computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recount:
    """What was computed again, and where it differs."""

    basis: str  # for a person
    faults: tuple[str, ...]


def differences(expected: Mapping[str, Any], told: Any) -> Iterator[str]:
    """The fields of a record that are not as expected; a number that is none counts as None.

    >>> from types import SimpleNamespace
    >>> told = SimpleNamespace(kind="suppressed", limit=None)
    >>> list(differences({"kind": "retrain", "limit": float("inf")}, told))
    ["kind is 'suppressed', but the evidence gives 'retrain'"]
    """
    for name, value in expected.items():
        seen, due = _finite(getattr(told, name)), _finite(value)
        if seen != due:
            yield f"{name} is {seen!r}, but the evidence gives {due!r}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value - value != 0.0 else value
