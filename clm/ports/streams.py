"""Streams: the recorded events, inputs and decisions, how they are cut, and where the cut goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from clm.decisions.retention import Gap, Stock
from clm.events import Event, InputRow
from clm.ports.roles import Fence
from clm.records import Decision, Head


class Entry(NamedTuple):
    """One entry of a stream, undecoded."""

    id: str  # milliseconds-sequence, as Redis orders them
    data: bytes


class Reason(NamedTuple):
    """Why a row of an entry was refused."""

    row: int | None  # of the entry, from 0; None: the whole entry
    text: str


class Admitted(NamedTuple):
    """What of an entry counts, and why the rest does not."""

    rows: Sequence[tuple[int | None, Event]]  # row of the entry, None where it is no batch; its event
    reasons: Sequence[Reason] = ()  # one per refused row; one alone for an entry that cannot be read


class Refusal(NamedTuple):
    """An entry that was refused, whole or in some of its rows."""

    id: str  # of the entry
    data: bytes
    reasons: Sequence[tuple[int | None, str]]  # each a Reason; the first of them suffice
    rows: int = 1  # rows that were refused; 1 where the entry is no batch


@dataclass(frozen=True)
class Loss:
    """The newest counters of one producer that lost events."""

    producer: str
    dropped: int  # there was no room while the server was away
    failed: int  # a value could not be written


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of a stream by columns, undecoded."""

    ids: Sequence[bytes]  # b"1526919030474-55", oldest first
    data: Sequence[bytes]  # the field `d` of each; b"" for a foreign entry without it


class EventLog(Protocol):
    """The scope's events stream."""

    def append(self, event: Event) -> str:
        """Add one event; its entry id. Raises UnreachableServer."""

    def append_owned(self, event: Event, fence: Fence | None) -> None:
        """Add one event of a role's owner. Raises NotOwner when the fence is stale."""

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[Entry]:
        """The entries after an id ("0" = from the start), at most ``count``; waits ``block_ms``."""

    def take(self, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns, for who reads on from the last id: the next read may be under way already.

        At most ``count``, and fewer than are there where entries are large.
        """

    def last_id(self) -> str:
        """The id of the newest entry, "0-0" when there is none."""

    def quarantine(self, refused: Sequence[Refusal], fence: Fence | None = None) -> None:
        """Keep refused entries with their reasons, in the order of the stream; the newest 10,000 stay.

        Each entry once, however often it is told. Raises NotOwner when the fence is stale.
        """

    def quarantined(self) -> int:
        """Entries that were ever refused."""


class InputRows(Protocol):
    """Input rows in the order they were published."""

    def read(self, after: str, count: int = 1000) -> list[tuple[str, InputRow]]:
        """The rows after an entry id, each with its own."""


class InputLog(InputRows, Protocol):
    """The scope's inputs stream."""

    def append(self, row: InputRow) -> str: ...


class DecisionLog(Protocol):
    """The scope's decision log, chained per role."""

    def head(self, role: str) -> Head: ...

    def heads(self) -> dict[str, Head]:
        """Role -> the newest link of its chain."""

    def append(self, decision: Decision, fence: Fence | None, events: Sequence[Event] = ()) -> bool:
        """Append a role's next decision with the events that announce it, in one write.

        Returns False, writing nothing, for a number already logged: a re-derived decision.

        Raises:
            NotOwner: the fence is stale.
            OutOfOrder: the number skips one, or differs from the logged decision of that number.
        """

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[tuple[str, Decision]]:
        """The decisions after an entry id, oldest first; waits up to ``block_ms`` for the first."""

    def last_id(self) -> str: ...


EVENTS, INPUTS = "events", "inputs"


STREAMS = (EVENTS, INPUTS)
"""The streams that grow with the trader; the others grow with decisions, which are kept."""


class Trimming(Protocol):
    """Cutting the ``STREAMS`` of a scope from their old end."""

    def stock(self, stream: str) -> Stock: ...

    def oldest(self, stream: str, count: int) -> Iterator[tuple[str, int]]:
        """Id and number of events of the oldest entries, at most ``count`` of them."""

    def cut(self, stream: str, before: str, fence: Fence | None, gaps: Sequence[Gap] = ()) -> None:
        """Remove what is older than an entry and put the gaps on record, in one write.

        Raises NotOwner when the fence is stale.
        """

    def gaps(self) -> list[Gap]:
        """What was cut before somebody was done with it, by stream and role."""

    def genesis(self, stream: str) -> str | None:
        """The oldest entry that a stream ever had, once something was cut from it; None before."""

    def archived(self) -> dict[str, str]:
        """Stream -> the newest entry of it that is in the archive."""

    def archive_reached(self, stream: str, entry_id: str, fence: Fence | None) -> None:
        """Tell how far the archive is. Raises NotOwner when the fence is stale."""


class Archive(Protocol):
    """Entries of the ``STREAMS`` of a scope that are kept for ever."""

    def last_id(self, stream: str) -> str:
        """The newest archived entry, "0-0" while there is none."""

    def read(self, stream: str, after: str, count: int = 1000) -> list[Entry]:
        """The archived entries after an id, oldest first, each once."""

    def keep(self, stream: str, entries: Sequence[Entry]) -> None:
        """Archive entries of one UTC day, in their order; they appear together or not at all."""

    def mend(self) -> None:
        """Finish what a killed archiver left half done; only for the one that owns the archive."""
