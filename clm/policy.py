"""The policy: every threshold a decision uses, with its unit in the name or beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from clm.errors import ConfigurationError
from clm.events import DAY, HOUR
from clm.model import BASE_MODELS, ModelType

MAX_WINDOW_PAIRS = 4096
"""Pairs of a decay window at most: the sums over them are exact in 64 bits."""

SEED, SEQUENTIAL = "seed", "sequential"
"""The sets of rules: the specification's thresholds, or tests that may be looked at after every event."""

LORD, E_LOND = "lord", "e_lond"
"""Budgets of false promotions: for trials that are independent, and for trials that need not be."""

DETECTORS = ("score", "skill")
"""What sees decay: the mean of skill scores falls, or the loss grows against the naive forecast's."""

WATCHED = (
    "retrain_interval_days",
    "data_threshold_points",
    "cooldown_hours",
    "retrain_hour_utc",
    "training_lookback_days",
    "decay_detectors",
    "decay_needs",
    "decay_between_alarms_days",
    "regime_memory_days",
    "regime_recall",
    "min_effective_outcomes",
    "shadow_test_hours",
    "cpu_seconds_per_day",
)
"""The thresholds behind a retrain."""

JUDGED = ("min_improvement_threshold", "shadow_test_hours")
"""Those behind a verdict, besides the terms of its trial."""

STAGED = ("canary_shares", "canary_hours", "min_effective_outcomes")
"""Those behind a canary's step."""

POSITIVE = ("retrain_interval_days", "training_lookback_days", "shadow_max_days", "decay_between_alarms_days")
NOT_NEGATIVE = (
    "shadow_test_hours",
    "cooldown_hours",
    "min_improvement_threshold",
    "probation_days",
    "noise_replicas",
    "regime_memory_days",
    "canary_hours",
)
AT_LEAST_ONE = (
    "data_threshold_points",
    "decay_window_pairs",
    "max_concurrent_shadows",
    "min_effective_outcomes",
    "shadow_min_rows",
    "decay_needs",
)


@dataclass(frozen=True, kw_only=True)
class ModelPolicy:
    """What one model type may set for itself; None: as the policy says.

    Raises:
        ConfigurationError: a value is out of range.
    """

    retrain_interval_days: float | None = None
    cooldown_hours: float | None = None

    def __post_init__(self) -> None:
        days, hours = self.retrain_interval_days, self.cooldown_hours
        _require("retrain_interval_days of a model type", days, days is None or days > 0, "> 0")
        _require("cooldown_hours of a model type", hours, hours is None or hours >= 0, ">= 0")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The thresholds of a set of rules; both have a floor of skill over the naive forecast.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: str = SEQUENTIAL  # or seed
    models: tuple[ModelType, ...] = BASE_MODELS
    retrain_interval_days: float = 7.0  # TIME: age of the newest training
    data_threshold_points: int = 10_000  # DATA_VOLUME: new (symbol, bar) with a matured outcome
    performance_decay_threshold: float = 0.05  # PERFORMANCE_DECAY: absolute drop of accuracy
    decay_window_pairs: int = 288  # matured pairs of the active version behind that accuracy
    cooldown_hours: float = 24.0  # event hours between two retrains of a model type
    retrain_hour_utc: int | None = None  # TIME only in this hour of the day; None: any
    training_lookback_days: float = 90.0
    regime_lookback_days: float | None = None  # since the last regime change, at least so many; None: all
    validation_fraction: float = 0.2  # newest part of the lookback, held out
    shadow_test_hours: float = 24.0  # minimum; 0 skips the shadow
    min_effective_outcomes: int = 30  # pairs / horizon before a shadow may end
    min_improvement_threshold: float = 0.02  # fraction of RMSE on the hold-out
    max_concurrent_shadows: int = 2  # per scope; the rest wait in order
    require_ks: bool = False  # also ask KS p < 0.05; see docs: it blocks nearly every promotion
    canary_shares: tuple[float, ...] = ()  # of keys, rising, that a winner serves before all; none: at once
    canary_hours: float = 24.0  # event hours at each of them, at least
    # of the rules `sequential` alone
    shadow_max_days: float = 14.0  # a shadow without a verdict ends after them
    shadow_min_rows: int = 576  # but not before so many pairs, which on slow bars take longer
    shadow_budget: str = E_LOND  # e_lond or lord: who says what level a trial may spend
    false_discovery_rate: float = 0.1  # expected fraction of promotions that are of no use
    holdout_credit: bool = True  # unseen hold-out rows are evidence for the fit that was evaluated on them
    noise_replicas: int = 0  # equal trainings that measure, once per recipe, how far two of them differ
    probation_days: float = 7.0  # after a promotion, watched for a rollback; 0: not at all
    # sequential, when a retrain is due:
    decay_detectors: tuple[str, ...] = ("score",)  # of DETECTORS
    decay_needs: int = 1  # detectors in alarm that make PERFORMANCE_DECAY due
    decay_between_alarms_days: float = 365.0  # mean time between two false alarms of detector "score"
    regime_memory_days: float = 30.0  # no REGIME_SHIFT into a regime that was trained in so lately
    regime_recall: bool = True  # ask the version back that was best in a regime, when it returns
    cpu_seconds_per_day: float | None = None  # of all trainings of a scope, per UTC day; None: no limit
    overrides: Mapping[ModelType, ModelPolicy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in POSITIVE:
            _require(name, getattr(self, name), getattr(self, name) > 0, "> 0")
        for name in NOT_NEGATIVE:
            _require(name, getattr(self, name), getattr(self, name) >= 0, ">= 0")
        for name in AT_LEAST_ONE:
            _require(name, getattr(self, name), getattr(self, name) >= 1, ">= 1")
        hour, models = self.retrain_hour_utc, self.models
        _require("retrain_hour_utc", hour, hour is None or 0 <= hour <= 23, "from 0 to 23, or None")
        named = [each.value for each in models]
        _require("models", named, 0 < len(models) == len(set(models)), "at least one, each once")
        pairs = self.decay_window_pairs
        _require("decay_window_pairs", pairs, pairs <= MAX_WINDOW_PAIRS, f"at most {MAX_WINDOW_PAIRS}")
        drop, part = self.performance_decay_threshold, self.validation_fraction
        _require("performance_decay_threshold", drop, 0 < drop < 1, "between 0 and 1")
        _require("validation_fraction", part, 0 < part < 0.9, "between 0 and 0.9")
        rate, budget = self.false_discovery_rate, self.shadow_budget
        _require("false_discovery_rate", rate, 0 < rate < 1, "between 0 and 1")
        _require("shadow_budget", budget, budget in (LORD, E_LOND), f"{LORD!r} or {E_LOND!r}")
        self._require_detectors()
        shares = self.canary_shares
        rising = list(shares) == sorted(set(shares)) and all(0 < each < 1 for each in shares)
        _require("canary_shares", list(shares), rising, "fractions below 1, each above the one before")
        least = self.regime_lookback_days
        _require("regime_lookback_days", least, least is None or least > 0, "> 0, or None")
        cpu = self.cpu_seconds_per_day
        _require("cpu_seconds_per_day", cpu, cpu is None or cpu > 0, "> 0, or None")
        if self.name not in (SEED, SEQUENTIAL):
            raise ConfigurationError(f"policy {self.name!r} does not exist; use 'seed' or 'sequential'")

    def _require_detectors(self) -> None:
        named, needs = self.decay_detectors, self.decay_needs
        known = 0 < len(named) == len(set(named)) and set(named) <= set(DETECTORS)
        _require("decay_detectors", list(named), known, f"at least one of {', '.join(DETECTORS)}, each once")
        _require("decay_needs", needs, needs <= len(DETECTORS), f"at most {len(DETECTORS)}")

    @property
    def sequential(self) -> bool:
        """Whether tests of evidence decide."""
        return self.name == SEQUENTIAL

    def interval(self, model_type: ModelType) -> int:
        """The retrain interval of a model type, µs."""
        own = self.overrides.get(model_type, ModelPolicy()).retrain_interval_days
        return round((self.retrain_interval_days if own is None else own) * DAY)

    def cooldown(self, model_type: ModelType) -> int:
        """The cool-down of a model type, µs."""
        own = self.overrides.get(model_type, ModelPolicy()).cooldown_hours
        return round((self.cooldown_hours if own is None else own) * HOUR)

    def thresholds(self, model_type: ModelType) -> dict[str, Any]:
        """What decides when a retrain of a model type is due, as plain values: see ``WATCHED``."""
        own = self.overrides.get(model_type, ModelPolicy())
        named = {each.name: getattr(own, each.name) for each in fields(own)}
        return {**self.told(WATCHED), **{name: value for name, value in named.items() if value is not None}}

    def told(self, names: Iterable[str]) -> dict[str, Any]:
        """Some thresholds as plain values."""
        values = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @property
    def regime_memory(self) -> int:
        """How long a training in a regime is remembered, µs."""
        return round(self.regime_memory_days * DAY)

    @property
    def lookback(self) -> int:
        """The training lookback, µs."""
        return round(self.training_lookback_days * DAY)

    @property
    def canary_time(self) -> int:
        """The least duration of a canary's stage, µs."""
        return round(self.canary_hours * HOUR)

    def next_share(self, share: float) -> float:
        """The share of keys after this one; 1.0: all.

        >>> Policy(canary_shares=(0.1, 0.5)).next_share(0.1)
        0.5
        """
        return next((each for each in self.canary_shares if each > share), 1.0)

    @property
    def shadow(self) -> int:
        """The least duration of a shadow, µs."""
        return round(self.shadow_test_hours * HOUR)


def _require(name: str, value: object, holds: bool, bound: str) -> None:
    if not holds:
        raise ConfigurationError(f"{name} is {value!r}; it must be {bound}")
