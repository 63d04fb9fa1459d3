"""One model's failure is kept with its reason, and the others go on."""

from __future__ import annotations

import threading
import time
from itertools import count

import pytest

from clm.errors import ConfigurationError, TrainingFailed
from clm.model import ModelType
from clm.steps.attempts import Attempts, limits_of
from clm.steps.gauge import aside, at_step

XGB, LGB = ModelType.XGBOOST, ModelType.LIGHTGBM


def halved(number: int) -> int:
    if number % 2:
        raise TrainingFailed(f"{number} is odd")
    return number // 2


def test_what_fails_is_left_out_with_its_reason() -> None:
    attempts = Attempts()
    assert attempts.each({XGB: 3, LGB: 8}, halved, at_once=2) == {LGB: 4}
    assert attempts.failures == {XGB: "3 is odd"}


def test_what_all_need_fails_for_all() -> None:
    attempts = Attempts()
    assert attempts.one([XGB, LGB], lambda: halved(1)) is None
    assert set(attempts.failures) == {XGB, LGB}


def test_a_new_beginning_forgets_the_failures() -> None:
    attempts = Attempts()
    attempts.one([XGB], lambda: halved(1))
    attempts.begin()
    assert attempts.failures == {}


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Attempts().one([XGB], lambda: 1 // 0)


def test_what_takes_too_long_is_left_out_and_waited_for_no_longer() -> None:
    attempts, never = Attempts(), threading.Event()
    calls = {XGB: lambda: never.wait(600), LGB: lambda: "made"}
    assert attempts.each(calls, lambda call: call(), at_once=1, limits={XGB: 0.1}) == {LGB: "made"}
    assert "limit of 0.1 s: raise time_limits['xgboost']" in attempts.failures[XGB]
    never.set()


def test_a_fit_over_its_limit_ends_at_its_next_step() -> None:
    attempts, ended = Attempts(), threading.Event()

    def fit(_: None) -> None:
        try:
            for step in count(1):
                at_step(step, 10**9)
                time.sleep(0.001)
        finally:
            ended.set()

    assert attempts.each({XGB: None}, fit, limits={XGB: 0.05}) == {}
    assert ended.wait(60)


class Clock:
    """A clock that a test sets, and that counts how often it was looked at."""

    now, looks = 0.0, 0

    def __call__(self) -> float:
        self.looks += 1
        return self.now


def test_waiting_for_another_fit_takes_no_time_while_that_goes_on() -> None:
    clock, waiting, mine = Clock(), threading.Event(), threading.Event()

    def waits(_: None) -> str:
        with aside():
            waiting.set()
            mine.wait(60)
        return "made"

    def works(_: None) -> str:
        waiting.wait(60)
        clock.now = 1000.0
        seen = clock.looks
        while clock.looks < seen + 4:  # each of two looks at both
            time.sleep(0.01)
        mine.set()
        return "made"

    calls = {XGB: waits, LGB: works}
    made = Attempts(clock).each(calls, lambda call: call(None), at_once=2, limits={XGB: 20.0})
    assert made == {XGB: "made", LGB: "made"}


def test_who_waits_for_a_fit_that_never_stops_is_not_waited_for_either() -> None:
    attempts, never = Attempts(), threading.Event()

    def waits(_: None) -> None:
        with aside():
            never.wait(600)

    calls = {XGB: lambda _: never.wait(600), LGB: waits}
    assert attempts.each(calls, lambda call: call(None), at_once=2, limits={XGB: 0.1, LGB: 0.1}) == {}
    assert set(attempts.failures) == {XGB, LGB}
    never.set()


@pytest.mark.parametrize(("name", "seconds"), [("xgbost", 1.0), ("xgboost", 0.0), ("xgboost", float("nan"))])
def test_an_impossible_limit_is_refused(name: str, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="time_limits"):
        limits_of({name: seconds})
