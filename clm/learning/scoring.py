"""Scoring: a stored bundle's forecast of a row that the trader published."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from clm.errors import MissingFeatures
from clm.learning.bundle import Bundle, unpack
from clm.learning.history import RowHistory
from clm.ports import ArtifactStore, InputLog
from clm.scope import Scope

MAX_BUNDLES = 16
"""Bundles kept unpacked."""


class BundleScorer:
    """Forecasts one row at a time, so that the same row always gives the same bits.

    The inputs stream is read on only when a row is not known yet: it is published before its prediction.

    Parameters:
        scope: names the columns of each schema.
    """

    def __init__(self, artifacts: ArtifactStore, inputs: InputLog, scope: Scope) -> None:
        self._artifacts, self._inputs, self._scope = artifacts, inputs, scope
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()
        self._histories: dict[str, RowHistory] = {}
        self._cursor = "0-0"

    def __call__(self, sha256: str, symbol: str, at: int) -> float | None:
        """Target units; None where the history is too short; NaN if the model gave no number.

        Raises:
            CorruptArtifact, MissingLibrary: the bundle cannot be used.
            MissingFeatures: the live rows lack a column that it needs.
        """
        bundle = self._bundle(sha256)
        history = self._history(bundle.schema, symbol, at)
        window = history and history.window(symbol, at, bundle.input_size)
        if window is None:
            return None
        return float(bundle.model.predict(self._picked(bundle, window)[None])[0])

    def _bundle(self, sha256: str) -> Bundle:
        if sha256 not in self._bundles:
            self._bundles[sha256] = unpack(self._artifacts.get(sha256))
            if len(self._bundles) > MAX_BUNDLES:
                self._bundles.popitem(last=False)
        self._bundles.move_to_end(sha256)
        return self._bundles[sha256]

    def _history(self, schema: str, symbol: str, at: int) -> RowHistory | None:
        if not self._knows(schema, symbol, at):
            self._read_on()
        return self._histories.get(schema)

    def _knows(self, schema: str, symbol: str, at: int) -> bool:
        return schema in self._histories and (symbol, at) in self._histories[schema]

    def _read_on(self) -> None:
        while rows := self._inputs.read(self._cursor):
            for entry_id, row in rows:
                x = np.frombuffer(row.x, dtype="<f4")
                self._histories.setdefault(row.schema, RowHistory(len(x))).add(row.symbol, row.at, x)
                self._cursor = entry_id

    def _picked(self, bundle: Bundle, window: np.ndarray) -> np.ndarray:
        """The bundle's columns of a window of live rows."""
        live = self._scope.schemas.get(bundle.schema, bundle.columns)
        if tuple(live) == bundle.columns:
            return window
        missing = [name for name in bundle.columns if name not in live]
        if missing:
            raise MissingFeatures(
                f"schema {bundle.schema} of scope {self._scope.name} lacks {', '.join(missing)}: publish them"
            )
        return window[:, [live.index(name) for name in bundle.columns]]
