"""The schedules beside a replay start with the first trainings of all, and not without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from clm.model import ModelType
from clm.ports import RunRecord
from clm.replay.schedules import NEVER, Outturn, Schedule, every
from tests.unit.worker import candles
from worker.rivals import Rivals, compare
from worker.settings import Settings, load

LIGHTGBM, XGBOOST = ModelType.LIGHTGBM, ModelType.XGBOOST
DAY = 24 * 3600 * 1_000_000
FIRST_DAY = 1_704_067_200_000_000  # 2024-01-01, µs
DONE = Outturn(LIGHTGBM, NEVER, 0.5, 10, 1, 0.1)


class Counting(Rivals):
    """Rivals that note when they would begin, in place of a process of their own."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, candles.scope(), "nowhere", {LIGHTGBM: every(7), XGBOOST: every(7)})
        self.begun: list[dict[ModelType, int]] = []

    def _begin(self, starts):  # type: ignore[no-untyped-def]
        from concurrent.futures import Future

        self.begun.append(dict(starts))
        self._work = Future()
        self._work.set_result([DONE])


@pytest.fixture
def rivals() -> Counting:
    return Counting(load(models=["lightgbm", "xgboost"]))


def run(n: int, model_type: ModelType, phase: str = "candidate") -> RunRecord:
    return RunRecord(
        run=f"watcher-{n}", model_type=model_type.value, as_of=n, cause="", trigger="time", phase=phase
    )


def test_they_begin_once_every_model_type_has_a_first_candidate(rivals: Counting) -> None:
    runs = [run(1, LIGHTGBM), run(2, XGBOOST, "failed")]
    rivals.look(lambda: runs)
    assert rivals.begun == []
    runs.append(run(3, XGBOOST))
    rivals.look(lambda: runs)
    rivals.look(lambda: runs)
    assert rivals.begun == [{LIGHTGBM: 1, XGBOOST: 3}]


def test_at_the_end_those_that_were_trained_are_compared(rivals: Counting) -> None:
    assert rivals.outturns([run(1, LIGHTGBM)]) == [DONE]
    assert rivals.begun == [{LIGHTGBM: 1}]


def test_without_any_training_there_is_no_comparison() -> None:
    with Rivals(load(models=["lightgbm"]), candles.scope(), "nowhere", {LIGHTGBM: every(7)}) as rivals:
        assert rivals.outturns([run(1, LIGHTGBM, "failed")]) == []


def test_each_schedule_of_each_model_type_is_run(tmp_path: Path) -> None:
    plans = {LIGHTGBM: [Schedule(NEVER, None), every(7)]}
    starts = {LIGHTGBM: FIRST_DAY + 5 * DAY}
    settings = candles.settings(tmp_path)
    found = compare(settings, candles.scope(), str(candles.written(tmp_path)), starts, plans)
    assert [(each.schedule, each.trainings) for each in found] == [("never", 1), ("every_7d", 2)]
    # day 5 to day 15 but for the newest close, of two symbols
    assert {each.rows for each in found} == {(10 * 24 - 1) * 2}
