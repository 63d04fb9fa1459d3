"""A receipt for an operator: what was decided, on what, by which rule, and whether it follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clm.decisions.receipts import Receipt
from clm.events import moment
from worker.decision_lines import decision_line

SHORT = 8
"""Numbers of a list that are shown; the record has all."""

MOMENTS = ("at", "clock", "since", "here", "until", "from")
"""Last words of the names of moments (µs)."""


def receipt_lines(found: Receipt) -> list[str]:
    """A receipt for a person."""
    made = found.decision
    level = "" if made.level is None else f", level {made.level:.4g}"
    lines = [
        decision_line(made),
        f"  by rule {made.rule or '-'} of policy {made.policy or '-'}, for {made.actor}, "
        f"because of {made.cause or 'nobody'}",
        f"  statistic {_shown(made.statistic)}, limit {_shown(made.limit)}{level}",
        f"  counts {', '.join(f'{name} {count}' for name, count in made.counts.items()) or 'none'}",
        f"  inputs sha256 {made.inputs_sha256}",
        "  seen:",
        *(f"    {name}: {value}" for name, value in _told(made.evidence)),
        f"  computed again: {found.basis}",
    ]
    return lines + ([f"  DIFFERS: {fault}" for fault in found.faults] or ["  it follows from what was seen"])


def receipt_facts(found: Receipt) -> dict[str, Any]:
    """A receipt as plain values."""
    return {
        "decision": found.decision.record(),
        "recomputed": found.basis,
        "follows": found.holds,
        "faults": list(found.faults),
    }


def _told(evidence: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in evidence.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from _told(value, f"{path}.")
        elif value not in (None, "", [], {}):
            yield path, _instant(name, value)


def _instant(name: str, value: Any) -> str:
    """A value; a moment as one, and a change of regime from its moment on."""
    if name == "regimes" and isinstance(value, Sequence):
        return ", ".join(f"{label} from {_instant('at', at)}" for at, label in value[-SHORT:])
    if type(value) is int and name.rpartition("_")[2] in MOMENTS:
        return f"{moment(value):%Y-%m-%d %H:%M:%S}"
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = f", and {len(value) - SHORT} more" if len(value) > SHORT else ""
        return ", ".join(map(_shown, value[:SHORT])) + more
    return "-" if value is None else str(value)
