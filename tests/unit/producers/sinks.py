"""Sinks of the tests: one that keeps, one that fails for a while, one that can be held."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from clm.errors import UnreachableServer
from clm.events import Event, InputRow


class KeepingSink:
    """Keeps what it is sent, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[list[Event | InputRow]] = []

    def send(self, items: Sequence[Event | InputRow]) -> None:
        self.batches.append(list(items))

    @property
    def items(self) -> list[Event | InputRow]:
        return [item for batch in self.batches for item in batch]


class FailingSink(KeepingSink):
    """Fails the first times; with ``lost_reply`` it keeps what it was sent all the same."""

    def __init__(self, times: int, *, lost_reply: bool = False, error: Exception | None = None) -> None:
        super().__init__()
        self._left, self._lost_reply = times, lost_reply
        self._error = error or UnreachableServer("redis://nowhere does not answer; start it")

    def send(self, items: Sequence[Event | InputRow]) -> None:
        failing = self._left > 0
        if self._lost_reply or not failing:
            super().send(items)
        if failing:
            self._left -= 1
            raise self._error


class HeldSink(KeepingSink):
    """Takes nothing until ``release`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def send(self, items: Sequence[Event | InputRow]) -> None:
        self.release.wait()
        super().send(items)
