"""One model's failure is kept with its reason, and the others go on."""

from __future__ import annotations

import pytest

from clm.errors import TrainingFailed
from clm.model import ModelType
from clm.steps.attempts import Attempts

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
