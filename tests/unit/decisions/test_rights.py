"""Who may make which move, once somebody has a role."""

from __future__ import annotations

import pytest

from clm.decisions.moves import ABORTED, APPROVALS, APPROVED, FROZEN, LEGAL, RESUMED
from clm.decisions.rights import MAY, ROLES, Rights
from clm.errors import IllegalMove
from clm.records import PROMOTED, ROLLED_BACK

RIGHTS = Rights({"ann": "operator", "bob": "approver", "eve": "viewer", "joe": "guard", "zoe": "admin"})


def may(actor: str, kind: str) -> bool:
    try:
        RIGHTS.require(actor, kind)
    except IllegalMove:
        return False
    return True


@pytest.mark.parametrize(
    ("actor", "kinds"),
    [
        ("ann", {PROMOTED, ROLLED_BACK, ABORTED, FROZEN, RESUMED}),
        ("bob", {APPROVED, ROLLED_BACK, ABORTED, FROZEN}),
        ("joe", {ROLLED_BACK, ABORTED, FROZEN}),
        ("zoe", {PROMOTED, APPROVED, APPROVALS, ROLLED_BACK, ABORTED, FROZEN, RESUMED}),
        ("eve", set()),
        ("a stranger", set()),
    ],
)
def test_a_role_may_do_what_the_table_says(actor: str, kinds: set[str]) -> None:
    asked = {PROMOTED, APPROVED, APPROVALS, ROLLED_BACK, ABORTED, FROZEN, RESUMED}
    assert {kind for kind in asked if may(actor, kind)} == kinds


def test_nobody_both_approves_and_promotes_but_an_admin() -> None:
    assert [role for role in ROLES if {PROMOTED, APPROVED} <= MAY[role]] == ["admin"]


def test_automation_is_not_a_person() -> None:
    assert all(may("clm", kind) for kind in LEGAL)


def test_without_roles_everybody_may_everything() -> None:
    for kind in LEGAL:
        Rights().require("anybody", kind)


def test_who_is_refused_hears_whom_to_ask() -> None:
    with pytest.raises(
        IllegalMove, match="eve is viewer and may not make the move 'promoted': ask operator, admin"
    ):
        RIGHTS.require("eve", PROMOTED)
