"""Intake: each event counts once, and the event clock moves with those that tell the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from clm.decisions.layout import CLOCK, DUPLICATES, LATE, PRODUCER, SINCE, STAMP, IntakeArrays
from clm.decisions.names import Names
from clm.events import CLOCK as CLOCK_PRODUCER
from clm.events import CLOCK_KINDS, Event

MAX_PRODUCERS = 4096
"""Producers whose numbers are remembered, the newest heard; every training run is one of them."""

NEVER = 2**62
"""No prediction yet (µs)."""


class Intake:
    """Folds every event of a stream into the clock and, per producer, which numbers were seen.

    Nobody knows where a producer began: numbers below the first seen are no gap, yet those that are not more
    than ``LATE`` behind the newest are taken once, for the first events of a producer may arrive reordered.
    A producer that ``MAX_PRODUCERS`` others have been heard after is forgotten; what it lacks is lost, and
    an event of it that came again would count as new.

    >>> from clm.events import tick
    >>> intake = Intake(Names())
    >>> intake.accept(tick(60_000_000)), intake.accept(tick(60_000_000)), intake.clock
    (True, False, 60000000)
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._forgotten = 0  # numbers that forgotten producers lacked
        self.arrays = _arrays(64)
        self._known = 0
        self._hear: Callable[..., bool] | None = None  # imported with the first event

    def accept(self, event: Event) -> bool:
        """Whether the event is new; a new one that tells the time moves the clock."""
        hear = self._hear = self._hear or _compiled()
        code = self._names.producer(event.p)
        self.reserve()
        if not self.arrays.producers[code]["heard"]:
            self.introduce(code, event.n)
        minutes = event.p == CLOCK_PRODUCER
        return bool(hear(self.arrays, code, event.n, event.at if event.kind in CLOCK_KINDS else 0, minutes))

    def reserve(self) -> None:
        """Make room for every producer that has a name."""
        room, wanted = len(self.arrays.producers), len(self._names.producers)
        if wanted <= room:
            return
        old, self.arrays = self.arrays, _arrays(max(wanted, 2 * room))
        self.arrays.producers[:room], self.arrays.bits[:room] = old.producers, old.bits
        self.arrays.counts[:] = old.counts

    def introduce(self, code: int, n: int) -> None:
        """Know a producer from its first number on; of many, the one silent for longest is forgotten."""
        producers, bits, counts = self.arrays
        if self._known >= MAX_PRODUCERS:
            self._forget()
        self._known += 1
        producers[code] = (n - 1, n, 0, max(counts[STAMP], 1))
        bits[code] = 0

    def _forget(self) -> None:
        heard = self.arrays.producers["heard"]
        silent = int(np.where(heard > 0, heard, NEVER).argmin())
        self._forgotten += int(self.arrays.producers[silent]["lost"]) + self._missing(silent)
        heard[silent] = 0
        self._known -= 1

    @property
    def clock(self) -> int:
        """The largest ``at`` so far, µs."""
        return int(self.arrays.counts[CLOCK])

    @clock.setter
    def clock(self, at: int) -> None:
        self.arrays.counts[CLOCK] = at

    @property
    def since(self) -> int | None:
        """The oldest bar that a prediction was made at, µs; None before the first."""
        since = int(self.arrays.counts[SINCE])
        return None if since == NEVER else since

    @property
    def duplicates(self) -> int:
        """Events that came again."""
        return int(self.arrays.counts[DUPLICATES])

    @property
    def lost(self) -> int:
        """Numbers given up on."""
        known = self.arrays.producers["heard"] > 0
        return self._forgotten + int(self.arrays.producers["lost"][known].sum())

    @property
    def gaps(self) -> int:
        """Numbers that are missing so far, lost ones included."""
        return self.lost + sum(self._missing(int(code)) for code in self.heard())

    def heard(self) -> list[int]:
        """The codes of the known producers, the newest heard last."""
        heard = self.arrays.producers["heard"]
        codes = np.flatnonzero(heard)
        return [int(code) for code in codes[np.argsort(heard[codes], kind="stable")]]

    def _missing(self, code: int) -> int:
        from clm.decisions.compiled.flow import missing_of

        if self._names.producers[code] == CLOCK_PRODUCER:
            return 0  # minutes in which nobody asked for the time
        return int(missing_of(self.arrays, code))

    def keep(self, codes: list[int]) -> None:
        """Number the producers anew: the old code of each new one."""
        old, self.arrays = self.arrays, _arrays(max(64, len(codes)))
        self.arrays.producers[: len(codes)], self.arrays.bits[: len(codes)] = (
            old.producers[codes],
            old.bits[codes],
        )
        self.arrays.counts[:] = old.counts

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it; the producers in the order they were heard."""
        rows = [(code, self.arrays.producers[code]) for code in self.heard()]
        return {
            "clock": self.clock,
            "duplicates": self.duplicates,
            "heard": int(self.arrays.counts[STAMP]),
            "since": self.since,
            "forgotten": self._forgotten,
            "producers": [
                [
                    self._names.producers[code],
                    *(int(row[name]) for name in ("first", "newest", "lost")),
                    self.arrays.bits[code].tobytes(),
                ]
                for code, row in rows
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.arrays, self._known = _arrays(64), len(state["producers"])
        self._forgotten = state["forgotten"]
        for stamp, (p, first, newest, lost, bits) in enumerate(state["producers"], 1):
            code = self._names.producer(p)
            self.reserve()
            self.arrays.producers[code] = (newest, first, lost, stamp)
            self.arrays.bits[code] = np.frombuffer(bits, np.uint64)
        since = NEVER if state["since"] is None else state["since"]
        self.arrays.counts[:] = (state["clock"], state["duplicates"], state["heard"], since)


def _compiled() -> Callable[..., bool]:
    from clm.decisions.compiled.flow import hear

    return hear


def _arrays(producers: int) -> IntakeArrays:
    return IntakeArrays(
        np.zeros(producers, PRODUCER),
        np.zeros((producers, LATE // 64), np.uint64),
        np.array([0, 0, 0, NEVER], np.int64),
    )
