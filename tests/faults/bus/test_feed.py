"""The feed tells the truth about itself: whoever folds it counts what its tally says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from clm.decisions.watch import WatcherFold
from clm.errors import MalformedEvent
from clm.policy import Policy
from clm.scope import Scope
from clm.store.admission import decode_entry
from tests.faults.bus.delivery import Weather
from tests.faults.bus.feed import MODELS, PRODUCER, SYMBOLS, Feed

ACTIVE = dict.fromkeys(MODELS, "naive")
CALM = Weather(lost=0.0, twice=0.0, late=0.0, damaged=0.0)
BARS = 5
ROWS = 2 * len(MODELS) * len(SYMBOLS)  # predictions of a bar: of the active version and of a stranger


def entries(feed: Feed, bars: int = BARS) -> list[bytes]:
    return [entry for bar in [*(feed.bar(ACTIVE) for _ in range(bars)), feed.rest()] for entry in bar.entries]


def folded(delivered: list[bytes]) -> tuple[WatcherFold, int]:
    """A fold of some entries, and how many of them were refused."""
    fold, refused = WatcherFold(Scope(), Policy()), 0
    for entry in delivered:
        try:
            for event in decode_entry(entry):
                fold.apply(event)
        except MalformedEvent:
            refused += 1
    return fold, refused


def test_in_calm_weather_everything_of_a_bar_comes_once_and_its_outcomes_in_the_next() -> None:
    feed = Feed(1, CALM)
    fold, refused = folded(entries(feed))
    assert (ROWS, refused) == (64, 0)
    assert (fold.join.predictions, fold.join.joined) == (5 * 64, 4 * 64)
    assert (feed.tally.predictions, feed.tally.joined) == (5 * 64, 4 * 64)
    assert (feed.tally.duplicates, feed.tally.gaps, feed.tally.damaged) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_fold_counts_what_the_tally_of_an_unkind_delivery_says(seed: int) -> None:
    feed = Feed(seed, Weather(lost=0.05, twice=0.2, late=0.5, damaged=0.02))
    fold, refused = folded(entries(feed, 20))
    tally = feed.tally
    assert (fold.join.predictions, fold.join.joined) == (tally.predictions, tally.joined)
    assert (fold.intake.duplicates, fold.intake.gaps) == (tally.duplicates, tally.gaps)
    assert refused == tally.damaged
    assert min(tally.duplicates, tally.gaps, tally.damaged, tally.predictions - tally.joined) > 0


def test_outcomes_come_out_of_order_in_batches_and_alone() -> None:
    decoded = [decode_entry(entry) for entry in entries(Feed(2, Weather(damaged=0.0)))]
    numbers = [event.n for events in decoded for event in events if event.p == PRODUCER]
    assert any(after < before for before, after in pairwise(numbers))
    assert {len(events) == 1 for events in decoded} == {True, False}


def test_a_seed_says_it_all() -> None:
    assert entries(Feed(3)) == entries(Feed(3))
    assert entries(Feed(3)) != entries(Feed(4))
