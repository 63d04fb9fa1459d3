"""Delivery: an unkind network between a trader and the stream, which knows what must be counted in the end.

Pure: what comes late, twice, out of order, damaged or never is drawn from a seeded generator.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clm.events import Event, Outcome, Prediction
from clm.store.batch import encode_batches
from clm.store.codec import encode

UNKNOWN = 2**40
"""The number of a prediction that nobody made."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How unkind the network is; shares are fractions of the events."""

    lost: float = 0.002  # their numbers never arrive
    twice: float = 0.05  # arrive again, up to `late_bars` later
    late: float = 0.2  # outcomes that arrive up to `late_bars` after their bar
    late_bars: int = 3
    single: float = 0.05  # travel one to an entry, the rest in batches
    damaged: float = 0.0005  # entries beside them that nobody can read, or of a prediction nobody made


@dataclass
class Tally:
    """What has been delivered, and what whoever folded all of it must have counted."""

    delivered: int = 0  # events, copies included
    predictions: int = 0
    joined: int = 0
    duplicates: int = 0
    gaps: int = 0  # numbers between the first and the newest that never came
    damaged: int = 0  # entries that must be in quarantine


class Delivery:
    """Takes the events of one bar after the other and gives the entries that arrive meanwhile."""

    def __init__(self, weather: Weather, chance: random.Random) -> None:
        self.tally = Tally()
        self._weather, self._chance = weather, chance
        self._due: defaultdict[int, list[Event]] = defaultdict(list)  # bar -> what arrives in it
        self._seen: set[tuple[str, int]] = set()
        self._lost: list[int] = []
        self._first: int | None = None  # number that arrived first
        self._newest = 0
        self._bar = 0

    def loses(self, event: Prediction | Outcome) -> bool:
        """Whether an event is lost on its way: the trader has given its number and nobody hears of it."""
        lost = self._happens(self._weather.lost)
        if lost:
            self._lost.append(event.n)
        return lost

    def bar(self, events: Sequence[Event]) -> list[bytes]:
        """The entries of the next bar, in the order in which they arrive."""
        self._bar += 1
        now = self._due.pop(self._bar, [])
        for event in events:
            late = isinstance(event, Outcome) and self._happens(self._weather.late)
            (self._later() if late else now).append(event)
        self._chance.shuffle(now)
        for event in now:
            if self._happens(self._weather.twice):
                self._later().append(event)
        return list(self._entries(now))

    def rest(self) -> list[bytes]:
        """What was still under way after the last bar."""
        waiting = [event for bar in sorted(self._due) for event in self._due.pop(bar)]
        entries = list(self._entries(waiting))
        first = self._first or 0
        self.tally.gaps = sum(first < number < self._newest for number in self._lost)
        return entries

    def _later(self) -> list[Event]:
        return self._due[self._bar + self._chance.randint(1, self._weather.late_bars)]

    def _entries(self, events: Sequence[Event]) -> Iterator[bytes]:
        """Batches of rising numbers and singles between them; a damaged entry now and then."""
        half = self._chance.randrange(len(events) + 1)
        for part in (events[:half], events[half:]):
            rows: list[Prediction | Outcome] = []
            alone: list[Event] = []
            for event in part:
                batched = isinstance(event, Prediction | Outcome) and not self._happens(self._weather.single)
                (rows if batched else alone).append(event)  # type: ignore[arg-type]
            rows.sort(key=lambda row: row.n)
            for event in (*rows, *alone):
                self._count(event)
            yield from encode_batches(rows)
            yield from map(encode, alone)
            yield from (self._damage() for _ in part if self._happens(self._weather.damaged))

    def _damage(self) -> bytes:
        """An entry that is cut short, or the outcome of a prediction that nobody made."""
        self.tally.damaged += 1
        number = self.tally.damaged
        whole = encode(Outcome(p=f"stray-{number}", n=0, at=1, of=("stray", UNKNOWN), value=0.0))
        return whole if self._happens(0.5) else whole[: self._chance.randrange(1, len(whole))]

    def _count(self, event: Event) -> None:
        self.tally.delivered += 1
        if (event.p, event.n) in self._seen:
            self.tally.duplicates += 1
            return
        self._seen.add((event.p, event.n))
        self.tally.predictions += isinstance(event, Prediction)
        self.tally.joined += isinstance(event, Outcome)
        if isinstance(event, Prediction | Outcome):
            self._first = event.n if self._first is None else self._first
            self._newest = max(self._newest, event.n)

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share
