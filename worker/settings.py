"""Settings: what a process is told, ranked command line > environment > YAML > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clm.decisions.retention import Limits
from clm.errors import ConfigurationError
from clm.policy import ModelPolicy, Policy
from clm.scope import Scope
from worker.pools import COMMON, Pools
from worker.setting_fields import RECYCLED, THRESHOLDS, Fields
from worker.setting_merge import gather, settle
from worker.setting_report import Setting, provenance, table, variables
from worker.setting_sources import CONFIG_VARIABLE, Given, Key, Layer, from_mapping, unknown
from worker.watchdog import Allowances

SAMPLE = Path("sample")
"""Stands for the demo's prices where a candles file is named."""


@dataclass(frozen=True)
class Settings:
    """The settings in force. ``fields`` has every one of them; what processes use is named here."""

    fields: Fields
    given: Mapping[Key, Given]  # what was given, by whom
    config: Path | None = None  # the file that was named, if one was

    @property
    def scope(self) -> str:
        """Name of the scope to work on."""
        return self.fields.scope

    @property
    def seed(self) -> int:
        """Of every random number."""
        return self.fields.seed

    @property
    def home(self) -> Path:
        """Where the embedded server, artefacts and reports live."""
        return self.fields.home

    @property
    def artifacts(self) -> Path:
        """Directory of the model bundles."""
        return self.fields.artifacts

    @property
    def redis_url(self) -> str | None:
        """The server; None: the embedded one."""
        return self.fields.redis_url

    @property
    def queue_url(self) -> str | None:
        """RQ's server; None: the same as ``redis_url``."""
        return self.fields.queue_url

    @property
    def lease_s(self) -> float:
        """Lease of a role, seconds."""
        return self.fields.lease_s

    @property
    def run_lease_s(self) -> float:
        """Lease of a training run, seconds."""
        return self.fields.run_lease_s

    @property
    def allowances(self) -> Allowances:
        """What a training may take of time and memory."""
        return Allowances(self.fields.run_limit_seconds, self.fields.run_limit_bytes)

    @property
    def checkpoint_seconds(self) -> float:
        """Longest time between two checkpoints of a role that folds, seconds."""
        return self.fields.checkpoint_seconds

    @property
    def checkpoint_events(self) -> int:
        """Most events that a role folds between two checkpoints."""
        return self.fields.checkpoint_events

    @property
    def rehearse_seconds(self) -> float:
        """How long after an entry a waiting watcher keeps its next step in the processor's caches."""
        return self.fields.rehearse_seconds

    @property
    def limits(self) -> Limits:
        """How long and how large the streams may grow."""
        return Limits(
            keep_hours=self.fields.retention_hours,
            cap_bytes=self.fields.stream_cap_bytes,
            alarm_fraction=self.fields.stream_alarm_fraction,
        )

    @property
    def durable_moves(self) -> bool:
        """Whether a move waits for the server's disk."""
        return self.fields.durable_moves

    @property
    def roles(self) -> dict[str, str]:
        """Actor -> what they may do to a route; without any, everybody may everything."""
        return dict(self.fields.roles)

    @property
    def keep_bundles(self) -> int | None:
        """Bundles of retired versions that are kept, per model type; None: all."""
        return self.fields.keep_bundles

    @property
    def archive(self) -> str | None:
        """Directory or URL of the archive; None: there is none, and trimming waits for none."""
        return self.fields.archive

    @property
    def worker_mode(self) -> str:
        """fresh: a child per training; recycled: one after the other in the worker's own process."""
        return self.fields.worker_mode

    @property
    def recycle_jobs(self) -> int | None:
        """Trainings after which a worker's process is to be replaced; None: never."""
        return (self.worker_mode == RECYCLED and self.fields.worker_recycle_jobs) or None

    @property
    def pools(self) -> Pools:
        """Which pool of workers trains what."""
        return Pools({each: self.fields.pools.get(each, COMMON) for each in self.fields.models})

    @property
    def log_level(self) -> str:
        """debug, info, warning or error."""
        return self.fields.log_level

    @property
    def log_json(self) -> bool | None:
        """Whether logs are JSON; None: unless stderr is a terminal."""
        return self.fields.log_json

    @property
    def http_token(self) -> str | None:
        """What HTTP clients must present; None: nothing."""
        token = self.fields.http_token
        return None if token is None else token.get_secret_value()

    @property
    def http_rate_limit(self) -> bool:
        """Whether retrains over HTTP are limited to one a minute and model type."""
        asked = self.fields.http_rate_limit
        return self.http_token is not None if asked is None else asked

    @property
    def training_params(self) -> dict[str, dict[str, Any]]:
        """Model type -> hyperparameters."""
        return {each.value: dict(params) for each, params in self.fields.training_params.items()}

    @property
    def explain_rows(self) -> int:
        """Rows of the hold-out on which a candidate is explained; 0: none is."""
        return self.fields.explain_rows

    @property
    def scopes(self) -> dict[str, Scope]:
        """The declared scopes, and ``default`` in any case."""
        declared = {name: each.scope(name) for name, each in self.fields.scopes.items()}
        return {Scope.name: Scope(), **declared}

    def scope_of(self, name: str) -> Scope:
        """A declared scope. Raises ConfigurationError for one that is not."""
        known = self.scopes
        if name not in known:
            fault = f"scope {unknown(name, 'not declared', known)}"
            raise ConfigurationError(f"{fault} Declare it under scopes: in the file that --config names")
        return known[name]

    def data_of(self, name: str) -> Path | None:
        """The candles file of a scope, or ``sample``: the demo's prices; None where none is set."""
        declared = self.fields.scopes.get(name)
        if self.fields.data is not None or declared is None or declared.data is None:
            return self.fields.data
        return declared.data if declared.data == SAMPLE else self.fields.market_dir / declared.data

    def replay_scope(self, *, name: str, bar_seconds: int, target: str | None, horizon: int | None) -> Scope:
        """The scope of a replay: as declared, else as CLM_SCOPE's, with its own bars and wishes.

        Parameters:
            bar_seconds: seconds. horizon: bars.
        """
        base = self.scopes.get(name) or self.scopes.get(self.scope) or Scope()
        naive = base.naive if target in (None, base.target) else ""  # a rule belongs to its target
        return replace(
            base,
            name=name,
            bar_seconds=bar_seconds,
            target=target or base.target,
            horizon=horizon or base.horizon,
            naive=naive,
            clock="event",
        )

    def policy(self) -> Policy:
        """The thresholds of every decision."""
        return Policy(
            name=self.fields.policy,
            models=self.fields.models,
            overrides={each: ModelPolicy(**dict(own)) for each, own in self.fields.overrides.items()},
            **{name: getattr(self.fields, name) for name in THRESHOLDS},
        )

    def dry_policy(self) -> Policy | None:
        """The policy that runs beside and is only recorded: the acting one but for what it names."""
        asked = self.fields.dry_run
        if not asked:
            return None
        own = Fields(**asked)
        changed = {name: getattr(own, name) for name in asked if name != "policy"}
        name = own.policy if "policy" in asked else self.fields.policy
        return replace(self.policy(), name=name, **changed)

    def required_dry_policy(self) -> Policy:
        """The same, where somebody asks for it. Raises ConfigurationError where there is none."""
        policy = self.dry_policy()
        if policy is None:
            raise ConfigurationError(
                "no policy runs beside the acting one: set dry_run, for instance to {policy: seed}"
            )
        return policy

    def facts(self) -> dict[str, Any]:
        """What decides and trains, as plain values: for a report, so without places and secrets."""
        plain = self.fields.model_dump(mode="json")
        names = ("policy", "models", *THRESHOLDS, "overrides", "symbol_groups", "seed")
        params = {name: plain["training_params"].get(name, {}) for name in plain["models"]}
        return {**{name: plain[name] for name in names}, "training_params": params}

    def placed(self, **changes: Any) -> Settings:
        """These settings with some given as arguments."""
        return _settings(from_mapping(changes), Layer(self.given), self.config)

    def environment(self) -> dict[str, str]:
        """Variables by which a child process comes to the same settings."""
        told = variables(self.fields, self.given)
        return told if self.config is None else {**told, CONFIG_VARIABLE: str(self.config.resolve())}

    def child_environment(self) -> dict[str, str]:
        """The whole environment of such a child."""
        return {**os.environ, **self.environment()}

    def provenance(self) -> list[Setting]:
        """Every setting with its value and where it came from."""
        return provenance(self.fields, self.given)


def load(
    config: str | Path | None = None,
    scope: str | None = None,
    *,
    defaults: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Settings:
    """Read every source.

    Parameters:
        config: YAML file; else CLM_CONFIG, else ``config/clm_config.yaml`` if it is there.
        defaults: a command's own, below a file that was named but above one that was merely found.
        arguments: what the command line gives; None is not given.

    Raises:
        ConfigurationError: with every setting that is wrong.
    """
    read = gather(config, defaults or {})
    return _settings(from_mapping({"scope": scope, **arguments}), read.layer, read.config)


def render(settings: Settings, as_json: bool) -> str:
    """The settings in force and where each came from, for ``clm config show``."""
    return table(settings.provenance(), as_json=as_json)


def _settings(top: Layer, below: Layer, config: Path | None) -> Settings:
    layer = Layer({**below.given, **top.given}, (*below.faults, *top.faults))
    return Settings(settle(layer), layer.given, config)
