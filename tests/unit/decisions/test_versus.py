"""Two versions meet on the same events: what was published as it was, the rest as it would have been."""

from __future__ import annotations

import pytest

from clm.decisions.versus import Side, Versus
from clm.errors import ConfigurationError, CorruptArtifact, UnknownVersion
from clm.events import HOUR
from clm.scope import Scope
from tests.unit.decisions.shadowing import breaks
from tests.unit.decisions.stream import Tape, fold_all

SAYS = {"sha of v1": 1.0, "sha of v2": 1.5}
V1, V2, NAIVE = Side("v1", "sha of v1"), Side("v2", "sha of v2"), Side("naive")


def versus(first: Side = V1, second: Side = V2, since: int = 0) -> Versus:
    """Outcomes below are 2, so that v1 errs by 1, v2 by 0.5, and the naive forecast of 0 by 2."""
    return Versus(Scope(), "xgboost", (first, second), lambda sha256, *_: SAYS[sha256], since)


def lived(fold: Versus, *versions: str, model: str = "xgboost") -> Versus:
    """An hour of each version."""
    tape = Tape()
    for hour, version in enumerate(versions, 1):
        value = SAYS.get(f"sha of {version}", 0.0)
        fold_all(fold, tape.pair(hour * HOUR, value, 2.0, version=version, model_type=model))
    return fold


def test_every_event_counts_once_whoever_was_published() -> None:
    fold = lived(versus(), "v1", "v2", "v1", "naive", "v3")
    found = fold.effect(0.05)
    assert (found.pairs, found.first_loss, found.second_loss) == (5, 1.0, 0.5)
    assert (found.effect, fold.published) == (-0.5, [2, 1])


def test_the_naive_forecast_is_asked_of_the_event() -> None:
    found = lived(versus(NAIVE, V2), "v2", "v1").effect(0.05)
    assert (found.first_loss, found.second_loss, found.effect) == (2.0, 0.5, -0.75)


def test_what_was_published_is_taken_as_it_was() -> None:
    fold = versus()
    fold_all(fold, Tape().pair(HOUR, 1.9, 2.0, version="v2"))  # not what its bundle says now
    assert fold.effect(0.05).second_loss == pytest.approx(0.1)


def test_nothing_counts_before_the_later_of_both_trainings_nor_before_what_is_asked_for() -> None:
    late = Side("v2", "sha of v2", since=3 * HOUR)
    assert lived(versus(V1, late), "v1", "v1", "v1", "v1").effect(0.05).pairs == 2
    assert lived(versus(since=4 * HOUR), "v1", "v1", "v1", "v1").effect(0.05).pairs == 1


def test_other_model_types_are_passed_over() -> None:
    assert lived(versus(), "v1", model="lightgbm").effect(0.05).pairs == 0


def test_an_event_that_one_of_them_has_no_history_for_counts_for_neither() -> None:
    fold = Versus(Scope(), "xgboost", (V1, V2), lambda *_: None)
    lived(fold, "v1", "v1")
    assert (fold.effect(0.05).pairs, fold.unscored) == (0, 2)


def test_a_version_that_cannot_be_asked_is_named() -> None:
    fold = Versus(Scope(), "xgboost", (V1, V2), breaks(CorruptArtifact("its file is gone")))
    with pytest.raises(UnknownVersion, match="v2 can be asked no more: its file is gone"):
        lived(fold, "v1")


def test_with_enough_pairs_there_is_an_interval_and_a_verdict() -> None:
    found = lived(versus(), *["v1"] * 300).effect(0.05)
    assert (found.needed, found.better) == (0, "second")
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        lived(versus(), "v1").effect(1.5)
