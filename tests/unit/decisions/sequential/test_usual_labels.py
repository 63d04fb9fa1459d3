"""What a detector says at an hour of every day is usual."""

from __future__ import annotations

import json

import pytest

from clm.decisions.sequential.usual_labels import UsualLabels

DAY = [(0, "calm"), (12, "wild")]


def lived(days: int, day: list[tuple[int, str]] | None = None) -> UsualLabels:
    usual = UsualLabels()
    for hour, label in (day or DAY) * days:
        usual.update(hour, label, 1.0)
    return usual


@pytest.mark.parametrize(("days", "known"), [(9, False), (10, True)])
def test_an_hour_counts_after_ten_days(days: int, known: bool) -> None:
    assert bool(lived(days).update(0, "calm", 1.0)) is known


def test_the_excess_is_the_hours_share_less_that_of_the_day() -> None:
    usual = lived(10, [(0, "calm"), (8, "calm"), (16, "wild")])
    assert usual.update(0, "calm", 1.0) == pytest.approx({"calm": 1 / 3, "wild": -1 / 3})


def test_labels_of_no_confidence_are_nobodys_habit() -> None:
    usual = UsualLabels()
    for hour, label in DAY * 20:
        usual.update(hour, label, 0.0)
    assert not usual.update(0, "calm", 1.0)


def test_labels_count_by_their_confidence() -> None:
    usual = UsualLabels()
    for _ in range(10):
        usual.update(0, "calm", 0.75)
        usual.update(0, "wild", 0.25)
        usual.update(12, "wild", 1.0)
    # at midnight calm has 3/4, over both hours 3/8
    assert usual.update(0, "calm", 1.0) == pytest.approx({"calm": 0.375, "wild": -0.375})


def test_of_a_day_in_thirty_a_twentieth_is_remembered_anew() -> None:
    usual = lived(30)
    usual.update(0, "wild", 1.0)  # one midnight of the other kind: 1 - 1/20 and, with noon's 0, half of it
    usual.update(12, "wild", 1.0)
    assert usual.update(0, "calm", 1.0)["calm"] == pytest.approx(0.95 / 2)


def test_the_first_days_count_alike() -> None:
    usual = lived(9)
    for hour, label in [(0, "wild"), (12, "wild")]:
        usual.update(hour, label, 1.0)
    assert usual.update(0, "calm", 1.0)["calm"] == pytest.approx(0.9 / 2)  # nine of ten midnights


def test_the_excess_of_an_hour_is_one_object() -> None:
    usual = lived(10)
    assert usual.update(0, "calm", 1.0) is usual.update(0, "wild", 1.0)


def test_a_label_that_is_not_heard_any_more_is_forgotten() -> None:
    usual = lived(10, [(0, "odd"), (12, "odd")])
    for hour, label in DAY * 400:  # 0.95^270 is below a millionth
        usual.update(hour, label, 1.0)
    assert set(usual.state()["whole"]) == {"calm", "wild"}
    assert all("odd" not in shares for shares in usual.state()["shares"])


@pytest.mark.parametrize(("share", "kept"), [(1.05e-6, True), (0.95e-6, False)])
def test_a_share_below_a_millionth_is_forgotten(share: float, kept: bool) -> None:
    state = lived(30).state()
    state["shares"][12]["odd"] = state["whole"]["odd"] = share / 0.95  # a twentieth less when the noon ends
    usual = UsualLabels.restored(state)
    usual.update(0, "calm", 1.0)
    assert ("odd" in usual.state()["shares"][12], "odd" in usual.state()["whole"]) == (kept, kept)


def test_it_begins_before_any_hour_and_knows_the_twenty_four() -> None:
    nothing = {"hour": -1, "votes": {}, "days": [0] * 24, "shares": [{}] * 24, "whole": {}}
    assert UsualLabels().state() == nothing


def test_a_label_that_another_hour_knows_is_kept() -> None:
    usual = lived(10, [(0, "odd"), (12, "odd")])
    for hour, label in [(0, "calm"), (12, "odd")] * 400:
        usual.update(hour, label, 1.0)
    assert usual.update(0, "calm", 1.0) == pytest.approx({"calm": 0.5, "odd": -0.5}, abs=1e-5)


def test_restored_at_any_label_it_goes_on_with_the_same_bits() -> None:
    whole, part = UsualLabels(), UsualLabels()
    for hour, label in [(0, "calm"), (1, "calm"), (1, "wild"), (13, "wild")] * 30:
        whole.update(hour, label, 0.7)
        part.update(hour, label, 0.7)
        part = UsualLabels.restored(json.loads(json.dumps(part.state())))
        assert part.excess == whole.excess
    assert part.state() == whole.state()
