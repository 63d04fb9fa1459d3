"""The anchor of a booster: what its trees begin at, so that they learn only what deviates from it.

Trees begin at the mean of what they learn. Of a series whose level moves, that is the level of the past, and
a fit that stops early is stopped on its way from there to today's. From the naive forecast there is no way,
and what a line through the features adds to it no tree need be spent on. (A line below trees: Zhang,
Nettleton and Zhu, Regression-Enhanced Random Forests, 2017.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from clm.errors import ConfigurationError
from clm.learning.calibration import shrinkage
from clm.learning.guide import Guide
from clm.learning.line import Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINE, NAIVE, MEAN = "line", "naive", "mean"
"""What ``anchor`` may be: the first tree begins at the naive forecast and what a line adds to it, as far as
the checked rows bear that out; at the naive forecast alone; or at the mean of the targets."""


@dataclass(frozen=True)
class Anchor:
    """The naive forecast, and what a line adds to it."""

    column: int  # where the naive forecast stands in a row
    level: float  # its mean over the rows that were learned from, target units: where it is unknown
    kept: float = 0.0  # part of the line's sum that is added, 0 to 1
    line: Line | None = None  # through what deviates from the naive forecast

    @classmethod
    def of(cls, x: NDArray[np.float32], column: int) -> Self:
        """The naive forecast alone, of rows (n, columns) that are to be learned from."""
        naive = x[:, column].astype(np.float64)
        known = naive[np.isfinite(naive)]
        return cls(column, float(known.mean()) if len(known) else 0.0)

    def with_line(self, x: NDArray[np.float32], y: NDArray[np.float64]) -> Self:
        """The same with the whole line through rows (n, columns) and targets (n,)."""
        return replace(self, kept=1.0, line=Line.of(x, y - self.base(x)))

    def keeping(self, kept: float) -> Self:
        """The same with a part of its line; without one where nothing is kept."""
        return replace(self, kept=kept, line=self.line if kept > 0 else None)

    def renewed(self, x: NDArray[np.float32], y: NDArray[np.float64]) -> Self:
        """The same rule for other rows (n, columns) and targets (n,): as much of a line through these."""
        made = self.of(x, self.column)
        return made.with_line(x, y).keeping(self.kept) if self.kept > 0 else made

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Self | None:
        """The one among a model's facts. Raises KeyError, TypeError or ValueError where it is damaged."""
        found = facts.get("anchor")
        if found is None:
            return None
        line = None if found["line"] is None else Line.restored(found["line"])
        return cls(int(found["column"]), float(found["level"]), float(found["kept"]), line)

    def facts(self) -> dict[str, Any]:
        """As plain JSON values, under the name by which ``restored`` finds it."""
        line = None if self.line is None else self.line.facts()
        return {"anchor": {"column": self.column, "level": self.level, "kept": self.kept, "line": line}}

    def base(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Where the forecasts of rows (n, columns) begin (n,), target units; each the same in any company.

        >>> Anchor(1, 0.5).base(np.array([[7, 2], [7, np.nan]], np.float32)).tolist()
        [2.0, 0.5]
        """
        naive = self._naive(rows)
        return naive if self.line is None else naive + self.kept * self.line.said(rows)

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each value of rows (n, columns) has in that (n, columns), target units, beside a constant."""
        parts = np.zeros(rows.shape) if self.line is None else self.kept * self.line.parts(rows)
        parts[:, self.column] += self._naive(rows) - self.level
        return parts

    def _naive(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        naive = rows[:, self.column].astype(np.float64)
        return np.where(np.isfinite(naive), naive, self.level)


def anchor_of(
    model_type: str,
    x: NDArray[np.float32],
    y: NDArray[np.float64],
    params: Mapping[str, Any],
    guide: Guide,
    shifting: bool,
) -> Anchor | None:
    """Where a fit to rows (n, columns) and targets (n,) begins: as its parent, else as ``anchor`` says.

    Parameters:
        shifting: whether the objective looks at nothing but how far a forecast lies from its target.

    Raises:
        ConfigurationError: ``anchor`` is none of its values, or the objective does not allow it.
    """
    wanted = params.get("anchor", LINE if shifting else MEAN)
    if wanted not in ((LINE, NAIVE, MEAN) if shifting else (MEAN,)):
        raise ConfigurationError(
            f"training_params.{model_type}.anchor is {wanted!r}; use {LINE!r}, {NAIVE!r} or {MEAN!r}, and "
            "the first two only with an objective that looks at nothing but errors, as the library's own does"
        )
    if guide.parent is not None:
        parent: Anchor | None = guide.parent.anchor
        return None if parent is None else parent.renewed(x, y)
    if wanted == MEAN or guide.naive is None:
        return None
    anchor = Anchor.of(x, guide.naive)
    return anchor if wanted == NAIVE else _with_line(anchor, x, y, guide)


def _with_line(anchor: Anchor, x: NDArray[np.float32], y: NDArray[np.float64], guide: Guide) -> Anchor:
    """The anchor with as much of a line as an earlier fit settled, or as the checked rows bear out."""
    if guide.settled is not None:
        return anchor.keeping(float(guide.settled.get("line", 0.0))).renewed(x, y)
    if guide.check is None:
        return anchor
    lined, seen, check = anchor.with_line(x, y), guide.check.windows[:, -1], guide.check
    return lined.keeping(shrinkage(lined.base(seen), anchor.base(seen), check.y, check.horizon))
