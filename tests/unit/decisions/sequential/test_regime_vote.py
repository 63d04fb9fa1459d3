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


# the lead of wild is 1 - 2 (77/78)^n: 0.2968 after 81, 0.3058 after 82 labels
@pytest.mark.parametrize(("rows", "label"), [(81, "calm"), (82, "wild")])
def test_a_switch_takes_eighty_two_labels(rows: int, label: str) -> None:
    assert settled(("calm", 500), ("wild", rows)).confirmed == label


def test_bursts_of_a_dozen_switch_nothing() -> None:
    vote = settled(*[("calm", 60), ("wild", 12)] * 50)
    assert vote.confirmed == "calm"


def test_labels_of_half_confidence_count_half() -> None:
    vote = settled(("calm", 500))
    labels = [vote.update("wild", 0.5) for _ in range(300)]
    assert labels.index("wild") + 1 == 164  # 1 - 2 (155/156)^164 = 0.3035; 163: 0.2990


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


def test_more_than_full_confidence_is_full_confidence() -> None:
    loud, plain = settled(("calm", 5)), settled(("calm", 5))
    loud.update("wild", 7.0)
    plain.update("wild")
    assert loud.state() == plain.state()
