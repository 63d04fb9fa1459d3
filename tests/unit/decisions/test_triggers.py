"""The five triggers fire at their limits and not a step before, in the order of their priority."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clm.decisions import triggers
from clm.decisions.triggers import Fired, Observation
from clm.events import DAY, HOUR
from clm.model import ModelType, RetrainTrigger
from clm.policy import ModelPolicy, Policy

NOW = 1000 * DAY + 2 * HOUR  # 02:00

QUIET: dict[str, Any] = {
    "model_type": ModelType.XGBOOST, "clock": NOW, "on_tick": True, "active": "v1",
    "trained_at": NOW - DAY, "data_since": 0, "accuracy": 0.5, "baseline": 0.5, "pairs": 288,
    "new_points": 0, "regime": "calm", "trained_regime": "calm", "command": None, "open_run": None,
    "decided_at": None,
}  # fmt: skip
"""Nothing is due."""

DECAYED = {"accuracy": 0.4375, "baseline": 0.75}
QUARTER: dict[str, Any] = {"performance_decay_threshold": 0.25}  # exact in binary: 0.75 - 0.25 = 0.5
NEVER = {"trained_at": None, "active": "naive"}

Case = tuple[dict[str, Any], dict[str, Any], list[tuple[str, float, float]]]
FIRED: list[Case] = [
    ({}, {}, []),
    # performance decay: strictly below the baseline less the threshold
    (DECAYED, QUARTER, [("performance_decay", 0.4375, 0.5)]),
    ({**DECAYED, "accuracy": 0.5}, QUARTER, []),
    ({**DECAYED, "accuracy": math.nan}, QUARTER, []),  # the window is not full yet
    ({**DECAYED, "baseline": math.nan}, QUARTER, []),  # naive has no baseline
    # regime shift
    ({"regime": "wild"}, {}, [("regime_shift", 1.0, 1.0)]),
    ({"regime": "wild", "trained_regime": "wild"}, {}, []),
    ({"regime": None}, {}, []),
    ({"trained_regime": None}, {}, []),
    # data volume
    ({"new_points": 9_999}, {}, []),
    ({"new_points": 10_000}, {}, [("data_volume", 10_000.0, 10_000.0)]),
    ({"new_points": 10_000, **NEVER, "data_since": None}, {}, []),  # nothing was trained before
    # time: 7 days since the newest training, on ticks, in the chosen hour
    ({"trained_at": NOW - 7 * DAY + 1}, {}, []),
    ({"trained_at": NOW - 7 * DAY}, {}, [("time", 7.0, 7.0)]),
    ({"trained_at": NOW - 7 * DAY, "on_tick": False}, {}, []),
    ({"trained_at": NOW - 7 * DAY}, {"retrain_hour_utc": 2}, [("time", 7.0, 7.0)]),
    ({"trained_at": NOW - 7 * DAY}, {"retrain_hour_utc": 3}, []),
    ({"trained_at": NOW - 7 * DAY}, {"retrain_hour_utc": 1}, []),
    # first training: a whole lookback of bars
    ({**NEVER, "data_since": NOW - 90 * DAY + 1}, {}, []),
    ({**NEVER, "data_since": NOW - 90 * DAY}, {}, [("time", 90.0, 90.0)]),
    ({**NEVER, "data_since": NOW - 90 * DAY, "on_tick": False}, {}, []),
    ({**NEVER, "data_since": None}, {}, []),
    # manual, and all that fired, first by priority
    ({"command": "ops-1"}, {}, [("manual", 1.0, 1.0)]),
    (
        {**DECAYED, "command": "ops-1", "regime": "wild", "new_points": 12_000,
         "trained_at": NOW - 14 * DAY},
        QUARTER,
        [("manual", 1.0, 1.0), ("performance_decay", 0.4375, 0.5), ("regime_shift", 1.0, 1.0),
         ("data_volume", 12_000.0, 10_000.0), ("time", 14.0, 7.0)],
    ),
]  # fmt: skip
"""what differs from QUIET, from the default policy, and what fires with its statistic and limit"""

HELD: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    ({}, {}, None),
    ({"open_run": "watcher-3"}, {}, "run watcher-3 of xgboost is open"),
    ({"open_run": "watcher-3", "command": "ops-1"}, {}, "run watcher-3 of xgboost is open"),
    ({"decided_at": NOW - 24 * HOUR + 1}, {}, "cooling down until 1972-09-27 02:00"),  # day 1000
    ({"decided_at": NOW - 24 * HOUR}, {}, None),
    ({"decided_at": NOW, "command": "ops-1"}, {}, None),  # a person does not wait
    ({"decided_at": NOW - HOUR}, {"cooldown_hours": 1.0}, None),
    ({"decided_at": NOW}, {"cooldown_hours": 0.0}, None),
]
"""what differs from QUIET, from the default policy, and why a run may not start"""


def seen(changes: dict[str, Any]) -> Observation:
    return Observation(**{**QUIET, **changes})


def rows(found: list[Fired]) -> list[tuple[str, float, float]]:
    return [(each.trigger.value, each.statistic, each.limit) for each in found]


def notices(module: Any) -> bool:
    """Whether the tables tell a module from the real one."""
    right = all(rows(module.fired(seen(a), Policy(**b))) == expected for a, b, expected in FIRED)
    return not (right and all(module.held_back(seen(a), Policy(**b)) == why for a, b, why in HELD))


@pytest.mark.parametrize(("changes", "settings", "expected"), FIRED)
def test_each_trigger_fires_at_its_limit(
    changes: dict[str, Any], settings: dict[str, Any], expected: list[tuple[str, float, float]]
) -> None:
    assert rows(triggers.fired(seen(changes), Policy(**settings))) == expected


@pytest.mark.parametrize(("changes", "settings", "reason"), HELD)
def test_an_open_run_and_the_cool_down_hold_a_retrain_back(
    changes: dict[str, Any], settings: dict[str, Any], reason: str | None
) -> None:
    assert triggers.held_back(seen(changes), Policy(**settings)) == reason


def test_a_model_type_may_have_its_own_interval_and_cool_down() -> None:
    own = ModelPolicy(retrain_interval_days=14.0, cooldown_hours=48.0)
    policy = Policy(overrides={ModelType.NHITS: own})
    aged = {"trained_at": NOW - 7 * DAY, "decided_at": NOW - 24 * HOUR}
    assert rows(triggers.fired(seen(aged), policy)) == [("time", 7.0, 7.0)]
    assert triggers.held_back(seen(aged), policy) is None
    slow = seen({**aged, "model_type": ModelType.NHITS})
    assert triggers.fired(slow, policy) == []
    assert triggers.held_back(slow, policy) == "cooling down until 1972-09-28 02:00"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (DECAYED, "directional accuracy of v1 over 288 pairs is 0.438, hold-out 0.750 less 0.25"),
        ({"regime": "wild"}, "regime wild, trained in calm"),
        ({"new_points": 10_000}, "10000 new bars since 1972-09-26 02:00"),
        ({"trained_at": NOW - 8 * DAY}, "newest training is 8.0 days old"),
        ({**NEVER, "data_since": NOW - 91 * DAY}, "first training: 91.0 days of bars exist"),
        ({"command": "ops-1"}, "command ops-1"),
    ],
)
def test_the_reason_names_what_was_seen(changes: dict[str, Any], reason: str) -> None:
    assert triggers.fired(seen(changes), Policy(**QUARTER))[0].reason == reason


def test_the_priority_is_that_of_the_vocabulary() -> None:
    every = [row[0] for row in FIRED[-1][2]]
    assert every == [each.value for each in RetrainTrigger]
