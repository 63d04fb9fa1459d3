"""Needed rows: which input rows the shadow's windows may still be built from."""

from __future__ import annotations

from collections import deque

from clm.events import position
from clm.ports import InputRows

STRIDE = 64
"""Every so many rows of a symbol one is remembered: what is kept is rounded up to it."""

PAGE = 1000
"""Rows read at once."""


class NeededRows:
    """Reads the inputs stream up to the shadow's saved cursor, and says where its needs begin.

    A shadow that starts again rebuilds its windows from the stream. So the newest ``keep`` rows of each
    symbol and schema must stay that were written before its saved cursor; those after it are still to
    be scored. A symbol that has fewer holds all of its rows, however old.

    Parameters:
        inputs: the scope's input rows.
        keep: rows of the longest window there is.
    """

    def __init__(self, inputs: InputRows, keep: int) -> None:
        self._inputs, self._cursor = inputs, "0-0"
        self._marks = -(-keep // STRIDE) + 1
        self._seen: dict[tuple[str, str], int] = {}  # symbol and schema -> rows
        self._kept: dict[tuple[str, str], deque[str]] = {}  # -> ids of every STRIDE-th, the newest

    def done(self, saved: str, pages: int = 100) -> str:
        """The newest entry that nobody needs any more; "0-0" while there is none.

        Parameters:
            saved: the shadow's saved cursor in the events stream; both streams carry the server's time.
            pages: how many of ``PAGE`` rows to read on at most; what is not read counts as needed.
        """
        for _ in range(pages):
            rows = self._inputs.read(self._cursor, PAGE)
            for entry_id, row in rows:
                if position(entry_id)[0] >= position(saved)[0]:
                    return self._oldest()
                self._note((row.symbol, row.schema), entry_id)
                self._cursor = entry_id
            if len(rows) < PAGE:
                break
        return self._oldest()

    def _note(self, key: tuple[str, str], entry_id: str) -> None:
        seen = self._seen.get(key, 0)
        if seen % STRIDE == 0:
            self._kept.setdefault(key, deque(maxlen=self._marks)).append(entry_id)
        self._seen[key] = seen + 1

    def _oldest(self) -> str:
        """The first row that is needed; cutting before it keeps it."""
        return min((marks[0] for marks in self._kept.values()), key=position, default="0-0")
