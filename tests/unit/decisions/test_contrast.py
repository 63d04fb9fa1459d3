"""Two logs beside each other: how often each retrained, promoted and rolled back, and on whom they differ."""

from __future__ import annotations

from clm.decisions.contrast import Contrast, contrast
from clm.records import Decision


def made(kind: str, role: str = "shadow", version: str | None = None, **facts: str) -> Decision:
    given = {"model_type": "xgboost", **facts}
    return Decision(role=role, kind=kind, at=0, version=version, **given)  # type: ignore[arg-type]


ACTING = [
    made("retrain", "watcher", trigger="time"),
    made("retrain", "watcher", trigger="time"),
    made("retrain", "watcher", trigger="manual"),
    made("suppressed", "watcher", trigger="time"),
    made("recall", "watcher", trigger="regime_shift", version="v1"),
    made("promote", version="v1"),
    made("reject", version="v2"),
    made("promote", version="v3"),
    made("rollback", version="v3"),
    made("promoted", "registry", version="v1", model_type="nhits"),
    made("suppressed", "watcher", trigger="time", model_type="patchtst"),
]
DRY = [
    made("retrain", "watcher", trigger="time"),
    made("promote", version="v1"),
    made("restarted", version="v2"),
    made("promote", version="v2"),
    made("retrain", "watcher", trigger="time", model_type="lightgbm"),
]


def test_both_are_counted_by_model_type() -> None:
    lightgbm, xgboost = contrast(ACTING, DRY)
    assert xgboost == Contrast(
        model_type="xgboost",
        retrains={"manual": (1, 0), "time": (2, 1)},
        recalls=(1, 0),
        promoted=(2, 2),
        rejected=(1, 0),
        rollbacks=(1, 0),
        differing=[("v2", "reject", "promote"), ("v3", "promote", "open")],
    )
    assert (xgboost.decided, lightgbm.decided) == ((3, 1), (0, 1))


def test_a_candidate_counts_by_its_last_verdict() -> None:
    first = [made("promote", version="v1"), made("reject", version="v1")]
    (found,) = contrast(first, first[:1])
    assert found.differing == [("v1", "reject", "promote")]


def test_logs_that_say_nothing_differ_in_nothing() -> None:
    assert contrast([], []) == []
