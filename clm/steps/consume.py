"""Consuming: one role folds the events stream, appends what it decides, and survives any crash.

The cursor and the folded state are saved together; after a crash the entries since then are read again,
and the decisions they bring a second time are no-ops, for each has its number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgpack

from clm.errors import MalformedEvent
from clm.events import Event
from clm.ports import Admitted, Checkpoints, DecisionLog, Entry, EventLog, Fence, Progress, Reason, Refusal
from clm.records import Decision

START = "0-0"
"""The cursor before the first entry."""


class Fold(Protocol):
    """What a role folds: pure, with a state that can be saved."""

    def apply(self, event: Event) -> list[Decision]: ...
    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Streams:
    """What a consumer reads and writes."""

    events: EventLog
    decisions: DecisionLog
    checkpoints: Checkpoints
    progress: Progress
    admit: Callable[[Entry], Admitted]  # decodes and judges
    quarantines: bool = False  # whether it keeps what is refused; one role of a scope does


class Consumer:
    """One role over one scope's events.

    Parameters:
        announce: the events that are written with a decision, in the same write.
        after: called after each step that read something, with the decisions it brought.
        fence: proof of owning the role; None where nobody else can (memory, replay).
    """

    def __init__(
        self,
        role: str,
        fold: Fold,
        streams: Streams,
        *,
        announce: Callable[[Decision], Sequence[Event]] = lambda _: (),
        after: Callable[[Sequence[Decision]], None] = lambda _: None,
        fence: Fence | None = None,
    ) -> None:
        self.role, self.fold, self.cursor = role, fold, START
        self._streams, self._fence = streams, fence
        self._announce, self._after = announce, after
        self._refused: list[Refusal] = []  # in this step
        self.quarantined = 0  # entries refused since the start of the process

    def recover(self) -> None:
        """Take up the role's checkpoint, if there is one."""
        saved = self._streams.checkpoints.load(self.role)
        if saved is not None:
            self.cursor = saved[0]
            self.fold.restore(msgpack.unpackb(saved[1], strict_map_key=False))

    def step(self, count: int = 1000, block_ms: int | None = None) -> int:
        """Fold the next entries; how many there were.

        Raises:
            NotOwner: another process owns the role now; nothing of this step counts.
            UnreachableServer: the server does not answer; call again later.
        """
        entries = self._streams.events.read(self.cursor, count, block_ms)
        made: list[Decision] = []
        self._refused = []
        for entry in entries:
            for decision in self._fold(entry):
                self._streams.decisions.append(decision, self._fence, self._announce(decision))
                made.append(decision)
            self.cursor = entry.id
        if self._refused and self._streams.quarantines:
            self._streams.events.quarantine(self._refused, self._fence)
        if entries:
            self._after(made)
            self._streams.progress.report(self.role, self.cursor, self._fence)
        return len(entries)

    def save(self) -> None:
        """Save cursor and state. Raises NotOwner like ``step``."""
        state = msgpack.packb(self.fold.state())
        self._streams.checkpoints.save(self.role, self._fence, self.cursor, state)

    def _fold(self, entry: Entry) -> list[Decision]:
        admitted, made = self._streams.admit(entry), list[Decision]()
        reasons = [*admitted.reasons]
        for row, event in admitted.rows:
            try:
                made += self.fold.apply(event)
            except MalformedEvent as error:
                reasons.append(Reason(row, str(error)))
        if reasons:
            self.quarantined += 1
            self._refused.append(Refusal(entry.id, entry.data, reasons, len(reasons)))
        return made
