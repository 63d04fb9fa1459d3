"""Mistakes that a registry could have, planted so that the proof must find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from clm.decisions import moves as table
from clm.decisions.moves import Move, Stack
from clm.decisions.route import Route
from clm.model import ModelStatus
from clm.records import ROLLED_BACK
from clm.store import moves as registry_moves
from clm.store.keyspace import Add, Check, Keyspace, Write


class Torn:
    """A keyspace whose commit is no script: it checks first, and writes a moment later."""

    def __init__(self, space: Keyspace) -> None:
        self._space = space

    def __getattr__(self, name: str) -> Any:
        return getattr(self._space, name)

    def commit(self, checks: Sequence[Check], writes: Sequence[Write], **how: bool) -> bool:
        return self._space.commit(checks, []) and self._space.commit([], writes, **how)


SPACES: dict[str, Callable[[Keyspace], Any]] = {"none": lambda space: space, "torn": Torn}
"""What stands between a registry and its server."""


def blind_to_epochs() -> AbstractContextManager[object]:
    """Nobody's look is ever too old."""
    return patch.object(table, "_fresh", lambda route, move: None)


def silent_rollbacks() -> AbstractContextManager[object]:
    """A rollback that leaves no decision."""
    logged = registry_moves.logged

    def some(keys: Any, decision: Any) -> Sequence[Write]:
        writes = logged(keys, decision)
        return [w for w in writes if decision.kind != ROLLED_BACK or not isinstance(w, Add)]

    return patch.object(registry_moves, "logged", some)


def two_active() -> AbstractContextManager[object]:
    """A rollback that forgets to retire the version that it leaves."""
    right = registry_moves._statuses

    def wrong(move: Move, route: Route, moved: Route) -> dict[str, ModelStatus | None]:
        found = right(move, route, moved)
        if move.kind == ROLLED_BACK:
            found.pop(route.active, None)
        return found

    return patch.object(registry_moves, "_statuses", wrong)


def back_to_the_last_retired() -> AbstractContextManager[object]:
    """A rollback to the bottom of what was live instead of its top."""
    right = table.after

    def wrong(route: Route, lived: Stack, move: Move) -> tuple[Route, Stack]:
        return right(route, tuple(reversed(lived)) if move.kind == ROLLED_BACK else lived, move)

    return patch.object(registry_moves, "after", wrong)


MISTAKES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "blind to epochs": blind_to_epochs,
    "silent rollbacks": silent_rollbacks,
    "two active": two_active,
    "back to another one": back_to_the_last_retired,
}
"""What a state machine must find."""
