"""History: a stream from its beginning, what is archived first and then what is still on the server."""

from __future__ import annotations

from collections.abc import Callable

from clm.errors import IncompleteHistory
from clm.events import position
from clm.ports import Archive, Entries, Entry

START = "0-0"

Read = Callable[[str, int], list[Entry]]
"""The entries after an id, at most so many, oldest first."""


class History:
    """Reads a stream as if nothing had ever been cut from it.

    Parameters:
        live: reads what is on the server.
        archive: where cut entries are; None: nowhere.
        genesis: the oldest entry there ever was, once something was cut; None: nothing was.
    """

    def __init__(
        self, stream: str, live: Read, archive: Archive | None = None, genesis: str | None = None
    ) -> None:
        self._stream, self._live, self._archive, self._genesis = stream, live, archive, genesis
        self._archived_to = START if archive is None else archive.last_id(stream)

    def read(self, after: str = START, count: int = 1000) -> list[Entry]:
        """The entries after an id, oldest first, each once."""
        if self._archive is not None and position(after) >= position(self._archived_to) > (0, 0):
            self._archived_to = self._archive.last_id(self._stream)  # it may have grown while this was read
        if self._archive is not None and position(after) < position(self._archived_to):
            return self._archive.read(self._stream, after, count)
        return self._live(after, count)

    def take(self, after: str = START, count: int = 1000) -> Entries:
        """The same by columns."""
        found = self.read(after, count)
        return Entries([each.id.encode() for each in found], [each.data for each in found])

    def check(self) -> None:
        """Raises IncompleteHistory when the oldest entries are neither archived nor on the server."""
        if self._genesis is None:
            return
        oldest = self.read(START, 1)
        if not oldest or position(oldest[0].id) > position(self._genesis):
            begins = oldest[0].id if oldest else "nowhere"
            raise IncompleteHistory(
                f"the {self._stream} stream began at {self._genesis}, what is left of it at {begins}: name "
                "the archive that has the rest (CLM_ARCHIVE)"
            )
