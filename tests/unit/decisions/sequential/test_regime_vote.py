"""The regime vote waits for labels to settle."""

from __future__ import annotations

import json

import pytest

from clm.decisions.sequential.regime_vote import RegimeVote


def settled(*runs: tuple[str, int], confidence: float = 1.0) -> RegimeVote:
    vote = RegimeVote()
    for label, rows in runs:
        for _ in range(rows):
            vote.update(label, confidence)
    return vote


# the lead of wild is 1 - 2 (77/78)^n: 0.2499 after 76, 0.2595 after 77 labels
@pytest.mark.parametrize(("rows", "label"), [(76, "calm"), (77, "wild")])
def test_a_switch_takes_seventy_seven_labels(rows: int, label: str) -> None:
    assert settled(("calm", 500), ("wild", rows)).confirmed == label


def test_bursts_of_a_dozen_switch_nothing() -> None:
    vote = settled(*[("calm", 60), ("wild", 12)] * 50)
    assert vote.confirmed == "calm"


def test_labels_of_half_confidence_count_half() -> None:
    vote = settled(("calm", 500))
    labels = [vote.update("wild", 0.5) for _ in range(300)]
    assert labels.index("wild") + 1 == 153  # 1 - 2 (155/156)^153 = 0.2524; 152: 0.2475


def test_labels_without_confidence_change_nothing() -> None:
    vote = settled(("calm", 10))
    assert vote.update("wild", 0.0) == "calm"
    assert vote.shares["wild"] == 0.0


def test_shares_sum_to_one_however_long_it_runs() -> None:
    vote = settled(*[("calm", 70), ("wild", 90), ("dead", 100)] * 20)
    assert sum(vote.shares.values()) == pytest.approx(1.0, abs=1e-6)


def test_a_restored_vote_goes_on_with_the_same_bits() -> None:
    labels = (["calm"] * 40 + ["wild"] * 90) * 12
    whole, part = RegimeVote(), RegimeVote()
    whole.update_many(labels)
    for label in labels:
        part.update(label)
        part = RegimeVote.restored(json.loads(json.dumps(part.state())))
    assert part.state() == whole.state()


def test_a_regime_that_was_seen_long_ago_is_still_in_the_shares() -> None:
    shares = settled(("wild", 1), ("calm", 400)).shares  # (77/78)^400
    assert shares["wild"] == pytest.approx(0.0057347, rel=1e-3)


def test_the_first_label_has_all_shares() -> None:
    assert settled(("calm", 1)).shares == {"calm": 1.0}


def test_a_regime_that_was_seen_for_one_label_long_ago_is_forgotten() -> None:
    assert list(settled(("wild", 1), ("calm", 4000)).shares) == ["calm"]


# the common factor falls below a billionth with the next label, 77/78 of it: the weights are scaled anew
@pytest.mark.parametrize(("share", "kept"), [(1.05e-9, True), (0.95e-9, False)])
def test_a_share_below_a_billionth_is_forgotten(share: float, kept: bool) -> None:
    weights = {"calm": 1e9, "odd": share * 1e9 * 78 / 77}
    vote = RegimeVote.restored({**settled(("calm", 1)).state(), "factor": 1e-9, "weights": weights})
    vote.update("calm")
    assert vote.state()["factor"] == 1.0
    assert vote.shares == pytest.approx({"calm": 1.0, **({"odd": share} if kept else {})}, rel=1e-9)


def test_more_than_full_confidence_is_full_confidence() -> None:
    loud, plain = settled(("calm", 5)), settled(("calm", 5))
    loud.update("wild", 7.0)
    plain.update("wild")
    assert loud.state() == plain.state()


WEEK = [(day, hour) for day in range(7) for hour in range(24)]


def by_the_clock(vote: RegimeVote, weeks: int, bars: int = 12) -> set[str]:
    """Regimes that are confirmed in the last week where the nights (12 hours) are calm and the days wild."""
    said = set()
    for week in range(weeks):
        for _, hour in WEEK:
            for _ in range(bars):
                now = vote.update("wild" if hour >= 12 else "calm", 1.0, hour)
                said |= {now} if week == weeks - 1 else set()
    return said


def test_a_session_that_is_wild_every_day_is_no_shift() -> None:
    assert len(by_the_clock(RegimeVote(), weeks=4)) == 1


def test_without_hours_a_session_is_a_shift() -> None:
    vote = RegimeVote()
    said = {vote.update("wild" if hour >= 12 else "calm") for _, hour in WEEK for _ in range(12)}
    assert said == {"calm", "wild"}


def test_what_is_unusual_at_its_hour_is_a_shift() -> None:
    vote = RegimeVote()
    by_the_clock(vote, weeks=4)
    said = {vote.update("dead", 1.0, hour) for _, hour in WEEK for _ in range(12)}
    assert vote.confirmed == "dead"
    assert "dead" in said


# ten nights all calm and days all wild: at night calm exceeds its share of the day (1/2) by 1/2, so that a
# label of calm at the next night counts 1 - 1/2 for calm and 1/2 for wild
def test_the_excess_of_an_hour_is_taken_out_of_each_label() -> None:
    vote = RegimeVote()
    for hour, label in [(0, "calm"), (12, "wild")] * 10:
        vote.update(label, 1.0, hour)
    before = vote.shares
    vote.update("calm", 1.0, 0)
    assert vote.shares["calm"] == pytest.approx(before["calm"] + (0.5 - before["calm"]) / 78, rel=1e-12)
    assert vote.shares["wild"] == pytest.approx(before["wild"] + (0.5 - before["wild"]) / 78, rel=1e-12)


def test_a_vote_with_hours_restored_at_any_label_goes_on_with_the_same_bits() -> None:
    whole, part = RegimeVote(), RegimeVote()
    for day in range(30):
        for hour in (*range(24), None):
            label = ("calm", "wild", "dead")[(day // 7 + (hour or 0) // 9) % 3]
            whole.update(label, 0.9, hour)
            part.update(label, 0.9, hour)
            part = RegimeVote.restored(json.loads(json.dumps(part.state())))
    assert part.state() == whole.state()


def test_shares_sum_to_one_whatever_the_clock_says() -> None:
    vote = RegimeVote()
    by_the_clock(vote, weeks=4)
    assert sum(vote.shares.values()) == pytest.approx(1.0, abs=1e-6)


def nights_and_days(vote: RegimeVote, night: str, day: str, confidence: float = 1.0) -> None:
    """Ten nights of one label and ten days of another: at night the first exceeds its share by 1/2."""
    for _ in range(10):
        vote.update(night, confidence, 0)
        vote.update(day, confidence, 12)


def labels_until(vote: RegimeVote, label: str) -> int:
    """Labels at night until it is confirmed."""
    return next(row for row in range(1, 400) if vote.update(label, 1.0, 0) == label)


# at night a label of wild counts 1 + 1/2 for wild and -1/2 for calm: the lead goes from where it is towards 2
def test_the_lead_is_of_what_is_unusual() -> None:
    vote = RegimeVote()
    nights_and_days(vote, "calm", "wild")
    lead = vote.shares["wild"] - vote.shares["calm"]
    needed = next(row for row in range(400) if 2 - (2 - lead) * (77 / 78) ** row >= 0.25)
    assert labels_until(vote, "wild") == needed


# calm was never heard at an hour: a label of wild at night (usual there by 1/2) counts 1 - 1/2, none for calm
def test_a_regime_that_no_hour_knows_exceeds_nothing() -> None:
    vote = settled(("calm", 1))
    nights_and_days(vote, "wild", "dead", confidence=0.01)
    wild, calm = vote.shares["wild"], vote.shares["calm"]
    lead = [0.5 - (0.5 - wild) * (77 / 78) ** row - calm * (77 / 78) ** row for row in range(400)]
    needed = next(row for row in range(400) if lead[row] >= 0.25)
    assert labels_until(vote, "wild") == needed
    assert vote.shares["calm"] == pytest.approx(calm * (77 / 78) ** needed, rel=1e-9)


def test_a_label_that_no_hour_knows_exceeds_nothing() -> None:
    vote = RegimeVote()
    nights_and_days(vote, "calm", "wild")
    lead = -vote.shares["calm"]  # odd counts 1, and -1/2 for calm
    needed = next(row for row in range(400) if 1.5 - (1.5 - lead) * (77 / 78) ** row >= 0.25)
    assert labels_until(vote, "odd") == needed


def test_a_regime_that_the_votes_forgot_begins_at_nothing() -> None:
    vote = RegimeVote()
    nights_and_days(vote, "odd", "calm")
    for _ in range(4000):
        vote.update("calm")
    vote.update("calm", 1.0, 0)  # odd is usual at night
    assert vote.shares["odd"] == pytest.approx(-0.5 / 78, rel=1e-9)
