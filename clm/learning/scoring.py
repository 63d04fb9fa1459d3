"""The shadow's scorer: a stored bundle's forecast for a row that the trader published."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import MissingFeatures
from clm.learning.blocks import BLOCK, predict_block, predict_groups, steady
from clm.learning.bundle import Bundle, unpack
from clm.learning.history import RowHistory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clm.events import InputRow
    from clm.ports import ArtifactStore, InputRows
    from clm.scope import Scope

KEPT_ROWS = 4096
"""Rows per symbol and schema: the longest window there is."""

BUNDLES = 16
"""Unpacked bundles that are kept, the newest used."""

BATCH = 1000
"""Rows that are read at once."""


AHEAD = 64
"""Rows that are scored in one call of a model, as far as they are published."""

SCORES = 65_536
"""Forecasts and places of rows that are kept per bundle and schema; an older one is made again."""


@dataclass
class Loaded:
    """A bundle in use."""

    bundle: Bundle
    ahead: int  # rows that are scored at once; 1 where that would change a forecast's last bits
    scores: dict[tuple[str, int], float] = field(default_factory=dict)  # (symbol, at) -> target units
    room: Any = None  # (ahead, input_size, columns of a row): fresh memory for every block would cost more

    def together(self, parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The windows of several symbols as one array (n, input_size, columns), until the next ones."""
        shape = (self.ahead, *parts[0].shape[1:])
        if self.room is None or self.room.shape != shape:
            self.room = np.empty(shape, np.float32)
        return np.concatenate(parts, out=self.room[: sum(map(len, parts))])


class BundleScorer:
    """Scores the row that is asked for together with those published after it, which will be asked for next.

    The bits of a forecast never depend on what is scored beside it. The inputs stream is read only as far as
    needed, from its start after a restart; rows of different schemas are kept apart.

    Parameters:
        artifacts: bundles by sha256.
        inputs: the scope's input rows.
        scope: names the columns of its schemas; one that it does not name has those of bundles of its name.
        keep: rows kept per symbol and schema, the longest window there is.
    """

    multiple = BLOCK  # of windows in every call of a network: recorded with a trial, and held against it

    def __init__(
        self,
        artifacts: ArtifactStore,
        inputs: InputRows,
        scope: Scope,
        keep: int = KEPT_ROWS,
    ) -> None:
        self._artifacts, self._inputs, self._keep = artifacts, inputs, keep
        self._schemas = scope.schemas
        self._bundles: OrderedDict[str, Loaded] = OrderedDict()
        self._histories: dict[str, RowHistory] = {}
        self._orders: dict[str, Order] = {}
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
        loaded, key = self._loaded(sha256), (symbol, at)
        if key not in loaded.scores:
            self._score(loaded, *key)
        return loaded.scores.get(key)

    def _score(self, loaded: Loaded, symbol: str, at: int) -> None:
        """Score a row and those after it; none where the history is too short."""
        bundle = loaded.bundle
        schema = self._find(bundle.schema, symbol, at)
        if schema is None:
            return
        picks = self._picks(bundle, schema)
        # In a schema that is not the bundle's own a later row might still come in its own.
        ahead = loaded.ahead if schema == bundle.schema else 1
        after = self._orders[schema].after((symbol, at), ahead - 1)
        asked = [(symbol, at), *(key for key in after if key not in loaded.scores)]
        keys, seen = self._windows(asked, schema, loaded)
        if (symbol, at) not in keys:
            return
        rows = seen if picks is None else seen[:, :, picks]
        if bundle.grouped:
            values = predict_groups(bundle, rows, [name for name, _ in keys])
        else:
            values = predict_block(bundle, rows)
        if len(loaded.scores) > SCORES:
            loaded.scores.clear()
        loaded.scores.update(zip(keys, values.tolist(), strict=True))

    def _windows(
        self, asked: list[tuple[str, int]], schema: str, loaded: Loaded
    ) -> tuple[list[tuple[str, int]], NDArray[np.float32]]:
        """Those of the rows that have a window, and the windows (n, input_size, columns of a row)."""
        history, size = self._histories[schema], loaded.bundle.input_size
        by_symbol: dict[str, list[int]] = {}
        for symbol, at in asked:
            by_symbol.setdefault(symbol, []).append(at)
        keys, parts = list[tuple[str, int]](), []
        for symbol, ats in by_symbol.items():
            found, windows = history.block(symbol, ats, size)
            keys += [(symbol, at) for at, known in zip(ats, found.tolist(), strict=True) if known]
            parts.append(windows)
        return keys, parts[0] if len(parts) == 1 else loaded.together(parts)

    def _loaded(self, sha256: str) -> Loaded:
        if sha256 not in self._bundles:
            bundle = self._bundle(sha256)
            self._bundles[sha256] = Loaded(bundle, AHEAD if steady(bundle) else 1)
            if len(self._bundles) > BUNDLES:
                self._bundles.popitem(last=False)
        self._bundles.move_to_end(sha256)
        return self._bundles[sha256]

    def _bundle(self, sha256: str) -> Bundle:
        return unpack(self._artifacts.get(sha256))

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
            self._orders[row.schema] = Order()
        # A row of another width no model could read: it counts as never published.
        if len(x) == history.columns and history.add(row.symbol, row.at, x):
            self._orders[row.schema].add((row.symbol, row.at))

    def _picks(self, bundle: Bundle, schema: str) -> list[int] | None:
        """Where the bundle's columns stand in the schema's rows; None where they are the same."""
        own = bundle.columns if schema == bundle.schema else ()
        columns = tuple(self._schemas.get(schema, own))
        missing = [name for name in bundle.columns if name not in columns]
        if missing or len(columns) != self._histories[schema].columns:
            raise MissingFeatures(
                f"the {bundle.model_type.value} model needs {', '.join(missing or bundle.columns)}, which "
                f"rows of schema {schema} do not have: publish them or train on what is published"
            )
        return None if columns == bundle.columns else [columns.index(name) for name in bundle.columns]


class Order:
    """The rows of a schema in the order they were published, the newest of them."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, int]] = []
        self._places: dict[tuple[str, int], int] = {}

    def add(self, key: tuple[str, int]) -> None:
        """Note the next row, a (symbol, ``at`` in µs)."""
        if len(self._keys) >= 2 * SCORES:
            self._keys = self._keys[SCORES:]
            self._places = {each: place for place, each in enumerate(self._keys)}
        self._places[key] = len(self._keys)
        self._keys.append(key)

    def after(self, key: tuple[str, int], count: int) -> list[tuple[str, int]]:
        """The next rows after one, at most ``count``; none after one that is long gone."""
        place = self._places.get(key, len(self._keys))
        return self._keys[place + 1 : place + 1 + count]
