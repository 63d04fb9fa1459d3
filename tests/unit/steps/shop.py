"""A workshop to look into: bars of a number each, a trainer that notes its rows, an evaluator that counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from clm.learning.targets import Target
from clm.model import EvaluationResult, ModelType
from clm.policy import Policy
from clm.steps.workshop import Workshop
from tests.unit.decisions.stream import evaluated

AS_OF = datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC)
CLOSES = 11  # 0..10, of which 0..9 have a matured target; 8 and 9 are held out and 7 is purged


@dataclass
class Engineer:
    """Rows at 0, 1, 2 ... units whose targets mature one later."""

    schema: str = "s1"
    horizon: int = 1
    target: Target = field(default_factory=lambda: Target("log_range"))
    unit: int = 1  # µs

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        at = self.unit * df["at"]
        return df.assign(at=at, matures_at=at.shift(-1, fill_value=-1), target=1.0)

    def get_feature_names(self) -> list[str]:
        return ["at"]


@dataclass
class Spy:
    """A trainer whose models are the bars that it saw."""

    error: Exception | None = None
    fits: list[tuple[str, list[int], dict[str, Any]]] = field(default_factory=list)  # name, rows, params

    def _fit(self, name: str, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        if self.error is not None:
            raise self.error
        self.fits.append((name, df["at"].tolist(), dict(params)))
        params.clear()  # a trainer may do with its copy what it likes
        return tuple(df["at"])

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit("xgboost", df, params)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit("lightgbm", df, params)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit("nhits", df, params)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit("patchtst", df, params)


@dataclass
class Judge:
    """An evaluator that notes what it judged: (model, scored rows)."""

    error: Exception | None = None
    skill: float = 0.1  # over the naive forecast; the gate refuses a candidate without any
    judged: list[tuple[Any, list[int]]] = field(default_factory=list)
    compared: list[tuple[str, str]] = field(default_factory=list)

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        if self.error is not None:
            raise self.error
        self.judged.append((model, df.loc[df["scored"], "at"].tolist()))
        return evaluated(model_type=model_type, version="", skill=self.skill)

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        self.compared.append((candidate_result.version, active_result.version))
        return candidate_result


@dataclass
class Bars:
    """The bars of a site, whatever the moment; it notes how many days were asked for."""

    closes: int = CLOSES
    days: list[int] = field(default_factory=list)

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        return pd.DataFrame({"at": range(self.closes)})

    def load_recent_data(self, days: int) -> pd.DataFrame:
        self.days.append(days)
        return self.load_training_data(AS_OF, AS_OF)

    def load_validation_data(self, days: int) -> pd.DataFrame:
        return self.load_recent_data(days)


def workshop(spy: Spy | None = None, judge: Judge | None = None, **params: dict[str, Any]) -> Workshop:
    """A workshop with a hold-out of a fifth and a lookback of 30 days."""
    return Workshop(
        engineer=Engineer(),
        trainer=spy or Spy(),
        evaluator=judge or Judge(),
        policy=Policy(training_lookback_days=30),
        params=params,
    )
