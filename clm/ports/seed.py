"""The seed's six protocols, by name and signature, and what a trainer may do beyond them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from clm.model import EvaluationResult, ModelArtifact, ModelType, ShadowTestResult

if TYPE_CHECKING:
    import pandas as pd


class DataClient(Protocol):
    """Bars of the scope: columns symbol, timestamp (UTC, bar start), open, high, low, close, volume."""

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The bars that close in (start, end], none later than the client's ``as_of``."""

    def load_recent_data(self, days: int) -> pd.DataFrame:
        """The bars of the last ``days`` days before ``as_of``."""

    def load_validation_data(self, days: int) -> pd.DataFrame:
        """The newest ``days`` days, for a hold-out; the same rows as ``load_recent_data``."""


class FeatureEngineer(Protocol):
    """Turns bars into rows of features."""

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        """One row per bar: the features and, where they are known, the columns of the target."""

    def get_feature_names(self) -> list[str]:
        """The feature columns, in the order of the schema."""


class ModelTrainer(Protocol):
    """Fits one model of each type; ``df`` as the feature engineer made it, ``params`` as configured."""

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...
    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Any: ...


@runtime_checkable
class RefittingTrainer(Protocol):
    """A trainer that keeps rows apart to settle a recipe, and can then fit it to all of them."""

    def refit(self, model_type: ModelType, df: pd.DataFrame, params: dict[str, Any], settled: Any) -> Any:
        """A model of the same recipe as ``settled``, fitted to all rows by what that one settled."""


@runtime_checkable
class WarmTrainer(Protocol):
    """A trainer that can go on from a model instead of beginning anew."""

    def objection(self, model_type: ModelType, params: dict[str, Any], parent: Any) -> str:
        """Why it will not go on from this model; empty if it will."""

    def warm(self, model_type: ModelType, df: pd.DataFrame, params: dict[str, Any], parent: Any) -> Any:
        """A model of the parent's size, adapted to the rows."""


class ModelEvaluator(Protocol):
    """Judges a model on held-out rows."""

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        """Every metric of the model on the scored rows of ``df``."""

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        """The candidate's result with its deltas against the active one's."""


class ShadowTester(Protocol):
    """Runs a candidate beside the active model."""

    def run_shadow_test(
        self, model_type: ModelType, candidate_model: Any, active_model: Any, hours: int = 24
    ) -> ShadowTestResult:
        """What both did on the same events; ``complete=False`` while the evidence does not suffice."""


class ModelRegistry(Protocol):
    """The versions of each model type and which one is active."""

    def get_active(self, model_type: ModelType) -> ModelArtifact | None:
        """The active version, or None while the naive forecast serves."""

    def save_model(self, artifact: ModelArtifact) -> None:
        """Keep a new version; its bundle must be in the artifact store already."""

    def promote(self, model_type: ModelType, new_version: str) -> None:
        """Make a version active and retire the one before it, in one write."""

    def retire(self, model_type: ModelType, version: str) -> None:
        """Take a version out of use; the active one cannot be retired, only replaced."""

    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]:
        """The newest versions, newest first."""
