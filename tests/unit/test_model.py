"""The vocabulary keeps the specification's spellings, priorities and report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clm.model import CycleReport, ModelStatus, ModelType, RetrainTrigger, version_name

REPORT = CycleReport(
    started_at=datetime(2025, 1, 30, 14, 30, tzinfo=UTC),
    trigger=RetrainTrigger.TIME,
    trained_models=[ModelType.XGBOOST, ModelType.LIGHTGBM, ModelType.NHITS],
    promoted_models=[ModelType.XGBOOST],
    failed_models=[ModelType.PATCHTST],
    total_duration_seconds=12.34,
    rejected_models=[ModelType.LIGHTGBM],
    undecided_models=[ModelType.NHITS],
)


def test_the_model_types_are_spelled_as_on_the_wire() -> None:
    assert [each.value for each in ModelType] == ["xgboost", "lightgbm", "nhits", "patchtst", "ensemble"]


def test_the_statuses_follow_a_version_through_its_life() -> None:
    assert [each.name for each in ModelStatus] == ["CANDIDATE", "SHADOW", "ACTIVE", "RETIRED"]


def test_the_triggers_stand_in_the_order_of_their_priority() -> None:
    assert [each.value for each in RetrainTrigger] == [
        "manual", "performance_decay", "regime_shift", "data_volume", "time",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "when",
    [
        datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC),
        datetime(2025, 1, 30, 16, 30, 52, 999_999, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_version_is_named_after_its_training_in_utc(when: datetime) -> None:
    assert version_name(when) == "v20250130_143052"


def test_the_report_tells_crashed_from_rejected_from_undecided() -> None:
    assert REPORT.summary().splitlines() == [
        "CLM Report [2025-01-30 14:30]",
        "Trigger: time",
        "Trained: 3 models",
        "Promoted: 1 models",
        "Rejected: 1 models",
        "Undecided: 1 models",
        "Failed: 1 models",
        "Duration: 12.3s",
    ]


def test_a_cycle_without_a_trigger_says_none() -> None:
    idle = CycleReport(REPORT.started_at, None, [], [], [], 0.0)
    assert idle.summary().splitlines()[1] == "Trigger: none"
