"""A candidate is scored on what the active version forecast, from its trial's start on."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clm.errors import MalformedEvent
from clm.events import HOUR
from tests.unit.decisions.shadowing import (
    crowd,
    evidence,
    live,
    shadowing,
    trial_of,
    versions,
)
from tests.unit.decisions.stream import Tape, fold_all, told


@pytest.mark.parametrize(
    "names",
    [{"version": "v0"}, {"version": "naive"}, {"model_type": "nhits"}],
    ids=["retired version", "naive", "other model type"],
)
def test_only_predictions_of_the_active_version_are_scored(names: dict[str, Any]) -> None:
    fold, tape = shadowing(), Tape()
    assert fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 9, **names)]) == []
    assert trial_of(fold, "v2").pairs == 0


def test_predictions_before_the_as_of_prove_nothing() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2", as_of=5 * HOUR), *live(tape, 3 * HOUR, 3)])
    assert trial_of(fold, "v2").pairs == 1  # 3:00 and 4:00 do not count, 5:00 does


def test_predictions_made_before_the_trial_opened_are_not_scored() -> None:
    fold, tape = shadowing(), Tape()
    early = tape.predict(HOUR, version="v1")
    fold_all(fold, [early, tape.candidate("v2"), tape.outcome(early, 2 * HOUR, 2.0)])
    assert trial_of(fold, "v2").pairs == 0


def test_rows_without_enough_history_are_counted_apart() -> None:
    fold, tape = shadowing(lambda sha256, symbol, at: None if at < 4 * HOUR else 1.5), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 9)])
    assert made[0].counts == {"pairs": 2, "effective": 2, "unscored": 3}  # 1:00, 2:00, 3:00


def test_the_candidate_is_scored_on_the_row_of_the_prediction() -> None:
    asked: list[tuple[str, str, int]] = []

    def score(sha256: str, symbol: str, at: int) -> float | None:
        asked.append((sha256, symbol, at))
        return 1.5

    fold, tape = shadowing(score), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1, symbol="B")])
    assert asked == [("sha of v2", "B", HOUR)]


def test_mae_is_kept_by_the_regime_of_the_prediction() -> None:
    fold, tape = shadowing(), Tape()
    fold.apply(tape.candidate("v2"))
    first = tape.predict(HOUR, 1.0, version="v1")
    second = tape.predict(3 * HOUR, 1.0, version="v1")
    made = fold_all(fold, [
        tape.regime(1, "calm"), first, tape.regime(2 * HOUR, "wild"),
        tape.outcome(first, 2 * HOUR, 2.0), second, tape.outcome(second, 4 * HOUR, 3.5),
    ])  # fmt: skip
    assert evidence(made[0])["regime_candidate_mae"] == {"calm": 0.5, "wild": 2.0}  # 1.5 - 2, 1.5 - 3.5
    assert evidence(made[0])["regime_active_mae"] == {"calm": 1.0, "wild": 2.5}


def test_duplicates_change_nothing() -> None:
    once, twice, tape = shadowing(), shadowing(), Tape()
    events = [tape.candidate("v2"), *live(tape, HOUR, 5)]
    doubled = [event for event in events for _ in range(2)]
    assert fold_all(twice, doubled + events) == fold_all(once, events)
    assert {**twice.state(), "intake": None} == {**once.state(), "intake": None}


@pytest.mark.parametrize("value", [math.nan, 1e300])
def test_what_the_watcher_refuses_the_shadow_refuses_as_well(value: float) -> None:
    fold, tape = shadowing(), Tape()
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.predict(1, value))
    good = tape.predict(1)
    fold.apply(good)
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.outcome(good, 2, value))
    with pytest.raises(MalformedEvent, match="unknown"):
        fold.apply(tape.outcome(tape.predict(1), 2, 1.0))


def test_at_most_so_many_are_scored_at_once_and_the_rest_wait() -> None:
    fold = shadowing(max_concurrent_shadows=2)
    crowd(fold, Tape())
    assert versions(fold) == ["v2", "lightgbm"]
    assert versions(fold, lambda fold: fold.ring.bouts) == ["v2", "lightgbm", "nhits", "patchtst"]


def test_a_place_that_becomes_free_goes_to_the_first_in_line_at_that_entry() -> None:
    fold, tape = shadowing(max_concurrent_shadows=2), Tape()
    crowd(fold, tape)
    assert told(fold_all(fold, live(tape, HOUR, 2))) == [("promote", "v2")]
    assert versions(fold) == ["lightgbm", "nhits"]
    assert trial_of(fold, "nhits").opened_at == 2 * HOUR + 1  # the outcome that ended v2
    assert trial_of(fold, "patchtst") is None
