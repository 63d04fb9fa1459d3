"""What a registry should do, once more in few lines: one state after the other, and nothing else at the time.

Written apart from the registry and its table of moves, so that a mistake there is not made here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

NAIVE, CLM = "naive", "clm"
STALE, ILLEGAL = "stale", "illegal"
DEPTH = 16

Operation = tuple[Any, ...]  # word, actor, then the word's own arguments


@dataclass(frozen=True)
class State:
    """A route."""

    epoch: int = 0
    active: str = NAIVE
    since: int = 0
    canary: str | None = None
    share: float = 0.0
    lived: tuple[str, ...] = ()
    locked: frozenset[str] = frozenset()
    pinned: bool = False
    frozen: bool = False
    wanted: int = 0  # approvals
    approved: frozenset[tuple[str, str]] = frozenset()  # version, by whom


def step(state: State, operation: Operation) -> tuple[Any, State]:
    """What an operation answers, and the state behind it; the epoch where it changed something."""
    word, actor, *arguments = operation
    if word == "look":
        return [state.epoch, state.active, state.canary, state.share], state
    if word == "census":
        return [] if state.active == NAIVE else [state.active], state
    behind = MOVES[word](state, actor, *arguments)
    if isinstance(behind, str):
        return behind, state
    return state.epoch + 1, replace(behind, epoch=state.epoch + 1)


def _promote(state: State, actor: str, seen: int, version: str) -> State | str:
    if not state.since <= seen <= state.epoch:
        return STALE
    if state.pinned or version == state.active or _stopped(state, actor, version):
        return ILLEGAL
    if version != state.canary and not _seconded(state, actor, version):
        return ILLEGAL
    return _swap(state, version, (*state.lived, state.active)[-DEPTH:])


def _rollback(state: State, actor: str) -> State | str:
    lived = [*state.lived]
    while lived and (lived[-1] in state.locked or lived[-1] == state.active):
        del lived[-1]
    if state.pinned or _stopped(state, actor) or (state.active == NAIVE and not lived):
        return ILLEGAL
    behind = _swap(state, lived.pop() if lived else NAIVE, tuple(lived))
    return replace(behind, locked=behind.locked | ({state.active} - {NAIVE}))


def _canary(state: State, actor: str, seen: int, version: str, share: float) -> State | str:
    if not (state.since if state.canary is None else state.epoch) <= seen <= state.epoch:
        return STALE
    if state.pinned or version in (state.active, NAIVE) or _stopped(state, actor, version):
        return ILLEGAL
    if state.canary is None and _seconded(state, actor, version):
        return replace(state, canary=version, share=share, locked=state.locked - {version})
    if state.canary == version and share > state.share:
        return replace(state, share=share)
    return ILLEGAL


def _abort(state: State, actor: str) -> State | str:
    if state.canary is None or _stopped(state, actor):
        return ILLEGAL
    return replace(state, canary=None, share=0.0, locked=state.locked | {state.canary})


def _pin(state: State, actor: str) -> State | str:
    if actor == CLM or state.pinned or state.canary is not None:
        return ILLEGAL
    return replace(state, pinned=True)


def _unpin(state: State, actor: str) -> State | str:
    return replace(state, pinned=False) if state.pinned and actor != CLM else ILLEGAL


def _freeze(state: State, actor: str) -> State | str:
    return ILLEGAL if state.frozen or actor == CLM else replace(state, frozen=True)


def _resume(state: State, actor: str) -> State | str:
    return replace(state, frozen=False) if state.frozen and actor != CLM else ILLEGAL


def _unlock(state: State, actor: str, version: str) -> State | str:
    if version not in state.locked or actor == CLM:
        return ILLEGAL
    return replace(state, locked=state.locked - {version})


def _approve(state: State, actor: str, version: str) -> State | str:
    if actor == CLM or version in (state.active, NAIVE) or (version, actor) in state.approved:
        return ILLEGAL
    return replace(state, approved=state.approved | {(version, actor)})


def _want(state: State, actor: str, number: int) -> State | str:
    return ILLEGAL if actor == CLM or number == state.wanted else replace(state, wanted=number)


MOVES: dict[str, Callable[..., State | str]] = {
    "promote": _promote,
    "rollback": _rollback,
    "canary": _canary,
    "abort": _abort,
    "pin": _pin,
    "unpin": _unpin,
    "freeze": _freeze,
    "resume": _resume,
    "unlock": _unlock,
    "approve": _approve,
    "want": _want,
}


def _stopped(state: State, actor: str, version: str = "") -> bool:
    return actor == CLM and (state.frozen or version in state.locked)


def _seconded(state: State, actor: str, version: str) -> bool:
    others = {who for about, who in state.approved if about == version and who != actor}
    return version == NAIVE or len(others) >= state.wanted


def _swap(state: State, version: str, lived: tuple[str, ...]) -> State:
    return replace(
        state,
        active=version,
        since=state.epoch + 1,
        canary=None,
        share=0.0,
        lived=lived,
        locked=state.locked - {version},
        approved=frozenset(each for each in state.approved if each[0] != version),
    )
