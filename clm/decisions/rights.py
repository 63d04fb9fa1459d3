"""Rights: who may make which move of a route. Pure; the registry asks before it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clm.decisions.moves import (
    ABORTED,
    APPROVED,
    CANARY,
    FROZEN,
    LEGAL,
    PINNED,
    RESUMED,
    UNPINNED,
)
from clm.errors import IllegalMove
from clm.records import AUTOMATION, PROMOTED, ROLLED_BACK

VIEWER, GUARD, OPERATOR, APPROVER, ADMIN = ROLES = ("viewer", "guard", "operator", "approver", "admin")

SAFE = frozenset({ROLLED_BACK, ABORTED, FROZEN})
"""Moves back to what has served before, and a stop: what may have to be done at night."""

MAY: Mapping[str, frozenset[str]] = {
    VIEWER: frozenset(),
    GUARD: SAFE,
    OPERATOR: SAFE | {PROMOTED, CANARY, PINNED, UNPINNED, RESUMED},
    APPROVER: SAFE | {APPROVED},
    ADMIN: frozenset(LEGAL),
}
"""Role -> kinds of moves. An operator cannot approve, nor an approver promote: that is what four eyes are."""


@dataclass(frozen=True)
class Rights:
    """Who has which role; without any, everybody may do everything."""

    roles: Mapping[str, str] = field(default_factory=dict)  # actor -> one of ROLES

    def require(self, actor: str, kind: str) -> None:
        """Raises IllegalMove unless an actor may make a kind of move.

        Automation is bound by the table of moves instead. Who is not named may look.
        """
        role = self.roles.get(actor, VIEWER)
        if not self.roles or actor == AUTOMATION or kind in MAY[role]:
            return
        able = ", ".join(each for each in ROLES if kind in MAY[each])
        raise IllegalMove(f"{actor} is {role} and may not make the move {kind!r}: ask {able}")
