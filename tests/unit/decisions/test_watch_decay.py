"""Performance decays when a full window of the active version is below its own hold-out."""

from __future__ import annotations

import math

import pytest

from clm.events import HOUR
from clm.model import ModelType
from tests.unit.decisions.stream import Tape, fold_all, told
from tests.unit.decisions.watching import served, watching, wrong


def test_decay_needs_a_full_window() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    assert fold_all(fold, wrong(tape, 30 * HOUR, 3)) == []
    decisions = fold_all(fold, wrong(tape, 33 * HOUR, 1))
    assert told(decisions) == [("retrain", "performance_decay")]
    assert (decisions[0].statistic, decisions[0].limit) == (0.0, 0.7)  # 0.75 - 0.05
    assert decisions[0].counts["pairs"] == 4


@pytest.mark.parametrize(("right", "kinds"), [(3, []), (2, ["retrain"])])
def test_decay_is_a_drop_of_more_than_the_threshold(right: int, kinds: list[str]) -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)  # baseline 0.75, limit 0.70: 3/4 holds, 2/4 does not
    outcomes = [1.0] * right + [-1.0] * (4 - right)
    pairs = [tape.pair(30 * HOUR + at, 1.0, outcome, version="v1") for at, outcome in enumerate(outcomes)]
    decisions = [each for pair in pairs for each in fold_all(fold, pair)]
    assert [each.kind for each in decisions] == kinds


def test_the_naive_forecast_never_decays() -> None:
    fold, tape = watching(), Tape()
    assert fold_all(fold, wrong(tape, 0, 20, version="naive")) == []


def test_a_version_without_a_known_baseline_never_decays() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape, accuracy=math.nan)
    assert fold_all(fold, wrong(tape, 30 * HOUR, 20)) == []


def test_pairs_of_another_version_or_model_type_are_not_the_active_ones() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    others = [*wrong(tape, 30 * HOUR, 9, version="v0"),
              *tape.pair(40 * HOUR, 1.0, -1.0, version="v1", model_type="nhits")]  # fmt: skip
    assert fold_all(fold, others) == []
    assert fold.observe(ModelType.XGBOOST).pairs == 0


def test_a_version_that_becomes_active_begins_with_the_pairs_it_has() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, wrong(tape, 30 * HOUR, 2, version="v2") + wrong(tape, 32 * HOUR, 3))
    fold.apply(tape.moved("v2", epoch=2))
    assert fold.observe(ModelType.XGBOOST).pairs == 2
    fold.apply(tape.moved("v1", epoch=3))
    assert fold.observe(ModelType.XGBOOST).pairs == 0  # the windows of others were dropped
