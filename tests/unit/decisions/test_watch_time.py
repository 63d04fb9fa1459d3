"""A retrain is due a true interval after the newest training, seen on ticks only."""

from __future__ import annotations

from clm.decisions.watch import WatcherFold
from clm.events import DAY, HOUR, tick
from clm.model import ModelType
from clm.policy import Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, fold_all, told
from tests.unit.decisions.watching import MINUTE, QUIET, served, watching


def test_the_first_training_is_due_at_the_first_tick_with_a_whole_lookback() -> None:
    fold, tape = watching(training_lookback_days=90.0), Tape()
    events = [tape.predict(HOUR), tick(90 * DAY), *tape.pair(90 * DAY + HOUR, 1.0, 1.0)]
    assert fold_all(fold, events) == []  # an hour short, then no tick
    assert told(fold.apply(tick(90 * DAY + HOUR + MINUTE))) == [("retrain", "time")]


def test_bars_on_disk_count_for_the_first_lookback() -> None:
    scope = Scope(history_from=-90 * DAY)
    fold = WatcherFold(scope, Policy(**{**QUIET, "training_lookback_days": 90.0}))
    assert told(fold_all(fold, [Tape().predict(5), tick(MINUTE)])) == [("retrain", "time")]


def test_without_any_bar_nothing_is_due() -> None:
    assert fold_all(watching(training_lookback_days=1.0), [tick(day * DAY) for day in range(9)]) == []


def test_time_is_a_true_interval_since_the_last_ended_run() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)  # as_of 0, active since then
    days = [day for day in range(1, 8) if fold.apply(tick(day * DAY))]
    assert days == [7]
    fold_all(fold, [tape.candidate("v2", run="watcher-2", as_of=7 * DAY), tape.verdict("v2")])
    days = [day for day in range(8, 15) if fold.apply(tick(day * DAY))]
    assert days == [14]  # 7 days after the rejected run, though v1 is 14 days old


def test_a_failed_run_counts_for_the_interval_as_well() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, [tick(7 * DAY), tape.failed("watcher-2")])
    assert [day for day in range(8, 15) if fold.apply(tick(day * DAY))] == [14]


def test_time_is_looked_at_on_ticks_only() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    others = [*tape.pair(8 * DAY, 1.0, 1.0, version="v1"), tape.regime(8 * DAY, "calm")]
    assert fold_all(fold, others) == []
    assert told(fold.apply(tick(8 * DAY + MINUTE))) == [("retrain", "time")]


def test_a_second_tick_of_a_minute_decides_nothing() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    assert len(fold.apply(tick(8 * DAY))) == 1
    fold.apply(tape.failed("watcher-2"))
    assert fold.apply(tick(8 * DAY + 1)) == []


def test_a_rollback_to_an_older_version_does_not_age_the_newest_training() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, [tick(7 * DAY), tape.candidate("v2", run="watcher-2", as_of=7 * DAY)])
    fold_all(fold, [tape.moved("v2", 2), tape.moved("v1", 3)])
    assert fold.observe(ModelType.XGBOOST).trained_at == 7 * DAY
