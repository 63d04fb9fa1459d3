"""A scope: one universe of symbols at one bar size, with its own streams, models and decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from clm.errors import ConfigurationError

SCOPE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a scope forecasts and how; declared in YAML and kept, versioned, in Redis.

    Raises:
        ConfigurationError: a name, size or horizon is out of range.
    """

    name: str = "default"  # part of every key, e.g. us-daily
    symbols: tuple[str, ...] = ()  # empty: any symbol is accepted
    bar_seconds: int = 3600  # length of a bar, seconds
    calendar: str = "24x7"  # close of a bar = start + bar_seconds
    target: str = "log_range"  # log_range, log_volatility, log_volume or return
    horizon: int = 1  # bars from a prediction to its outcome
    naive: str = ""  # zero or mean:N (bars); empty: the target's own rule
    schemas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # schema -> column names
    exponent: int = 9  # errors are folded as integers of 10**-exponent target units
    clock: str = "live"  # live: the watcher writes a tick a minute; event: whoever replays does
    history_from: int | None = None  # close of the oldest bar on disk, µs UTC; None: the first event
    v: int = 1  # version of this record

    def __post_init__(self) -> None:
        if not SCOPE_NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"scope name {self.name!r} must match {SCOPE_NAME.pattern}: rename the scope"
            )
        for name, value in (("bar_seconds", self.bar_seconds), ("horizon", self.horizon)):
            if value < 1:
                raise ConfigurationError(f"{name} of scope {self.name} is {value}; it must be >= 1")
        if self.clock not in ("live", "event"):
            raise ConfigurationError(f"clock of scope {self.name} is {self.clock!r}; use 'live' or 'event'")
