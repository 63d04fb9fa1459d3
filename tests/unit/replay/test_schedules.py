"""A fixed schedule trains on its days and is judged on every later row whose outcome is known."""

from __future__ import annotations

import math

import pytest

from clm.events import DAY
from clm.model import ModelType
from clm.replay.schedules import NEVER, Outturn, Schedule, every, run
from tests.unit.replay.fields import Diary, daily

NEVER_AGAIN = Schedule(NEVER, None)
TEN_DAYS = range(1, 11)


def play(schedule: Schedule, diary: Diary, start: int = 4) -> Outturn:
    return run(schedule, ModelType.XGBOOST, start * DAY, diary.field())


def test_never_trains_once_and_serves_to_the_end() -> None:
    diary = Diary(daily(*TEN_DAYS))
    play(NEVER_AGAIN, diary)
    assert diary.served == [(4, [5, 6, 7, 8, 9])]  # the outcome of day 10 is not known


def test_a_schedule_trains_at_its_days_and_each_model_serves_until_the_next() -> None:
    diary = Diary(daily(*TEN_DAYS))
    play(every(3), diary)
    assert diary.served == [(4, [5, 6, 7]), (7, [8, 9])]


def test_a_day_without_a_bar_moves_the_training_to_the_next_close() -> None:
    diary = Diary(daily(1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12))
    play(every(3), diary)
    assert [day for day, _ in diary.trained] == [4, 8, 11]


def test_nothing_is_trained_that_would_serve_nobody() -> None:
    diary = Diary(daily(*TEN_DAYS))
    assert play(every(6), diary).trainings == 1  # day 10 is the last close


def test_a_training_sees_only_targets_that_had_matured() -> None:
    diary = Diary(daily(*TEN_DAYS))
    play(every(3), diary)
    assert diary.trained == [(4, 3), (7, 6)]  # the target of the newest bar is a day away


def test_the_loss_is_the_mean_absolute_error_of_all_scored_rows() -> None:
    # the target is 10: days 5 to 7 miss by 6 with the model of day 4, days 8 and 9 by 3 with that of day 7
    outturn = play(every(3), Diary(daily(*TEN_DAYS)))
    assert outturn.mae == pytest.approx((3 * 6 + 2 * 3) / 5)
    assert (outturn.rows, outturn.trainings, outturn.cpu_seconds) == (5, 2, 4.0)
    assert (outturn.model_type, outturn.schedule) == (ModelType.XGBOOST, "every_3d")


def test_a_row_without_enough_history_takes_the_naive_forecast() -> None:
    # day 5 misses by 10 - 7, the other four by 10 - 4
    outturn = play(NEVER_AGAIN, Diary(daily(*TEN_DAYS), blind=frozenset({5})))
    assert outturn.mae == pytest.approx((3 + 4 * 6) / 5)
    assert outturn.rows == 5


def test_a_row_without_a_naive_forecast_is_not_scored() -> None:
    rows = daily(*TEN_DAYS)
    rows.loc[rows["at"] == 6 * DAY, "naive"] = math.nan
    assert play(NEVER_AGAIN, Diary(rows)).rows == 4


def test_a_training_at_the_last_close_has_no_loss() -> None:
    outturn = play(every(3), Diary(daily(*TEN_DAYS)), start=10)
    assert (outturn.rows, outturn.trainings) == (0, 1)
    assert math.isnan(outturn.mae)


@pytest.mark.parametrize(("days", "name"), [(7, "every_7d"), (180, "every_180d"), (0.5, "every_0.5d")])
def test_a_schedule_is_named_by_its_days(days: float, name: str) -> None:
    assert every(days).name == name
