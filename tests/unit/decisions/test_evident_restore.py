"""Under ``sequential`` too, saving, restoring and batching leave no trace in what a watcher decides."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import msgpack
import numpy as np
import pytest

from clm.decisions.block import Block, Single, rows_of
from clm.decisions.watch import WatcherFold
from clm.events import Event, Outcome, Prediction
from clm.scope import Scope
from tests.unit.decisions.evident import known
from tests.unit.decisions.recording import POLICY, Market, settled

EVIDENT = replace(
    POLICY, name="sequential", decay_detectors=("score", "skill"), decay_between_alarms_days=0.1,
    regime_memory_days=20.0, cpu_seconds_per_day=3.0, cooldown_hours=1.0,
)  # fmt: skip
OFTEN = [1] * 8 + [3, 3, 3, 3, 3, 0.1, 0.5, 1]
CHOICES = [random.Random(seed).choices(range(16), OFTEN, k=800) for seed in (4, 5, 6)]
"""Few commands and many ends of runs, so that other triggers come first."""


LONG = [each for choices in CHOICES for each in choices]


def watcher() -> WatcherFold:
    return WatcherFold(Scope(bar_seconds=60), EVIDENT)


def forgetful() -> WatcherFold:
    return WatcherFold(Scope(bar_seconds=60), replace(EVIDENT, regime_recall=False))


class Slow(Market):
    """Its regimes last long enough to settle."""

    dwell = 500

    def __init__(self, watches: Callable[[], WatcherFold] = watcher) -> None:
        super().__init__(watches, {"decay": replace(known(), overlap=1).plain()})


def recorded(choices: list[int]) -> tuple[list[Event], list[bytes]]:
    """A stream, and the watcher's decisions while it was written."""
    market = Slow()
    events = market.happens(choices)
    return events, [each.canonical() for each in market.decisions if each.role == "watcher"]


def block_of(fold: WatcherFold, events: list[Event]) -> Block:
    """Events that are read together: predictions and outcomes as rows, the others between them."""
    rows = [each for each in events if isinstance(each, Prediction | Outcome)]
    block, before = Block(rows_of(rows, fold.names), np.zeros(max(len(events), 1), np.int64)), 0
    for entry, event in enumerate(events):
        if isinstance(event, Prediction | Outcome):
            before += 1
        else:
            block.singles.append(Single(before, entry, None, event))
    return block


@pytest.mark.parametrize("choices", CHOICES, ids=["4", "5", "6"])
def test_a_fold_restored_after_every_event_decides_alike(choices: list[int]) -> None:
    events, live = recorded(choices)
    made, saved = [], msgpack.packb(watcher().state())
    for event in events:
        fold = watcher()
        fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        made += [each.canonical() for each in settled(fold, event)]
        saved = msgpack.packb(fold.state())
    assert made == live


@pytest.mark.parametrize("choices", CHOICES, ids=["4", "5", "6"])
@pytest.mark.parametrize("size", [3, 50, 10_000])
def test_a_stream_is_decided_alike_however_it_is_read(choices: list[int], size: int) -> None:
    events, live = recorded(choices)
    fold = watcher()
    chunks = [events[at : at + size] for at in range(0, len(events), size)]
    made = [each.canonical() for chunk in chunks for each in fold.fold(block_of(fold, chunk))]
    assert made == live


def test_the_streams_hold_alarms_shifts_and_budgets() -> None:
    market = Slow(forgetful)
    market.happens(LONG)
    made = [each for each in market.decisions if each.role == "watcher"]
    assert {"manual", "performance_decay", "regime_shift", "time"} <= {each.trigger for each in made}
    reasons = " ".join(each.reason for each in made if each.kind == "suppressed")
    assert all(each in reasons for each in ("is open", "CPU budget", "was trained in on"))


@pytest.mark.parametrize(("before", "after"), [("seed", "sequential"), ("sequential", "seed")])
def test_a_scope_whose_policy_changes_goes_on_from_its_saved_state(before: str, after: str) -> None:
    events, _ = recorded(CHOICES[0])
    old, new = (WatcherFold(Scope(bar_seconds=60), replace(EVIDENT, name=name)) for name in (before, after))
    for event in events[:500]:
        settled(old, event)
    new.restore(msgpack.unpackb(msgpack.packb(old.state()), strict_map_key=False))
    assert new.regimes.current == old.regimes.current
    numbers = [each.n for event in events[500:] for each in settled(new, event)]
    assert numbers == [*range(old.orders.head.n + 1, old.orders.head.n + 1 + len(numbers))]
    assert numbers


@pytest.mark.parametrize("size", [50, 700])
def test_versions_are_asked_back_alike_however_a_stream_is_read_and_restored(size: int) -> None:
    events, live = recorded(LONG)
    assert any(b'"kind":"recall"' in each for each in live)
    made, saved = [], msgpack.packb(watcher().state())
    for at in range(0, len(events), size):
        fold = watcher()
        fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        made += [each.canonical() for each in fold.fold(block_of(fold, events[at : at + size]))]
        saved = msgpack.packb(fold.state())
    assert made == live
