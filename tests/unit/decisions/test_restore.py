"""A fold that is saved and restored after every event decides as one that was never interrupted."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.events import Event
from tests.unit.decisions.recording import Market, settled, shadow, watcher

Build = Callable[[], WatcherFold | ShadowFold]
LONG = [random.Random(seed).choices(range(16), k=250) for seed in (1, 2, 3)]
FEW = settings(max_examples=25, derandomize=True, deadline=None, database=None)


def unbroken(build: Build, events: list[Event]) -> tuple[list[bytes], bytes]:
    """Canonical decisions and final state of one run."""
    fold = build()
    decisions = [each.canonical() for event in events for each in settled(fold, event)]
    return decisions, msgpack.packb(fold.state())


def interrupted(build: Build, events: list[Event]) -> tuple[list[bytes], bytes]:
    """The same, saved and restored by a new fold after each event."""
    decisions, saved = [], msgpack.packb(build().state())
    for event in events:
        fold = build()
        fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        decisions += [each.canonical() for each in settled(fold, event)]
        saved = msgpack.packb(fold.state())
    return decisions, saved


@pytest.mark.parametrize("choices", LONG, ids=["1", "2", "3"])
@pytest.mark.parametrize("build", [watcher, shadow])
def test_a_long_stream_is_decided_alike_whatever_the_interruptions(build: Build, choices: list[int]) -> None:
    events = Market().happens(choices)
    assert interrupted(build, events) == unbroken(build, events)


@pytest.mark.parametrize("build", [watcher, shadow])
def test_a_state_that_was_taken_does_not_change_with_the_fold(build: Build) -> None:
    fold, events = build(), Market().happens(LONG[0])
    taken = []
    for event in events:
        settled(fold, event)
        state = fold.state()
        taken.append((state, msgpack.packb(state)))
    assert all(msgpack.packb(state) == packed for state, packed in taken)


@FEW
@given(choices=st.lists(st.integers(0, 15), min_size=10, max_size=60))
def test_any_short_stream_is_decided_alike_whatever_the_interruptions(choices: list[int]) -> None:
    events = Market().happens(choices)
    for build in (watcher, shadow):
        assert interrupted(build, events) == unbroken(build, events)


@pytest.mark.parametrize("choices", LONG, ids=["1", "2", "3"])
def test_the_recorded_stream_alone_reproduces_every_decision(choices: list[int]) -> None:
    market = Market()
    events = market.happens(choices)
    for build, role in ((watcher, "watcher"), (shadow, "shadow")):
        live = [each.canonical() for each in market.decisions if each.role == role]
        assert unbroken(build, events)[0] == live


def test_the_long_streams_hold_every_kind_of_decision() -> None:
    markets = [Market() for _ in LONG]
    for market, choices in zip(markets, LONG, strict=True):
        market.happens(choices)
    decisions = [each for market in markets for each in market.decisions]
    assert {each.kind for each in decisions} == {
        "retrain",
        "suppressed",
        "promote",
        "reject",
        "aborted",
        "restarted",
    }
    triggers = {each.trigger for each in decisions if each.kind == "retrain"}
    assert {"manual", "performance_decay", "data_volume", "regime_shift", "time"} <= triggers
    assert any(each.evidence["shadow"] for each in decisions if each.kind == "promote")
    assert any("critical" in each.reason for each in decisions if each.kind == "reject")
