"""A field for schedules: daily closes, a model that only knows when it was trained, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from clm.events import DAY, micros
from clm.policy import Policy
from clm.ports import DataClient, ModelEvaluator, ModelTrainer
from clm.replay.schedules import Field
from clm.steps.job import Reading
from clm.steps.workshop import Workshop
from tests.unit.replay.frames import NAN, Columns, frame


def daily(*days: int, target: float = 10.0, naive: float = 7.0) -> pd.DataFrame:
    """One symbol's rows at the closes of some days; the last one's target is not known yet."""
    rows = [("A", day * DAY, (day + 1) * DAY, naive, target) for day in days[:-1]]
    return frame(*rows, ("A", days[-1] * DAY, -1, naive, NAN))


@dataclass
class Bars:
    """The rows that were closed by a moment."""

    rows: pd.DataFrame
    as_of: int  # µs

    def load_recent_data(self, days: int) -> pd.DataFrame:
        begins = self.as_of - days * DAY
        seen = self.rows[(self.rows["at"] <= self.as_of) & (self.rows["at"] > begins)]
        return seen.assign(matures_at=seen["matures_at"].where(seen["matures_at"] <= self.as_of, -1))


@dataclass
class Diary:
    """Trains models that forecast the day of their training, and notes everything; each costs 2 CPU s."""

    rows: pd.DataFrame
    trained: list[tuple[int, int]] = field(default_factory=list)  # (day, rows of the fit)
    served: list[tuple[int, list[int]]] = field(default_factory=list)  # (day of the model, days)
    blind: frozenset[int] = frozenset()  # days whose row has not enough history
    seconds: float = 0.0

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> int:
        self.seconds += 2.0
        self.trained.append((int(params["day"]()), len(df)))
        return self.trained[-1][0]

    def predict(self, model: int, rows: pd.DataFrame, mask: Any) -> Any:
        days = (rows["at"].to_numpy()[mask] // DAY).tolist()
        self.served.append((model, days))
        return np.array([NAN if day in self.blind else float(model) for day in days])

    def field(self) -> Field:
        """The field that schedules run on."""
        now = 0

        def data(as_of: datetime) -> DataClient:
            nonlocal now
            now = micros(as_of)
            return cast(DataClient, Bars(self.rows, now))

        shop = Workshop(
            engineer=Columns(),
            trainer=cast(ModelTrainer, self),
            evaluator=cast(ModelEvaluator, None),
            policy=Policy(),
            params={"xgboost": {"day": lambda: now // DAY}},
        )
        clocks = lambda: Reading(0.0, 0.0, self.seconds)
        return Field(frame=self.rows, workshop=shop, data=data, predict=self.predict, clocks=clocks)
