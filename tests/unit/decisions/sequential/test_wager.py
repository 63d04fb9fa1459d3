"""A wager finds harm from the first pair on, and seldom where there is none however often it is asked."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from clm.decisions.sequential.wager import STAKES, Wager


def folded(pairs: list[tuple[float, float, int]], horizon: int = 1) -> Wager:
    wager = Wager()
    for first, second, bar in pairs:
        wager.update(first, second, bar, horizon)
    return wager


def evidence(*means: float) -> float:
    """Log of the mean over the stakes of the product of 1 + g x, by hand."""
    return math.log(sum(math.prod(1 + g * x for x in means) for g in STAKES) / len(STAKES))


def test_no_pair_is_no_evidence() -> None:
    assert Wager().log_e == 0.0


def test_a_bar_counts_once_the_next_has_begun() -> None:
    wager = folded([(1.0, 2.0, 1)])
    assert (wager.log_e, wager.bars) == (0.0, 0)
    wager.update(1.0, 2.0, 2, 1)
    assert (wager.log_e, wager.bars) == (pytest.approx(evidence(1.0)), 1)


def test_the_pairs_of_a_bar_count_as_their_mean() -> None:
    wager = folded([(1.0, 2.0, 1), (2.0, 1.0, 1), (1.0, 2.0, 1), (0.0, 0.0, 2)])  # +1, -1, +1
    assert wager.log_e == pytest.approx(evidence(1 / 3))


def test_a_small_disagreement_counts_less_than_the_usual_one() -> None:
    wager = folded([(0.0, 4.0, 1), (0.0, 1.0, 2), (0.0, 0.0, 3)])  # D = 4, then 1 of the usual 4
    assert wager.log_e == pytest.approx(evidence(1.0, 0.25))


def test_the_usual_one_is_the_mean_of_all_before() -> None:
    wager = folded([(0.0, 4.0, 1), (0.0, 2.0, 2), (0.0, 1.0, 3), (0.0, 0.0, 4)])  # 1 of (4 + 2)/2
    assert wager.log_e == pytest.approx(evidence(1.0, 0.5, 1 / 3))


def test_where_both_said_the_same_there_is_no_bet() -> None:
    assert folded([(1.0, 1.0, bar) for bar in range(9)]).state() == {**Wager().state(), "newest": 8}


def test_bars_that_share_an_outcome_with_one_that_counted_are_passed_over() -> None:
    harm = [(1.0, 2.0, bar) for bar in range(7)]
    assert [folded(harm, horizon).bars for horizon in (1, 2, 3)] == [6, 3, 2]
    gain = [(2.0, 1.0, bar) if bar % 3 else (1.0, 2.0, bar) for bar in range(7)]
    assert folded(gain, 3).log_e == pytest.approx(evidence(1.0, 1.0))


def test_a_pair_of_a_bar_that_is_over_does_not_count() -> None:
    late = folded([(1.0, 2.0, 2), (1.0, 2.0, 1), (1.0, 2.0, 3)])
    assert (late.bars, late.log_e, late.pairs) == (1, pytest.approx(evidence(1.0)), 3)


def test_eleven_bars_of_plain_harm_are_enough_at_a_hundredth() -> None:
    counts = [folded([(1.0, 2.0, bar) for bar in range(count + 1)]).log_e for count in range(1, 12)]
    first = next(count for count, log_e in enumerate(counts, 1) if log_e >= math.log(100))
    assert first == 11


def test_equals_are_seldom_called_worse_at_any_time() -> None:
    draw, wrong = np.random.default_rng(5), 0
    for _ in range(200):
        wager, common = Wager(), draw.standard_t(3, size=400)
        first, second = common + 0.3 * draw.normal(size=(2, 400))
        said = []
        for bar, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            wager.update(one, other, bar, 1)
            said.append(wager.log_e)
        wrong += max(said) >= -math.log(0.05)
    assert wrong <= 18  # 10 expected at most, and two and a half deviations


def test_saved_and_restored_it_goes_on_with_the_same_bits() -> None:
    draw, whole = np.random.default_rng(6), Wager()
    part = Wager()
    for bar in range(50):
        one, other = draw.normal(size=2).tolist()
        whole.update(one, other, bar // 2, 2)
        part = Wager.restored(json.loads(json.dumps(part.state())))
        part.update(one, other, bar // 2, 2)
    assert part.state() == whole.state()


def test_overwhelming_evidence_is_still_a_number() -> None:
    found = folded([(1.0, 2.0, bar) for bar in range(2001)])
    assert found.log_e == pytest.approx(2000 * math.log1p(0.8) - math.log(5))
