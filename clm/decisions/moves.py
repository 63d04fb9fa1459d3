"""Moves: every legal change of a route in one table. Pure; the registry carries out what this allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from clm.decisions.route import Route
from clm.errors import IllegalMove, StaleEpoch
from clm.model import NAIVE
from clm.records import AUTOMATION, PROMOTED, ROLLED_BACK, SWAPS

CANARY, ABORTED = "canary", "canary_aborted"
PINNED, UNPINNED, FROZEN, RESUMED = "pinned", "unpinned", "frozen", "resumed"
UNLOCKED, APPROVED, APPROVALS = "unlocked", "approved", "approvals"
"""Kinds of moves besides ``promoted`` and ``rolled_back``."""

MOST_APPROVALS = 8

DEPTH = 16
"""Versions that were live and are kept as targets of a rollback; below them all is the naive forecast."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of a route that somebody wants."""

    kind: str
    actor: str
    epoch: int | None = None  # of the route that was seen; None: as it stands
    version: str = ""  # of promoted, canary, approved and unlocked; of the others it follows from the route
    share: float = 0.0  # of canary: fraction of keys, between 0 and 1
    number: int = 0  # of approvals


Stack = Sequence[str]
"""The versions that were live before the active one, the last at the end."""

Changed = tuple[Route, Stack]


def after(route: Route, lived: Stack, move: Move) -> Changed:
    """The route and the stack after a move; the epoch is one higher.

    Raises:
        StaleEpoch: another version became active, or another canary or share, since the mover looked.
        IllegalMove: the table has no such move, or from this route it may not be made by this actor.
    """
    if move.kind not in LEGAL:
        raise IllegalMove(f"{move.kind!r} is no move; use one of {', '.join(LEGAL)}")
    _fresh(route, move)
    rule = LEGAL[move.kind]
    if move.actor == AUTOMATION:
        _automation(route, move, rule)
    moved, stack = rule.change(route, lived, move)
    since = route.epoch + 1 if moved.active != route.active else route.since
    return replace(moved, epoch=route.epoch + 1, since=since), stack


def subject(route: Route, moved: Route, move: Move) -> str:
    """The version that a move is about."""
    other = move.version or moved.canary or route.canary or moved.active
    return moved.active if move.kind == ROLLED_BACK else other


def _fresh(route: Route, move: Move) -> None:
    """What was seen must still hold: to begin or to swap the active version, for any later step all."""
    if move.epoch is None:
        return
    begins = move.kind == CANARY and route.canary is None
    newest = route.since if move.kind in SWAPS or begins else route.epoch
    if not newest <= move.epoch <= route.epoch:
        raise StaleEpoch(
            f"the route is at epoch {route.epoch} on {route.active}, the mover saw {move.epoch}: look again"
        )


def _automation(route: Route, move: Move, rule: Rule) -> None:
    if not rule.automation:
        raise IllegalMove(f"{move.kind} is a person's move: only an operator may make it")
    if route.frozen:
        raise IllegalMove("the route is frozen: only an operator may move it until it is resumed")
    if move.version in route.locked_out:
        raise IllegalMove(f"{move.version} is locked out: only an operator may promote or unlock it")


def _promoted(route: Route, lived: Stack, move: Move) -> Changed:
    _unpinned_for(route, move)
    if move.version == route.active:
        raise IllegalMove(f"{move.version} is active already: there is nothing to promote")
    _approved_for(route, move)
    return _settled(route, move.version), (*lived, route.active)[-DEPTH:]


def _rolled_back(route: Route, lived: Stack, move: Move) -> Changed:
    """To the newest version of the stack that nobody has rolled back from; the one left is locked out."""
    _unpinned_for(route, move)
    bad = route.active
    stack = list(lived)
    while stack and (stack[-1] == bad or stack[-1] in route.locked_out):
        stack.pop()
    if not stack and bad == NAIVE:
        raise IllegalMove(f"the route is on {bad}, before which nothing was live")
    target = stack.pop() if stack else NAIVE
    return _locked(_settled(route, target), bad), tuple(stack)


def _canary(route: Route, lived: Stack, move: Move) -> Changed:
    _unpinned_for(route, move)
    if move.version in (route.active, NAIVE):
        raise IllegalMove(f"{move.version} cannot be a canary: it is active, or the naive forecast")
    if not 0.0 < move.share < 1.0:
        raise IllegalMove(f"a canary's share is {move.share!r}; it must be between 0 and 1: promote for all")
    if route.canary not in (None, move.version):
        raise IllegalMove(f"{route.canary} is the canary already: promote or abort it first")
    if route.canary is not None:
        if move.share <= route.share:
            raise IllegalMove(f"{move.version} has {route.share:.0%} already: abort it, or give it more")
        return replace(route, share=move.share), lived
    _approved_for(route, move)
    begun = replace(route, canary=move.version, share=move.share, salt=f"{move.version}:{route.epoch + 1}")
    return _unlocked_by(begun, move.version), lived


def _aborted(route: Route, lived: Stack, _: Move) -> Changed:
    if route.canary is None:
        raise IllegalMove("there is no canary to abort")
    return _locked(replace(route, canary=None, share=0.0), route.canary), lived


def _pinned(route: Route, lived: Stack, move: Move) -> Changed:
    wanted = move.version or route.active
    if wanted != route.active:
        raise IllegalMove(f"{wanted} is not active, {route.active} is: promote it before it is pinned")
    if route.canary is not None:
        raise IllegalMove(f"{route.canary} is on {route.share:.0%} of the keys: promote or abort it first")
    if route.pin is not None:
        raise IllegalMove(f"{route.pin} is pinned already")
    return replace(route, pin=wanted), lived


def _unpinned(route: Route, lived: Stack, _: Move) -> Changed:
    if route.pin is None:
        raise IllegalMove("nothing is pinned")
    return replace(route, pin=None), lived


def _frozen(route: Route, lived: Stack, _: Move) -> Changed:
    if route.frozen:
        raise IllegalMove("the route is frozen already")
    return replace(route, frozen=True), lived


def _resumed(route: Route, lived: Stack, _: Move) -> Changed:
    if not route.frozen:
        raise IllegalMove("the route is not frozen")
    return replace(route, frozen=False), lived


def _unlocked(route: Route, lived: Stack, move: Move) -> Changed:
    if move.version not in route.locked_out:
        raise IllegalMove(f"{move.version or 'no version'} is not locked out")
    return _unlocked_by(route, move.version), lived


def _approve(route: Route, lived: Stack, move: Move) -> Changed:
    known = route.approved.get(move.version, ())
    if move.version in (route.active, NAIVE):
        raise IllegalMove(f"{move.version} needs no approval: it is active, or the naive forecast")
    if move.actor in known:
        raise IllegalMove(f"{move.actor} has approved {move.version} already: another person must")
    return replace(route, approved={**route.approved, move.version: (*known, move.actor)}), lived


def _approvals(route: Route, lived: Stack, move: Move) -> Changed:
    if not 0 <= move.number <= MOST_APPROVALS or move.number == route.approvals:
        raise IllegalMove(
            f"{move.number} approvals cannot be asked for: it is {route.approvals} now, "
            f"and must become another number from 0 to {MOST_APPROVALS}"
        )
    return replace(route, approvals=move.number), lived


@dataclass(frozen=True)
class Rule:
    """A row of the table."""

    change: Callable[[Route, Stack, Move], Changed]
    automation: bool  # whether the actor may be no person


LEGAL: dict[str, Rule] = {
    PROMOTED: Rule(_promoted, automation=True),
    ROLLED_BACK: Rule(_rolled_back, automation=True),
    CANARY: Rule(_canary, automation=True),
    ABORTED: Rule(_aborted, automation=True),
    PINNED: Rule(_pinned, automation=False),
    UNPINNED: Rule(_unpinned, automation=False),
    FROZEN: Rule(_frozen, automation=False),
    RESUMED: Rule(_resumed, automation=False),
    UNLOCKED: Rule(_unlocked, automation=False),
    APPROVED: Rule(_approve, automation=False),
    APPROVALS: Rule(_approvals, automation=False),
}
"""Kind -> who may make the move, and what becomes of the route or why it may not be."""


def _settled(route: Route, active: str) -> Route:
    """Every key on one version; what stood in its way is forgotten."""
    others = {version: who for version, who in route.approved.items() if version != active}
    whole = replace(route, active=active, canary=None, share=0.0, approved=others)
    return _unlocked_by(whole, active)


def _locked(route: Route, version: str) -> Route:
    known = route.locked_out
    return route if version in (*known, NAIVE) else replace(route, locked_out=(*known, version))


def _unlocked_by(route: Route, version: str) -> Route:
    return replace(route, locked_out=tuple(each for each in route.locked_out if each != version))


def _unpinned_for(route: Route, move: Move) -> None:
    if route.pin is not None:
        raise IllegalMove(f"{route.pin} is pinned: unpin it before {move.kind}")


def _approved_for(route: Route, move: Move) -> None:
    """The naive forecast needs nobody's approval, and nobody approves their own promotion."""
    who = set(route.approved.get(move.version, ())) - {move.actor}
    if move.version not in (NAIVE, route.canary) and len(who) < route.approvals:
        raise IllegalMove(
            f"{move.version} has {len(who)} of {route.approvals} approvals of others than {move.actor}: "
            "ask another person for `clm approve`"
        )
