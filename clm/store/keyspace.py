"""The keyspace: the few things the adapters ask of a server, with a twin in memory.

Every change of state is one commit: checks and writes that happen together or not at all. The adapters are
written once over it, so that a server and its twin cannot disagree about anything but these operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from clm.ports import Entries


@dataclass(frozen=True, slots=True)
class Check:
    """A value must be what was read; None: it must not exist."""

    key: str
    expected: bytes | None
    field: str | None = None  # of a hash


@dataclass(frozen=True, slots=True)
class Put:
    """Set a value, or a field of a hash."""

    key: str
    value: bytes
    field: str | None = None
    ttl_ms: int | None = None  # plain values only


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove a value, or a field of a hash."""

    key: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """Add an entry to a stream; ``cap`` keeps about the newest so many."""

    stream: str
    value: bytes
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """Add entries under ids of their own; ``cap`` keeps about the newest so many.

    One whose id the stream has reached was added before, and is passed over.
    """

    stream: str
    entries: Sequence[tuple[str, bytes]]  # id and value, the ids rising
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Change the whole number in a field of a hash; a missing one counts from zero."""

    key: str
    field: str
    by: int


@dataclass(frozen=True, slots=True)
class Trim:
    """Remove the entries of a stream that are older than an id."""

    stream: str
    before: str


Write = Put | Drop | Add | Extend | Count | Trim

HOLE = b"\0to come\0"
"""In a commit that is prepared: a value that each call brings."""

FIELD = HOLE.decode()
"""The same where the field of a hash is."""


def filled(
    checks: Sequence[Check], writes: Sequence[Write], values: Sequence[bytes]
) -> tuple[list[Check], list[Write]]:
    """The checks and writes with values in their holes: checks first, of each the field before the value."""
    rest = iter(values)

    def whole(part: Any) -> Any:
        named = {each.name: getattr(part, each.name) for each in fields(part)}
        order = sorted(named, key=lambda name: name != "field")
        taken: dict[str, Any] = {name: next(rest) for name in order if named[name] in (HOLE, FIELD)}
        if "field" in taken:
            taken["field"] = taken["field"].decode()
        return replace(part, **taken)

    return [whole(each) for each in checks], [whole(each) for each in writes]


class Keyspace(Protocol):
    """Values, hashes and streams of bytes.

    Every method raises UnreachableServer when it may be tried again, and RefusedByServer when something
    must be changed first.
    """

    def get(self, key: str, field: str | None = None) -> bytes | None:
        """A value, or a field of a hash."""

    def all(self, key: str) -> dict[str, bytes]:
        """Every field of a hash."""

    def read(
        self, stream: str, after: str, count: int, block_ms: int | None = None
    ) -> list[tuple[str, bytes]]:
        """Entries after an id, oldest first; waits up to ``block_ms`` for the first."""

    def take(self, stream: str, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns, for who reads on from the last id: the next read may be under way already."""

    def pass_the_time(self, pastime: Callable[[], object], seconds: float) -> None:
        """Do something every four milliseconds while ``take`` waits, until so long after the last entry.

        It must be quick: what comes meanwhile waits for its end. A twin in memory has no use for it.
        """

    def newest(self, stream: str, count: int) -> list[tuple[str, bytes]]:
        """The newest entries, newest first."""

    def last_id(self, stream: str) -> str:
        """The newest entry's id, "0-0" where there is none."""

    def length(self, stream: str) -> int:
        """Entries in a stream."""

    def added(self, stream: str) -> int:
        """Entries that were ever added to a stream, those that are gone included."""

    def footprint(self, stream: str) -> int:
        """Bytes of memory that a stream takes, about."""

    def append(self, stream: str, value: bytes) -> str:
        """Add one entry, whatever else happens; its id."""

    def commit(self, checks: Sequence[Check], writes: Sequence[Write], *, durable: bool = False) -> bool:
        """Write everything if every check holds, else nothing; whether it did.

        Parameters:
            durable: return when it is on the disk, where the server can tell; two seconds at most.
        """

    def prepare(self, checks: Sequence[Check], writes: Sequence[Write]) -> Callable[..., bool]:
        """A commit that is made again and again; called with the bytes for its holes (see ``filled``)."""

    def post(self, checks: Sequence[Check], writes: Sequence[Write]) -> None:
        """Commit without waiting to hear whether it did: for what the next one would replace.

        Posts come in their order; what is asked next may come before them.
        """

    def snapshot(self, hash_key: str, streams: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
        """A hash and the newest ids of streams, all of one moment."""
