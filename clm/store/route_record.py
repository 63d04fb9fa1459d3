"""A route's record, the versions that were live before, and what became of each cause of a move."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from clm.decisions.route import Route
from clm.records import Decision, canonical
from clm.store.codec import decode_decision

REFUSED = b"refused"
"""Stands for the decision of a cause whose move was refused."""

TOLD_APART = frozenset({"epoch", "since", "active"})
"""Fields that a decision names by other words, or that follow from those."""


def pack_route(route: Route) -> bytes:
    """The record as canonical JSON."""
    return canonical(asdict(route))


def unpack_route(raw: bytes | None) -> Route:
    """The route of a record; without one, the naive forecast's.

    A record that was written before ``since`` was kept: its version may be active since this very epoch.
    """
    if raw is None:
        return Route()
    values = json.loads(raw)
    approved = {version: tuple(who) for version, who in values.get("approved", {}).items()}
    since = values.get("since", values["epoch"])
    return Route(
        **{**values, "since": since, "locked_out": tuple(values["locked_out"]), "approved": approved}
    )


def differences(before: Route, behind: Route) -> dict[str, Any]:
    """What a move changed besides the active version, as it stands behind the move, in JSON's types."""
    old, new = (json.loads(pack_route(each)) for each in (before, behind))
    return {name: new[name] for name in new if name not in TOLD_APART and new[name] != old[name]}


def unpack_lived(raw: bytes | None) -> list[str]:
    """The versions that were live before the active one, the last at the end."""
    return list(json.loads(raw)) if raw else []


def earlier(done: bytes | None) -> Decision | None:
    """The decision of a cause that has moved already."""
    return None if done is None or done == REFUSED else decode_decision(done)
