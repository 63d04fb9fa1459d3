"""The decoder: what a read brought, as the block that a fold is given."""

from __future__ import annotations

import numpy as np

from clm.decisions.block import Block, Single, row_of
from clm.decisions.layout import ROW
from clm.decisions.names import Names
from clm.events import Outcome, Prediction
from clm.ports import Entries, Entry
from clm.scope import Scope
from clm.store.admission import admit


class Decoder:
    """Admits the events of entries to a scope and lays them out for a fold.

    Parameters:
        known: model types.
    """

    def __init__(self, scope: Scope, known: frozenset[str]) -> None:
        self._scope, self._known = scope, known

    def __call__(self, entries: Entries, names: Names) -> Block:
        """The block of a read; what is not admitted stands in its ``refused``.

        Parameters:
            names: of the fold that will be given the block.
        """
        block = Block(np.zeros(0, ROW), np.zeros(len(entries.ids), np.int64))
        rows: list[tuple[int, int, int, int, float, float, int]] = []
        for place, (entry_id, data) in enumerate(zip(entries.ids, entries.data, strict=True)):
            block.starts[place] = len(rows)
            admitted = admit(Entry(entry_id.decode(), data), self._scope, self._known)
            for reason in admitted.reasons:
                block.refuse(place, reason.row, reason.text)
            numbers = list[int | None]()
            for number, event in admitted.rows:
                if isinstance(event, Prediction | Outcome):
                    rows.append(row_of(event, names))
                    numbers.append(number)
                else:
                    block.singles.append(Single(len(rows), place, number, event))
            block.numbers[place] = numbers
        block.rows = np.array(rows, ROW)
        return block
