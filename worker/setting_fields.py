"""Every setting with its type, unit and default. The thresholds' defaults and ranges are the policy's own."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from clm.decisions.retention import Limits
from clm.errors import ConfigurationError
from clm.model import ModelType
from clm.policy import Policy
from clm.scope import Scope
from clm.steps.workshop import EXPLAIN_ROWS
from worker.scope_fields import ScopeFields
from worker.setting_checks import in_range, number

SEED = Policy()
THRESHOLDS = tuple(each.name for each in fields(Policy) if each.name not in ("name", "models", "overrides"))
"""The settings that are a number, switch or word of the policy, under the same name."""

KEPT = Limits()
BOUNDS = ("retention_hours", "stream_cap_bytes", "stream_alarm_fraction")
LEASES = ("lease_s", "run_lease_s", "checkpoint_seconds", "checkpoint_events", "rehearse_seconds")
OWN = ("seed", "keep_bundles", "explain_rows", "symbol_groups")
WORDS = frozenset(
    {"require_ks", "holdout_credit", "regime_recall", "shadow_budget", "decay_detectors", "canary_shares"}
)
NUMBERS = (*(name for name in THRESHOLDS if name not in WORDS), *OWN, *LEASES, *BOUNDS)

Parameters = dict[ModelType, dict[str, Any]]

FRESH, RECYCLED = "fresh", "recycled"
"""Where a worker fits: in a child per training, or one after the other in its own process."""

FORKS_SAFELY = sys.platform == "linux"
"""Elsewhere system libraries do not survive a fork."""

POOL_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")


def training_params() -> Parameters:
    """The specification's hyperparameters; what a file or variable names is laid over them."""
    trees = {"n_estimators": 500, "max_depth": 7, "learning_rate": 0.01, "subsample": 0.8}
    window = {"input_size": 120, "h": 24}  # bars
    return {
        ModelType.XGBOOST: dict(trees),
        ModelType.LIGHTGBM: dict(trees),
        ModelType.NHITS: {**window, "n_blocks": 3},
        ModelType.PATCHTST: {**window, "patch_len": 16},
    }


Seconds = Annotated[float, BeforeValidator(number), Field(gt=0)]
Bytes = Annotated[int, BeforeValidator(number), Field(gt=0)]


class OverrideFields(BaseModel):
    """What one model type sets for itself; None: as for all."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    retrain_interval_days: float | None = None
    cooldown_hours: float | None = None

    numbers = field_validator("*", mode="before")(number)
    ranges = field_validator("*")(in_range)


class Fields(BaseSettings):
    """All settings. ``worker.setting_sources`` reads and ranks what is given; this only checks it."""

    model_config = SettingsConfigDict(
        env_prefix="CLM_", env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    policy: str = SEED.name
    models: Annotated[tuple[ModelType, ...], NoDecode] = Field(SEED.models, min_length=1)
    retrain_interval_days: float = SEED.retrain_interval_days
    data_threshold_points: int = SEED.data_threshold_points
    performance_decay_threshold: float = SEED.performance_decay_threshold
    decay_window_pairs: int = SEED.decay_window_pairs
    cooldown_hours: float = SEED.cooldown_hours
    retrain_hour_utc: int | None = Field(SEED.retrain_hour_utc, ge=0, le=23)
    training_lookback_days: float = SEED.training_lookback_days
    regime_lookback_days: float | None = SEED.regime_lookback_days
    validation_fraction: float = SEED.validation_fraction
    shadow_test_hours: float = SEED.shadow_test_hours
    min_effective_outcomes: int = Field(SEED.min_effective_outcomes, ge=1)
    min_improvement_threshold: float = SEED.min_improvement_threshold
    max_concurrent_shadows: int = SEED.max_concurrent_shadows
    require_ks: bool = SEED.require_ks
    canary_shares: Annotated[tuple[float, ...], NoDecode] = SEED.canary_shares
    canary_hours: float = SEED.canary_hours
    shadow_max_days: float = SEED.shadow_max_days
    shadow_min_rows: int = SEED.shadow_min_rows
    shadow_budget: str = SEED.shadow_budget
    false_discovery_rate: float = SEED.false_discovery_rate
    holdout_credit: bool = SEED.holdout_credit
    noise_replicas: int = SEED.noise_replicas
    probation_days: float = SEED.probation_days
    decay_detectors: Annotated[tuple[str, ...], NoDecode] = SEED.decay_detectors
    decay_needs: int = SEED.decay_needs
    decay_between_alarms_days: float = SEED.decay_between_alarms_days
    regime_memory_days: float = SEED.regime_memory_days
    regime_recall: bool = SEED.regime_recall
    cpu_seconds_per_day: float | None = SEED.cpu_seconds_per_day
    overrides: dict[ModelType, OverrideFields] = {}
    dry_run: dict[str, Any] = {}  # policy and thresholds that are only recorded; none: no dry run
    training_params: Parameters = Field(default_factory=training_params)
    explain_rows: int = Field(
        EXPLAIN_ROWS, ge=0
    )  # of the hold-out, on which a candidate is explained; 0: none is
    symbol_groups: int = Field(1, ge=1)  # of symbols that have a model each, behind one version
    distributed: Literal["ray"] | None = None  # where groups are trained; None: here, one after the other
    seed: int = 1  # of every random number
    scope: str = Scope.name
    scopes: dict[str, ScopeFields] = {}
    data: Path | None = None  # candles file instead of the scope's own
    market_dir: Path = Path()
    home: Path = Path(".clm")
    artifacts: Path = Field(default_factory=lambda given: given.get("home", Path(".clm")) / "artifacts")
    redis_url: str | None = None
    queue_url: str | None = None
    lease_s: float = Field(3.0, gt=0)
    run_lease_s: float = Field(30.0, gt=0)
    run_limit_seconds: dict[ModelType, Seconds] = {}  # wall clock of a training; others: six hours
    run_limit_bytes: dict[ModelType, Bytes] = {}  # memory that a training takes; others: any
    checkpoint_seconds: float = Field(30.0, gt=0)
    checkpoint_events: int = Field(1_000_000, ge=1)
    rehearse_seconds: float = Field(1.0, ge=0)  # after an entry; 0: never
    worker_mode: Literal["fresh", "recycled"] = "fresh" if FORKS_SAFELY else "recycled"
    worker_recycle_jobs: int = Field(100, ge=0)  # trainings of a recycled process; 0: never replaced
    pools: dict[ModelType, str] = {}  # model type -> pool of workers; others train in the common pool
    retention_hours: float = Field(KEPT.keep_hours, ge=0)
    stream_cap_bytes: int = Field(KEPT.cap_bytes, gt=0)
    stream_alarm_fraction: float = Field(KEPT.alarm_fraction, gt=0, le=1)
    durable_moves: bool = True  # a move counts once it is on the server's disk
    roles: dict[str, Literal["viewer", "guard", "operator", "approver", "admin"]] = {}  # actor -> role
    keep_bundles: int | None = Field(None, ge=0)  # of retired versions, per model type; None: all
    archive: str | None = None  # directory or URL; None: streams are cut without one
    http_token: SecretStr | None = None
    http_rate_limit: bool | None = None  # None: with a token
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool | None = None  # None: unless stderr is a terminal

    numbers = field_validator(*NUMBERS, mode="before")(number)
    ranges = field_validator("policy", *THRESHOLDS)(in_range)

    @field_validator("models", "decay_detectors", "canary_shares", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """A variable lists names with commas."""
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value

    @field_validator("dry_run")
    @classmethod
    def _of_a_policy(cls, value: dict[str, Any]) -> dict[str, Any]:
        """As these settings themselves would take it."""
        known = ("policy", *THRESHOLDS)
        for name in value:
            if name not in known:
                raise ValueError(f"{name} is no threshold of a policy; use {', '.join(known)}")
        try:
            if value:  # else it would ask for itself without end
                cls(**value)
        except ValidationError as error:
            told = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise ValueError("; ".join(told)) from None
        return value

    @field_validator("pools")
    @classmethod
    def _named(cls, value: dict[ModelType, str]) -> dict[ModelType, str]:
        for name in value.values():
            if not POOL_NAME.fullmatch(name):
                raise ValueError(f"{name!r} names no pool; use lower-case letters, digits, _ and -")
        return value

    @field_validator("worker_mode")
    @classmethod
    def _possible_here(cls, value: str) -> str:
        if value == FRESH and not FORKS_SAFELY:
            raise ValueError("only Linux forks safely; use recycled")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("scopes")
    @classmethod
    def _possible(cls, value: Mapping[str, ScopeFields]) -> Mapping[str, ScopeFields]:
        """Let each scope check itself."""
        faults = []
        for name, declared in value.items():
            try:
                declared.scope(name)
            except ConfigurationError as error:
                faults.append(str(error))
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (the signature is the library's)
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,  # noqa: ARG003
        **named: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is called with: the sources are ranked, and their places kept, before."""
        return (init_settings,)
