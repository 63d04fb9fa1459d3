"""The shadow's scorer: a stored bundle's forecast for a row that the trader published."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from clm.errors import MissingFeatures
from clm.learning.bundle import Bundle, unpack
from clm.learning.history import RowHistory

if TYPE_CHECKING:
    from clm.events import InputRow
    from clm.ports import ArtifactStore, InputRows
    from clm.scope import Scope

KEPT_ROWS = 4096
"""Rows per symbol and schema: the longest window there is."""

BUNDLES = 16
"""Unpacked bundles that are kept, the newest used."""

BATCH = 1000
"""Rows that are read at once."""


class BundleScorer:
    """Scores one row at a time, so that the bits of a forecast never depend on what is scored beside it.

    The inputs stream is read only as far as needed, from its start after a restart; rows of different
    schemas are kept apart.

    Parameters:
        artifacts: bundles by sha256.
        inputs: the scope's input rows.
        scope: names the columns of its schemas; one that it does not name has those of bundles of its name.
        keep: rows kept per symbol and schema, the longest window there is.
    """

    def __init__(
        self,
        artifacts: ArtifactStore,
        inputs: InputRows,
        scope: Scope,
        keep: int = KEPT_ROWS,
    ) -> None:
        self._artifacts, self._inputs, self._keep = artifacts, inputs, keep
        self._schemas = scope.schemas
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()
        self._histories: dict[str, RowHistory] = {}
        self._cursor = "0-0"

    def __call__(self, sha256: str, symbol: str, at: int) -> float | None:
        """The forecast, target units; None where the history is too short; NaN as the model gave it.

        Parameters:
            at: close of the row's bar, µs.

        Raises:
            CorruptArtifact, MissingLibrary: the bundle cannot be used.
            MissingFeatures: the bundle needs a column that the row has not.
            UnreachableServer: rows or bundle could not be fetched now.
        """
        bundle = self._bundle(sha256)
        schema = self._find(bundle.schema, symbol, at)
        if schema is None:
            return None
        picks = self._picks(bundle, schema)
        window = self._histories[schema].window(symbol, at, bundle.input_size)
        if window is None:
            return None
        return float(bundle.predict(np.ascontiguousarray(window[None][:, :, picks]))[0])

    def _bundle(self, sha256: str) -> Bundle:
        if sha256 not in self._bundles:
            self._bundles[sha256] = unpack(self._artifacts.get(sha256))
            if len(self._bundles) > BUNDLES:
                self._bundles.popitem(last=False)
        self._bundles.move_to_end(sha256)
        return self._bundles[sha256]

    def _find(self, wanted: str, symbol: str, at: int) -> str | None:
        """The schema of the row at ``at``, the bundle's own first; reads on until there is one."""
        while True:
            own_first = sorted(self._histories, key=lambda schema: (schema != wanted, schema))
            found = next((s for s in own_first if (symbol, at) in self._histories[s]), None)
            if found is not None or not self._read():
                return found

    def _read(self) -> bool:
        """Keep the next rows; False at the end of the stream."""
        rows = self._inputs.read(self._cursor, BATCH)
        for _, row in rows:
            self._add(row)
        if rows:
            self._cursor = rows[-1][0]
        return bool(rows)

    def _add(self, row: InputRow) -> None:
        x = np.frombuffer(row.x, "<f4")
        history = self._histories.get(row.schema)
        if history is None:
            width = len(self._schemas.get(row.schema, ())) or len(x)
            history = self._histories[row.schema] = RowHistory(width, self._keep)
        if len(x) == history.columns:  # else no model could read it: it counts as never published
            history.add(row.symbol, row.at, x)

    def _picks(self, bundle: Bundle, schema: str) -> list[int]:
        """Where the bundle's columns stand in the schema's rows."""
        own = bundle.columns if schema == bundle.schema else ()
        columns = tuple(self._schemas.get(schema, own))
        missing = [name for name in bundle.columns if name not in columns]
        if missing or len(columns) != self._histories[schema].columns:
            raise MissingFeatures(
                f"the {bundle.model_type.value} model needs {', '.join(missing or bundle.columns)}, which "
                f"rows of schema {schema} do not have: publish them or train on what is published"
            )
        return [columns.index(name) for name in bundle.columns]
