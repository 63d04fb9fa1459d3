"""Consuming: one role folds the events stream, appends what it decides, and survives any crash.

The cursor and the folded state are saved together; after a crash the entries since then are read again,
and the decisions they bring a second time are no-ops, for each has its number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgpack

from clm.decisions.block import Block
from clm.decisions.names import Names
from clm.events import Event, position
from clm.ports import Checkpoints, DecisionLog, Entries, EventLog, Fence, Progress, Refusal
from clm.records import Decision
from clm.steps.history import START, History


class Fold(Protocol):
    """What a role folds: pure, with a state that can be saved."""

    version: ClassVar[int]  # of its state

    @property
    def names(self) -> Names: ...
    def fold(self, block: Block) -> list[Decision]: ...
    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Streams:
    """What a consumer reads and writes."""

    events: EventLog
    decisions: DecisionLog
    checkpoints: Checkpoints
    progress: Progress
    decode: Callable[[Entries, Names], Block]  # decodes and admits
    history: Callable[[], History]  # the events from their beginning
    quarantines: bool = False  # whether it keeps what is refused; one role of a scope does
    joins: bool = False  # nothing waits for it, so it folds what it missed from the history first


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
        self.quarantined = 0  # entries refused since the start of the process
        self.unsaved = 0  # events folded since the last checkpoint

    def recover(self) -> str:
        """Take up the role's checkpoint, if there is one; what was done, for the log.

        A state of another version is not read: the role is folded again from the beginning of its history.
        What it decides meanwhile is logged already.

        Raises:
            IncompleteHistory: that beginning is neither archived nor on the server.
            NotOwner, UnreachableServer: as ``step``.
        """
        until, version = self.resume()
        if self._streams.joins:
            self._rebuild(self._streams.events.last_id())
            return "joined"
        if until == self.cursor:
            return "begun" if until == START else "resumed"
        self._rebuild(until)
        return f"rebuilt: its state was of version {version}, this one reads {self.fold.version}"

    def _rebuild(self, until: str) -> None:
        """Fold the history from the cursor to an entry."""
        whole = self._streams.history()
        if self.cursor == START:
            whole.check()
        while position(self.cursor) < position(until) and (entries := whole.take(self.cursor)).ids:
            self._take(entries)

    def resume(self) -> tuple[str, int]:
        """Take up the checkpoint if its state is of this version, writing nothing; its cursor and version."""
        saved = self._streams.checkpoints.load(self.role)
        if saved is None:
            return START, self.fold.version
        cursor, state = saved[0], msgpack.unpackb(saved[1], strict_map_key=False)
        if state["v"] == self.fold.version:
            self.cursor = cursor
            self.fold.restore(state)
        return cursor, state["v"]

    def step(self, count: int = 1000, block_ms: int | None = None) -> int:
        """Fold the next entries; how many there were.

        Raises:
            NotOwner: another process owns the role now; nothing of this step counts.
            UnreachableServer: the server does not answer; call again later.
        """
        entries = self._streams.events.take(self.cursor, count, block_ms)
        if entries.ids:
            self._take(entries)
        return len(entries.ids)

    def _take(self, entries: Entries) -> None:
        block = self._streams.decode(entries, self.fold.names)
        made = self.fold.fold(block)
        self.unsaved += len(block.rows) + len(block.singles)
        for decision in made:
            self._streams.decisions.append(decision, self._fence, self._announce(decision))
        self._quarantine(entries, block)
        self.cursor = entries.ids[-1].decode()
        self._after(made)
        self._streams.progress.report(self.role, self.cursor, self._fence)

    def save(self) -> None:
        """Save cursor and state. Raises NotOwner like ``step``."""
        state = msgpack.packb(self.fold.state())
        self._streams.checkpoints.save(self.role, self._fence, self.cursor, state)
        self.unsaved = 0

    def _quarantine(self, entries: Entries, block: Block) -> None:
        """Keep what the decoder or the fold refused, in the order of the stream."""
        self.quarantined += len(block.refused)
        if block.refused and self._streams.quarantines:
            refused = [
                Refusal(
                    entries.ids[place].decode(),
                    entries.data[place],
                    reasons,
                    len(reasons),
                )
                for place, reasons in sorted(block.refused.items())
            ]
            self._streams.events.quarantine(refused, self._fence)
