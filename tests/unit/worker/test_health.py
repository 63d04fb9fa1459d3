"""Health is read from cursors: who is behind, and whether a live scope has gone silent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat

import pytest

from clm.scope import Scope
from clm.store.memory_keyspace import MemoryKeyspace
from tests.integration.api.world import World, minute
from worker.health import complaints, lag_s


@pytest.mark.parametrize(
    ("cursor", "newest", "seconds"),
    [
        ("5000-0", "5000-0", 0.0),
        ("5000-1", "7500-0", 2.5),
        ("9000-0", "5000-0", 0.0),  # folded on, while we looked
        (None, "5000-0", math.inf),
        (None, "0-0", 0.0),  # nothing to fold yet
    ],
)
def test_a_lag_is_the_time_between_two_entries(cursor: str | None, newest: str, seconds: float) -> None:
    assert lag_s(cursor, newest) == seconds


@pytest.fixture
def entries_at() -> Iterator[int]:
    """When entries are written, milliseconds: at 1,000 s, then at 1,090 s."""
    return chain([1_000_000], repeat(1_090_000))


@pytest.fixture
def world(entries_at: Iterator[int]) -> World:
    """A scope whose only entry was written, and folded by all, at 1,000 s."""
    made = World(scope=Scope(clock="live"), space=MemoryKeyspace(now_ms=lambda: next(entries_at)))
    made.step(minute(16))
    made.progress.report("shadow", made.events.last_id())
    return made


def test_nobody_complains_while_ticks_come(world: World) -> None:
    assert complaints(world.services, now=1_000 + 180) == []


def test_a_live_scope_without_ticks_is_silent(world: World) -> None:
    assert complaints(world.services, now=1_000 + 181) == [
        "no entry for 181 s, not even the watcher's tick: see whether `clm watcher` runs"
    ]


def test_a_scope_under_the_clock_of_its_events_may_rest(world: World) -> None:
    services = replace(world.services, scope=Scope(clock="event"))
    assert complaints(services, now=1e9) == []


def test_a_role_that_stopped_is_named_with_its_lag(world: World) -> None:
    world.step(minute(17))
    assert complaints(world.services, now=1_090) == ["shadow is 90 s of entries behind: see its log"]
