"""A model on probation is rolled back when it is worse, and not when it is as good."""

from __future__ import annotations

import json
import math

import numpy as np

from clm.decisions.sequential.probation import Probation

RNG = np.random.default_rng(8)
PAIRS = RNG.normal(size=(2, 3000)) * 0.2 + RNG.normal(size=3000)
KNOWN = (PAIRS[0, :2000], PAIRS[1, :2000])
LIVE = PAIRS[:, 2000:].T.tolist()


def test_a_model_that_is_a_third_worse_goes_within_a_few_dozen_rows() -> None:
    probation = Probation(known=KNOWN)
    rows = next(
        row for row, (new, old) in enumerate(LIVE, 1) if probation.update(1.3 * new, old) == "roll back"
    )
    assert rows <= 48
    assert probation.reason == "duel"


def test_an_equal_model_stays() -> None:
    probation = Probation(known=KNOWN)
    assert {probation.update(new, old) for new, old in LIVE} == {"on"}


def test_three_times_the_error_is_the_limit_of_the_hard_guard() -> None:
    first, second = Probation(), Probation()
    assert [first.update(3.0, 1.0) for _ in range(12)][-1] == "on"
    assert [second.update(3.01, 1.0) for _ in range(12)][-1] == "roll back"


def test_with_overlap_the_hard_guard_counts_effective_outcomes() -> None:
    said = Probation(overlap=2)
    assert [said.update(9.0, 1.0) for _ in range(24)].index("roll back") + 1 == 24


def test_more_than_a_hundredth_without_a_number_ends_it() -> None:
    probation = Probation()
    for _ in range(98):
        probation.update(1.0, 1.0)
    said = [probation.update(math.nan, 1.0) for _ in range(2)]
    assert (said, probation.reason) == (["on", "roll back"], "missing")


def test_a_restored_probation_goes_on_with_the_same_bits() -> None:
    whole, part = Probation(known=KNOWN), Probation(known=KNOWN)
    for new, old in LIVE[:200]:
        whole.update(new, old)
        part.update(new, old)
        part = Probation.restored(json.loads(json.dumps(part.state())))
    assert part.state() == whole.state()


def test_one_row_in_a_hundred_may_lack_a_number_and_no_more() -> None:
    probation = Probation()
    for _ in range(989):
        probation.update(1.0, 1.0)
    ends = [
        probation.update(math.nan, 1.0) for _ in range(10)
    ]  # 9 of 998 are fewer than 1 %, 10 of 999 are more
    assert ends == ["on"] * 9 + ["roll back"]


def test_begun_anew_it_knows_the_variance_and_has_no_evidence() -> None:
    whole = Probation(known=KNOWN)
    for new, old in LIVE[:40]:
        whole.update(1.2 * new, old)
    again = whole.renewed()
    assert (again.reason, again.standing.rows, again.standing.log_better) == ("", 0, 0.0)
    said = [again.update(1.3 * new, old) for new, old in LIVE[40:100]]
    assert said.index("roll back") < 48


def test_one_that_had_no_hold_out_goes_on_learning_where_it_was() -> None:
    whole, parted = Probation(), Probation()
    for new, old in LIVE[:200]:
        whole.update(new, old)
        parted.update(new, old)
    parted = parted.renewed()
    for new, old in LIVE[200:396]:  # 96 rows teach the sizes, 24 blocks of 12 the variance: the last is 384
        whole.update(new, old)
        parted.update(new, old)
    assert (parted.standing.rows, whole.standing.rows) == (12, 12)
    assert parted.standing.log_better == whole.standing.log_better


def test_it_is_restored_and_begun_anew_at_its_own_level() -> None:
    begun = Probation(known=KNOWN, level=0.01)
    again = Probation.restored(json.loads(json.dumps(begun.state()))).renewed()
    assert again.rules == begun.rules
    assert again.rules.early_limit == -math.log(0.01)


def test_an_equal_model_has_passed_at_the_last_row_and_not_before() -> None:
    probation = Probation(known=KNOWN, horizon=48)
    said = [probation.update(new, old) for new, old in LIVE[:48]]
    assert (said[46], said[47], probation.passed) == ("on", "passed", True)


def test_the_hard_guard_looks_at_each_dozen_for_itself() -> None:
    for error, last in ((3.0, "on"), (3.01, "roll back")):
        probation = Probation()
        for _ in range(12):
            probation.update(1.0, 1.0)
        said = [probation.update(error, 1.0) for _ in range(12)]
        assert said == ["on"] * 11 + [last]
