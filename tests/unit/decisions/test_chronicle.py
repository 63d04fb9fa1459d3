"""What was live at a moment: the version, since and until when, by whom and why."""

from __future__ import annotations

from typing import Any

from clm.decisions.chronicle import Tenure, tenure_at
from clm.events import HOUR
from clm.model import NAIVE
from clm.records import REGISTRY, Decision


def move(hour: int, start: str, end: str, **told: Any) -> Decision:
    return Decision(
        role=REGISTRY, kind=told.pop("kind", "promoted"), at=hour * HOUR, model_type="xgboost",
        version=end, actor="ann", n=hour, evidence={"from": start, "to": end, "epoch": hour, **told},
    )  # fmt: skip


LOG = [
    move(1, NAIVE, "A"),
    Decision(role="shadow", kind="promote", at=2 * HOUR, model_type="xgboost", version="B"),
    move(3, "A", "A", kind="canary", canary="B", share=0.1, salt="B:2"),
    move(5, "A", "B", canary=None, share=0.0),
    move(7, "B", "B", kind="frozen", frozen=True),
]


def test_before_the_first_move_the_naive_forecast_was_live() -> None:
    found = tenure_at(LOG, "xgboost", HOUR - 1)
    assert (found.version, found.since, found.until, found.decision) == (NAIVE, None, HOUR, None)


def test_a_version_is_live_from_its_move_to_the_next_ones() -> None:
    for at in (HOUR, 2 * HOUR, 5 * HOUR - 1):
        found = tenure_at(LOG, "xgboost", at)
        assert (found.version, found.since, found.until, found.decision) == ("A", HOUR, 5 * HOUR, LOG[0])


def test_a_canary_is_told_with_its_share_for_as_long_as_it_was_on() -> None:
    during, behind = tenure_at(LOG, "xgboost", 4 * HOUR), tenure_at(LOG, "xgboost", 6 * HOUR)
    assert (during.canary, during.share, during.changed) == ("B", 0.1, LOG[2])
    assert (behind.version, behind.canary, behind.share, behind.frozen) == ("B", None, 0.0, False)


def test_without_a_moment_it_is_what_is_live_now() -> None:
    found = tenure_at(LOG, "xgboost")
    assert (found.version, found.since, found.until, found.frozen) == ("B", 5 * HOUR, None, True)


def test_another_model_type_has_a_chronicle_of_its_own() -> None:
    assert tenure_at(LOG, "nhits") == Tenure(model_type="nhits")


def test_a_move_is_never_in_force_before_the_one_that_was_logged_before_it() -> None:
    late = [move(5, NAIVE, "A"), move(3, "A", "B")]
    assert tenure_at(late, "xgboost", 4 * HOUR).version == NAIVE
    assert tenure_at(late, "xgboost", 5 * HOUR).version == "B"
