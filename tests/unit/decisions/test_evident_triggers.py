"""The triggers of ``sequential`` at their limits, what holds each back, and who goes first."""

from __future__ import annotations

from typing import Any

import pytest

from clm.decisions import evident_triggers
from clm.decisions.evident_triggers import EvidentObservation
from clm.events import DAY, HOUR
from clm.policy import Policy
from tests.unit.decisions.test_triggers import NOW, QUIET

SCORE = {"score": {"statistic": 900.0, "limit": 800.0, "at": NOW - HOUR}}
SKILL = {"skill": {"statistic": 0.95, "limit": 0.9, "at": NOW}}
WILD = {"regime": "wild"}
BOTH: dict[str, Any] = {"decay_detectors": ("skill", "score")}
CAP = {"cpu_seconds_per_day": 100.0}
OLD = {"trained_at": NOW - 7 * DAY}
OPEN = {"open_run": "watcher-3"}

Case = tuple[dict[str, Any], dict[str, Any], tuple[str, str, float, float] | None]
WEIGHED: list[Case] = [
    ({}, {}, None),
    ({"accuracy": 0.1, "baseline": 0.9}, {}, None),  # the seed's rule is not asked
    # performance decay: enough of the policy's detectors are in alarm
    ({"alarms": SCORE}, {}, ("retrain", "performance_decay", 900.0, 800.0)),
    ({"alarms": SKILL}, {}, None),
    ({"alarms": {**SCORE, **SKILL}}, BOTH, ("retrain", "performance_decay", 0.95, 0.9)),
    ({"alarms": SCORE}, {**BOTH, "decay_needs": 2}, None),
    ({"alarms": {**SCORE, **SKILL}}, {**BOTH, "decay_needs": 2}, ("retrain", "performance_decay", 0.95, 0.9)),
    ({"alarms": SCORE}, {"decay_needs": 2}, ("retrain", "performance_decay", 900.0, 800.0)),  # there is one
    # regime shift: days since a retrain in it was decided, 30 held back
    (WILD, {}, ("retrain", "regime_shift", float("inf"), 30.0)),
    ({**WILD, "trained_regime": "wild"}, {}, None),
    ({**WILD, "trained_regime": None}, {}, None),
    ({"regime": None}, {}, None),
    ({**WILD, "trained_here": NOW - 30 * DAY - DAY // 2}, {}, ("retrain", "regime_shift", 30.5, 30.0)),
    ({**WILD, "trained_here": NOW - 30 * DAY}, {}, ("suppressed", "regime_shift", 30.0, 30.0)),
    ({**WILD, "trained_here": NOW}, {"regime_memory_days": 0.0}, ("suppressed", "regime_shift", 0.0, 0.0)),
    # what one trigger is held back by does not hold back the next
    ({**WILD, **OLD, "trained_here": NOW - DAY}, {}, ("retrain", "time", 7.0, 7.0)),
    ({**WILD, **OLD, "alarms": SCORE}, {}, ("retrain", "performance_decay", 900.0, 800.0)),
    # an open run holds back all but decay in its trial
    ({**OLD, **OPEN}, {}, ("suppressed", "time", 7.0, 7.0)),
    ({**OLD, **OPEN, "on_trial": True}, {}, ("suppressed", "time", 7.0, 7.0)),
    ({"command": "ops-1", **OPEN, "on_trial": True}, {}, ("suppressed", "manual", 1.0, 1.0)),
    ({"alarms": SCORE, **OPEN}, {}, ("suppressed", "performance_decay", 900.0, 800.0)),
    ({"alarms": SCORE, **OPEN, "on_trial": True}, {}, ("retrain", "performance_decay", 900.0, 800.0)),
    ({"alarms": SCORE, **OPEN, "on_trial": True, "decided_at": NOW - HOUR}, {},
     ("suppressed", "performance_decay", 900.0, 800.0)),
    # the budget: what is spent and what it would cost, unless it is the day's first; never an operator's
    ({**OLD, "spent": 60.0, "cost": 40.0}, CAP, ("retrain", "time", 7.0, 7.0)),
    ({**OLD, "spent": 60.0, "cost": 41.0}, CAP, ("suppressed", "time", 7.0, 7.0)),
    ({**OLD, "spent": 60.0, "cost": 41.0}, {}, ("retrain", "time", 7.0, 7.0)),
    ({**OLD, "spent": 0.0, "cost": 999.0}, CAP, ("retrain", "time", 7.0, 7.0)),
    ({"command": "ops-1", "spent": 99.0, "cost": 99.0}, CAP, ("retrain", "manual", 1.0, 1.0)),
    ({"command": "ops-1", "decided_at": NOW}, {}, ("retrain", "manual", 1.0, 1.0)),
]  # fmt: skip
"""what differs from QUIET, from the policy's defaults, and what is ruled on which figures"""

REASONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"alarms": SCORE}, {},
     "v1 has lost skill that it had on its hold-out: score 900 over 800 at 1972-09-27 01:00"),
    (WILD, {}, "the bars have settled for regime wild, trained in calm"),
    ({**WILD, "trained_here": NOW - 2 * DAY}, {},
     "regime wild was trained in on 1972-09-25 02:00, within 30 days"),
    ({**WILD, **OLD, "trained_here": NOW - 2 * DAY, "spent": 60.0, "cost": 41.0}, CAP,
     "regime wild was trained in on 1972-09-25 02:00, within 30 days"),  # of the first by priority
    ({**OLD, "decided_at": NOW - HOUR}, {}, "cooling down until 1972-09-28 01:00"),
    ({**OLD, "spent": 60.0, "cost": 41.0}, CAP,
     "CPU budget: 60.0 s of 100 s a day are spent or promised, and the last run took 41.0 s; "
     "until 1972-09-28 00:00"),
]  # fmt: skip


def seen(changes: dict[str, Any]) -> EvidentObservation:
    return EvidentObservation(**{**QUIET, **changes})


def ruled(module: Any, changes: dict[str, Any], settings: dict[str, Any]) -> Any:
    weighed = module.weigh(seen(changes), Policy(name="sequential", **settings))
    if weighed is None:
        return None
    first = weighed.found[0]
    return weighed.kind, first.trigger.value, first.statistic, first.limit


def notices(module: Any) -> bool:
    """Whether the tables tell a module from the real one."""
    right = all(ruled(module, changes, settings) == expected for changes, settings, expected in WEIGHED)
    return not (right and all(told(module, changes, settings) == why for changes, settings, why in REASONS))


def told(module: Any, changes: dict[str, Any], settings: dict[str, Any]) -> str:
    reason: str = module.weigh(seen(changes), Policy(name="sequential", **settings)).reason
    return reason


@pytest.mark.parametrize(("changes", "settings", "expected"), WEIGHED)
def test_each_trigger_is_weighed_at_its_limit(
    changes: dict[str, Any], settings: dict[str, Any], expected: tuple[str, str, float, float] | None
) -> None:
    assert ruled(evident_triggers, changes, settings) == expected


@pytest.mark.parametrize(("changes", "settings", "reason"), REASONS)
def test_the_reason_names_what_was_seen_and_until_when(
    changes: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    assert told(evident_triggers, changes, settings) == reason


def test_all_that_fired_is_told_the_one_that_decides_first() -> None:
    changes = {**WILD, **OLD, "trained_here": NOW - DAY, "new_points": 10_000}
    weighed = evident_triggers.weigh(seen(changes), Policy(name="sequential"))
    assert weighed is not None
    assert [each.trigger.value for each in weighed.found] == ["data_volume", "regime_shift", "time"]
