"""The baseline of decay: what the hold-out of a version taught the detectors that will watch it.

It is made where the version is evaluated and travels with its evaluation, as plain values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clm.decisions.sequential import decay_fold as loop
from clm.decisions.sequential.decay import DecayRules
from clm.decisions.sequential.skill_decay import SkillDecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.errors import MalformedEvent
from clm.events import DAY

VERSION = 2
"""Of the detectors' states: those of another version cannot be gone on with."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The hold-out of one version, folded.

    Raises:
        MalformedEvent: it cannot be one.
    """

    overlap: int  # rows whose outcomes overlap: horizon (bars) times rows of a bar
    rows_per_day: float  # matured rows of a day
    ratio: float | None  # loss / naive loss, both absolute; None where naive never errs
    sizes: Sequence[float]  # state of a SkillScore
    state: Sequence[float]  # state of a decay_fold

    def __post_init__(self) -> None:
        fits = (len(self.sizes), len(self.state)) == (len(SkillScore().state()), loop.STATE)
        numbers: tuple[Any, ...] = (
            *self.sizes,
            *self.state,
            self.overlap,
            self.rows_per_day,
            self.ratio or 0.0,
        )
        known = fits and all(isinstance(each, int | float) and math.isfinite(each) for each in numbers)
        if not (known and self.overlap >= 1 and self.rows_per_day > 0):
            raise MalformedEvent(
                f"baseline of decay with overlap {self.overlap!r}, {self.rows_per_day!r} rows a day, "
                f"{len(self.sizes)} sizes and {len(self.state)} sums: train the version again"
            )

    @classmethod
    def of(cls, value: Any, naive: Any, outcome: Any, at: Any, horizon: int) -> Baseline:
        """From the rows (n,) of a hold-out, at least one, in the order in which they matured.

        Parameters:
            value, naive, outcome: target units.
            at: close of the bar that each was forecast at, µs.
            horizon: bars.
        """
        score = SkillScore()
        scores = score.update_many(value - naive, outcome - naive)
        overlap, rows = _overlap(at, horizon), _rows_per_day(at)
        state, rules = np.zeros(loop.STATE), np.array(DecayRules(between_alarms=rows, overlap=overlap).row)
        loop.known(state, rules, scores)
        loss, theirs = float(np.abs(value - outcome).sum()), float(np.abs(naive - outcome).sum())
        return cls(
            overlap=overlap,
            rows_per_day=rows,
            ratio=loss / theirs if theirs > 0 and loss > 0 else None,
            sizes=score.state(),
            state=state.tolist(),
        )

    @classmethod
    def restored(cls, plain: Mapping[str, Any]) -> Baseline:
        """From plain values. Raises MalformedEvent when one is missing or odd."""
        try:
            return cls(**{name: value for name, value in plain.items() if name != "v"})
        except TypeError as error:
            message = f"baseline of decay cannot be read: {error}: train the version again"
            raise MalformedEvent(message) from error

    @classmethod
    def announced(cls, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
        """The plain baseline in the evidence of an evaluation; None where there is none of this version.

        Raises:
            MalformedEvent: it is odd.
        """
        plain = evidence.get("decay")
        if plain is None or plain.get("v") != VERSION:
            return None
        return cls.restored(plain).plain()

    def plain(self) -> dict[str, Any]:
        """As msgpack and JSON can carry it."""
        return {"v": VERSION, **asdict(self)}

    def rules(self, days: float) -> Any:
        """The rules of ``decay_fold`` (3,) for a false alarm in so many days on average."""
        return np.array(DecayRules(between_alarms=days * self.rows_per_day, overlap=self.overlap).row)

    @property
    def bounds(self) -> Any:
        """The rules of ``skill_decay_fold`` (3,); without a ratio no loss exceeds them."""
        rules = SkillDecayRules(ratio=math.inf if self.ratio is None else self.ratio, overlap=self.overlap)
        return np.array(rules.row)


def _overlap(at: Any, horizon: int) -> int:
    return horizon * math.ceil(len(at) / len(np.unique(at)))


def _rows_per_day(at: Any) -> float:
    """Rows of a bar times bars of a day, weekends and nights as they were; all rows if there is one bar."""
    bars = np.unique(at)
    if len(bars) < 2:
        return float(len(at))
    return len(at) / len(bars) * (len(bars) - 1) * DAY / float(bars[-1] - bars[0])
