"""The hold-out gate lets in what is better and refuses the rest."""

from __future__ import annotations

import numpy as np
import pytest

from clm.decisions.sequential.holdout_gate import GateResult, judged, sizes
from clm.decisions.sequential.long_run import LongRunVariance
from clm.errors import InsufficientData

RNG = np.random.default_rng(9)
ACTIVE, OTHER = RNG.normal(size=(2, 2016)) * 0.2 + RNG.normal(size=2016)
NAIVE = 1.2 * (RNG.normal(size=2016) * 0.2 + ACTIVE)


def result(**more: float) -> GateResult:
    values = {"rows": 1, "z": 1.28, "squared_z": 0.0, "improvement": 0.005, "skill": 0.1}
    return GateResult(**{**values, "skill_low": 0.0, "skill_high": 0.2, **more})  # type: ignore[arg-type]


def test_a_table_by_hand() -> None:
    """|a| + |b| = 2, so that the size is 1, and x = |a| - |b| is 0.2 and 0.6 in turns of a block each: sums
    over sqrt(12) are (0.4 -+ 0.2) sqrt(12), g_0 = 0.48, with the floor and the caution of 24 blocks 0.84. The
    squares differ by 2 x. The naive forecast errs by 2: 0.8 / 2, and (|b| - 0.8) / 2 has 0.0525 likewise."""
    half = np.where(np.arange(288) // 12 % 2, 0.3, 0.1)
    embargoed, signs = np.full(12, 99.0), np.where(np.arange(300) % 3, 1.0, -1.0)
    candidate, active = (np.concatenate([embargoed, each]) * signs for each in (1 - half, 1 + half))
    found = judged(candidate, active, np.full(300, -2.0), 1)
    z, skill_error = np.sqrt(288) * 0.4 / np.sqrt(0.84), np.sqrt(0.0525 / 288)
    assert (found.rows, found.z, found.squared_z) == (288, pytest.approx(z), pytest.approx(z))
    assert (found.improvement, found.skill) == (pytest.approx(1 - 0.8 / 1.2), pytest.approx(0.6))
    assert found.skill_low == pytest.approx(0.6 - 1.6449 * skill_error)
    assert found.skill_high == pytest.approx(0.6 + 1.6449 * skill_error)
    with pytest.raises(InsufficientData, match="287 rows after an embargo of 12"):
        judged(candidate[:299], active[:299], np.full(299, -2.0), 1)


def test_the_size_before_a_row_is_the_mean_of_those_before_it_and_the_first_row_has_its_own() -> None:
    a, b = np.array([1.0, 3.0, 9.0]), np.array([3.0, 5.0, 9.0])
    assert sizes(a, b).tolist() == [2.0, 2.0, 3.0]
    assert sizes(0 * a, 0 * b).min() > 0


def test_at_its_limits_it_lets_pass() -> None:
    assert result().passed


@pytest.mark.parametrize("short", [{"z": 1.27}, {"improvement": 0.0049}, {"squared_z": -1.0}])
def test_each_limit_refuses(short: dict[str, float]) -> None:
    assert not result(**short).passed


def test_a_candidate_that_is_five_percent_better_passes() -> None:
    found = judged(0.95 * OTHER, ACTIVE, NAIVE, 1)
    assert found.passed
    assert found.improvement == pytest.approx(0.05, abs=0.02)


def test_swapped_roles_turn_the_sign() -> None:
    assert judged(ACTIVE, OTHER, NAIVE, 1).z == pytest.approx(-judged(OTHER, ACTIVE, NAIVE, 1).z, rel=1e-9)


def test_the_embargo_takes_the_horizon_off_the_front() -> None:
    assert judged(OTHER, ACTIVE, NAIVE, 24).rows == 2016 - 24


def test_skill_lies_within_its_interval() -> None:
    found = judged(OTHER, ACTIVE, NAIVE, 1)
    assert found.skill_low < found.skill < found.skill_high
    assert found.skill_low > 0


def test_a_short_hold_out_is_refused() -> None:
    with pytest.raises(InsufficientData, match="288"):
        judged(OTHER[:200], ACTIVE[:200], NAIVE[:200], 1)


def test_the_interval_is_one_of_ninety_percent() -> None:
    found = judged(OTHER, ACTIVE, NAIVE, 1)
    b, u = np.abs(OTHER[12:]), np.abs(NAIVE[12:])
    sums = ((b - b.mean() / u.mean() * u) / u.mean())[: 167 * 12].reshape(-1, 12).sum(axis=1) / np.sqrt(12)
    variance = LongRunVariance()
    variance.update_many(sums)
    half = 1.6449 * np.sqrt(variance.value / 2004)
    assert (found.skill_high - found.skill_low) / 2 == pytest.approx(half, rel=1e-9)


def test_the_size_forgets_half_a_hundredth_a_row() -> None:
    errors = np.array([1.0] * 300 + [3.0, 1.0])
    assert sizes(errors, errors)[-1] == pytest.approx(1.01, rel=1e-12)  # 1 + 0.005 * 2
