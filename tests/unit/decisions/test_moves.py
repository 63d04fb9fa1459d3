"""The table of legal moves: what a move makes of a route, and why it may not be made."""

from __future__ import annotations

import pytest

from clm.decisions.moves import (
    ABORTED,
    APPROVALS,
    APPROVED,
    CANARY,
    DEPTH,
    FROZEN,
    PINNED,
    RESUMED,
    UNLOCKED,
    UNPINNED,
    Move,
    after,
    subject,
)
from clm.decisions.route import Route
from clm.errors import IllegalMove, StaleEpoch
from clm.model import NAIVE
from clm.records import PROMOTED, ROLLED_BACK

ON_A = Route(epoch=1, active="A", since=1)
TRYING_B = Route(epoch=2, active="A", since=1, canary="B", share=0.1, salt="B:2")


def change(route: Route, kind: str, version: str = "", actor: str = "ann", **how: object) -> Route:
    moved, _ = after(route, (NAIVE,), Move(kind=kind, actor=actor, version=version, **how))  # type: ignore[arg-type]
    return moved


def test_a_promotion_remembers_what_was_live() -> None:
    moved, lived = after(ON_A, (NAIVE,), Move(kind=PROMOTED, actor="clm", version="B", epoch=1))
    assert (moved, lived) == (Route(epoch=2, active="B", since=2), (NAIVE, "A"))


def test_only_the_newest_of_what_was_live_is_remembered() -> None:
    lived: tuple[str, ...] = ()
    route = Route()
    for number in range(DEPTH + 5):
        route, stack = after(route, lived, Move(kind=PROMOTED, actor="clm", version=f"v{number}"))
        lived = tuple(stack)
    assert (len(lived), lived[0], lived[-1]) == (DEPTH, "v4", "v19")


def test_a_rollback_passes_over_versions_that_were_rolled_back_from() -> None:
    route = Route(epoch=5, active="C", since=5, locked_out=("B",))
    moved, lived = after(route, (NAIVE, "A", "B", "C"), Move(kind=ROLLED_BACK, actor="clm"))
    assert (moved.active, moved.locked_out, lived) == ("A", ("B", "C"), (NAIVE,))


def test_below_everything_that_was_live_is_the_naive_forecast() -> None:
    moved, lived = after(ON_A, (), Move(kind=ROLLED_BACK, actor="clm"))
    assert (moved.active, lived) == (NAIVE, ())
    with pytest.raises(IllegalMove, match="nothing was live"):
        after(moved, lived, Move(kind=ROLLED_BACK, actor="clm"))


def test_the_naive_forecast_is_never_locked_out() -> None:
    moved, _ = after(Route(), ("A",), Move(kind=ROLLED_BACK, actor="ann"))
    assert (moved.active, moved.locked_out) == ("A", ())


@pytest.mark.parametrize("epoch", [0, 3])
def test_a_promotion_wants_the_active_version_that_its_mover_saw(epoch: int) -> None:
    with pytest.raises(StaleEpoch, match="epoch 2 on A"):
        change(TRYING_B, PROMOTED, "B", epoch=epoch)


def test_a_promotion_may_come_after_a_canarys_step_and_a_step_may_not() -> None:
    assert change(TRYING_B, PROMOTED, "B", epoch=1).active == "B"
    with pytest.raises(StaleEpoch):
        change(TRYING_B, CANARY, "B", epoch=1, share=0.5)


def test_a_canarys_share_only_grows_and_keeps_its_keys() -> None:
    wider = change(TRYING_B, CANARY, "B", share=0.5)
    assert (wider.share, wider.salt, wider.since) == (0.5, "B:2", 1)
    with pytest.raises(IllegalMove, match="has 50% already"):
        change(wider, CANARY, "B", share=0.1)


@pytest.mark.parametrize(
    ("route", "kind", "how", "why"),
    [
        (ON_A, PROMOTED, {"version": "A"}, "active already"),
        (ON_A, CANARY, {"version": "A", "share": 0.5}, "cannot be a canary"),
        (ON_A, CANARY, {"version": NAIVE, "share": 0.5}, "cannot be a canary"),
        (ON_A, CANARY, {"version": "B", "share": 1.0}, "between 0 and 1"),
        (ON_A, CANARY, {"version": "B", "share": float("nan")}, "between 0 and 1"),
        (TRYING_B, CANARY, {"version": "C", "share": 0.5}, "B is the canary already"),
        (ON_A, ABORTED, {}, "no canary"),
        (ON_A, PINNED, {"version": "B"}, "promote it before"),
        (TRYING_B, PINNED, {}, "B is on 10% of the keys"),
        (ON_A, UNPINNED, {}, "nothing is pinned"),
        (ON_A, RESUMED, {}, "not frozen"),
        (ON_A, UNLOCKED, {"version": "B"}, "not locked out"),
        (ON_A, APPROVED, {"version": "A"}, "needs no approval"),
        (ON_A, APPROVALS, {"number": 0}, "it is 0 now"),
        (ON_A, APPROVALS, {"number": 9}, "from 0 to 8"),
    ],
)
def test_what_is_not_legal_says_why(route: Route, kind: str, how: dict[str, object], why: str) -> None:
    with pytest.raises(IllegalMove, match=why):
        change(route, kind, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(("once", "twice"), [(PINNED, "pinned already"), (FROZEN, "frozen already")])
def test_a_switch_is_thrown_once(once: str, twice: str) -> None:
    thrown = change(ON_A, once)
    with pytest.raises(IllegalMove, match=twice):
        change(thrown, once)


def test_one_person_is_not_two() -> None:
    approved = change(ON_A, APPROVED, "B")
    with pytest.raises(IllegalMove, match="another person"):
        change(approved, APPROVED, "B")
    assert change(approved, APPROVED, "B", actor="bob").approved == {"B": ("ann", "bob")}


def test_an_approved_canary_needs_no_second_approval() -> None:
    asked = change(change(ON_A, APPROVALS, number=1), APPROVED, "B")
    tried = change(asked, CANARY, "B", actor="clm", share=0.1)
    assert change(tried, PROMOTED, "B", actor="clm").active == "B"


def test_the_naive_forecast_needs_no_approval() -> None:
    assert change(change(ON_A, APPROVALS, number=2), PROMOTED, NAIVE, actor="clm").active == NAIVE


@pytest.mark.parametrize(
    ("kind", "version", "about"),
    [(PROMOTED, "C", "C"), (ROLLED_BACK, "", NAIVE), (ABORTED, "", "B"), (FROZEN, "", "B")],
)
def test_every_move_is_about_a_version(kind: str, version: str, about: str) -> None:
    asked = Move(kind=kind, actor="ann", version=version)
    assert subject(TRYING_B, after(TRYING_B, (NAIVE,), asked)[0], asked) == about
