"""The sentinel tells when a refitted twin beats the frozen one."""

from __future__ import annotations

import json
import math

import pytest

from clm.decisions.sequential.sentinel import Sentinel, SentinelRules
from clm.errors import ConfigurationError


def fed(gains: list[float], rules: SentinelRules) -> Sentinel:
    sentinel = Sentinel(rules)
    for gain in gains:
        sentinel.update(-(1.0 + gain), 1.0)
    return sentinel


def test_z_is_the_mean_of_blocks_over_its_error() -> None:
    # blocks 1 + 0 = 1, 2 + 1 = 3, 0 + 2 = 2: mean 2, deviation 1, z = 2 sqrt(3)
    sentinel = fed([1.0, 0.0, 2.0, 1.0, 0.0, 2.0], SentinelRules(block=2, blocks=3, limit=9.0))
    assert sentinel.statistic == pytest.approx(2 * math.sqrt(3), rel=1e-12)


def test_an_alarm_begins_a_new_window() -> None:
    sentinel = fed([1.0, 2.0], SentinelRules(block=1, blocks=3, limit=2.0))
    assert sentinel.update(4.0, 1.0)  # gains 1 2 3: z = 2 sqrt(3) > 2
    assert math.isnan(sentinel.statistic)


def test_a_frozen_twin_that_is_better_raises_nothing() -> None:
    sentinel = Sentinel(SentinelRules(block=1, blocks=3))
    assert not any(sentinel.update(1.0, loss) for loss in (2.0, 3.0, 4.0, 3.0))


# gains 1 2 3 of losses 2 3 4: 6 of 9 are saved
@pytest.mark.parametrize(("gain", "alarm"), [(6 / 9 - 1e-9, True), (6 / 9, False)])
def test_a_refit_has_to_save_a_share_of_the_loss(gain: float, alarm: bool) -> None:
    sentinel = fed([1.0, 2.0], SentinelRules(block=1, blocks=3, limit=2.0, gain=gain))
    assert sentinel.update(4.0, 1.0) is alarm


def test_the_units_of_errors_do_not_matter() -> None:
    sentinel = Sentinel(SentinelRules(block=1, blocks=3, limit=2.0))
    assert [sentinel.update(frozen / 1e6, 1e-6) for frozen in (2.0, 3.0, 4.0)] == [False, False, True]


def test_without_loss_nothing_is_saved() -> None:
    assert Sentinel(SentinelRules()).saved == 0.0


def test_the_limit_itself_raises_nothing() -> None:
    rules = SentinelRules(
        block=1, blocks=3, limit=fed([1.0, 2.0, 3.0], SentinelRules(block=1, blocks=3)).statistic
    )
    assert not fed([1.0, 2.0], rules).update(4.0, 1.0)


def test_an_error_that_is_no_number_does_not_count() -> None:
    sentinel = fed([1.0, math.nan, 2.0, 3.0], SentinelRules(block=1, blocks=3, limit=9.0))
    assert sentinel.statistic == pytest.approx(2 * math.sqrt(3), rel=1e-12)


def test_a_restored_one_goes_on() -> None:
    sentinel = fed([1.0, 2.0], SentinelRules(block=1, blocks=3, limit=2.0))
    assert Sentinel.restored(json.loads(json.dumps(sentinel.state()))).update(4.0, 1.0)


def test_two_blocks_are_too_few() -> None:
    with pytest.raises(ConfigurationError, match="blocks"):
        SentinelRules(blocks=2)
