"""Sinks of the tests: one that keeps, one that fails for a while, one that can be held."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from clm.errors import UnreachableServer
from clm.events import Event, InputRow
from clm.store.admission import decode_entry
from clm.store.codec import decode_row
from producers.parcels import Parcel


def items_of(parcels: Sequence[Parcel]) -> list[Event | InputRow]:
    """What is in some entries."""
    found = list[Event | InputRow]()
    for parcel in parcels:
        found += [decode_row(parcel.data)] if parcel.inputs else decode_entry(parcel.data)
    return found


class KeepingSink:
    """Keeps what it is sent, send by send."""

    def __init__(self) -> None:
        self.sends: list[Sequence[Parcel]] = []
        self.reports: dict[str, bytes] = {}

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        self.sends.append(parcels)

    def begin(self, parcel: Parcel) -> bool:
        return False

    def report(self, p: str, counters: bytes) -> None:
        self.reports[p] = counters

    def close(self) -> None:
        pass

    @property
    def items(self) -> list[Event | InputRow]:
        return [item for parcels in self.sends for item in items_of(parcels)]

    @property
    def numbers(self) -> list[int]:
        return [item.n for item in self.items if isinstance(item, Event)]


class FailingSink(KeepingSink):
    """Fails the first times; with ``lost_reply`` it keeps what it was sent all the same."""

    def __init__(self, times: int, *, lost_reply: bool = False, error: Exception | None = None) -> None:
        super().__init__()
        self.left, self._lost_reply = times, lost_reply
        self._error = error or UnreachableServer("redis://nowhere does not answer; start it")

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        failing = self.left > 0
        if self._lost_reply or not failing:
            super().send(parcels, waiting)
        if failing:
            self.left -= 1
            raise self._error


class HeldSink(KeepingSink):
    """Answers nothing until ``release`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        while not self.release.wait(0.01):
            waiting()
        super().send(parcels, waiting)
