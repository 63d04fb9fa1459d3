"""Archiving: copy a stream's new entries into the archive, a range of one day at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from clm.events import position
from clm.ports import Archive, Entry, Fence, Trimming
from clm.steps.history import Read

PAGE = 1000
"""Entries read at once."""

RANGE_BYTES = 64_000_000
"""Of entries in one file, about."""

DAY_MS = 86_400_000


class Archiver:
    """Copies what is new; whoever runs it owns the role ``archive``.

    Parameters:
        sources: stream -> reads its entries.
        renew: raises NotOwner when another process has taken the role.
    """

    def __init__(
        self,
        archive: Archive,
        sources: Mapping[str, Read],
        trimming: Trimming,
        fence: Fence | None = None,
        renew: Callable[[], None] = lambda: None,
    ) -> None:
        self._archive, self._sources, self._trimming = archive, sources, trimming
        self._fence, self._renew = fence, renew

    def mend(self) -> None:
        """Finish what a killed archiver left half done."""
        self._archive.mend()

    def step(self) -> dict[str, int]:
        """Archive everything that there is now; stream -> entries.

        Raises:
            NotOwner: another process archives this scope.
            UnreachableServer: the server does not answer; call again later.
        """
        return {stream: self._copy(stream, read) for stream, read in self._sources.items()}

    def _copy(self, stream: str, read: Read) -> int:
        copied = 0
        for entries in _ranges(read, self._archive.last_id(stream)):
            self._renew()
            self._archive.keep(stream, entries)
            self._trimming.archive_reached(stream, entries[-1].id, self._fence)
            copied += len(entries)
        return copied


def _ranges(read: Read, after: str) -> Iterator[list[Entry]]:
    """The entries after an id, in lists of one UTC day and a bounded size."""
    held: list[Entry] = []
    size = 0
    while page := read(after, PAGE):
        for entry in page:
            if held and (size >= RANGE_BYTES or _day(entry) != _day(held[0])):
                yield held
                held, size = [], 0
            held.append(entry)
            size += len(entry.data)
        after = page[-1].id
    if held:
        yield held


def _day(entry: Entry) -> int:
    return position(entry.id)[0] // DAY_MS
