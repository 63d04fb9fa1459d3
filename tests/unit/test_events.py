"""Event time is exact microseconds, and what an event is can be told from its kind."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clm.events import CLOCK_KINDS, DAY, HOUR, KINDS, SECOND, Tick, micros, moment, tick

MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    ("when", "at"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 2, 1, 0, 0, 1, tzinfo=UTC), DAY + HOUR + 1),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2025, 1, 30, 14, 30, 52, 123_457, tzinfo=UTC), 1_738_247_452_123_457),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0),
    ],
)
def test_time_becomes_microseconds_and_back_exactly(when: datetime, at: int) -> None:
    assert micros(when) == at
    assert moment(at) == when


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        micros(datetime(2025, 1, 30))  # noqa: DTZ001 - it is what the test is about


@pytest.mark.parametrize(("at", "n"), [(0, 0), (MINUTE - 1, 0), (MINUTE, 1), (2 * MINUTE - 1, 1)])
def test_a_tick_is_numbered_by_its_minute(at: int, n: int) -> None:
    assert tick(at) == Tick(p="clock", n=n, at=at)


def test_only_the_market_and_ticks_tell_the_time() -> None:
    assert set(CLOCK_KINDS) == {"prediction", "outcome", "regime", "tick"}
    assert set(KINDS) - CLOCK_KINDS == {"command", "run", "verdict", "moved", "refused"}


def test_every_kind_names_its_class() -> None:
    assert {kind: each.kind for kind, each in KINDS.items()} == {kind: kind for kind in KINDS}


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        tick(0).at = 1  # type: ignore[misc]
