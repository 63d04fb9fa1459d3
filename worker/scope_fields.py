"""The declaration of a scope, as a configuration file spells it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

from clm.events import micros
from clm.scope import Scope
from worker.setting_checks import number


class ScopeFields(BaseModel):
    """The declaration of a scope under ``scopes:``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbols: tuple[str, ...] = ()  # empty: any
    bar_seconds: int = Scope.bar_seconds  # seconds
    calendar: str = Scope.calendar
    target: Literal["log_range", "log_volatility", "log_volume", "return"] = "log_range"
    horizon: int = Scope.horizon  # bars
    naive: str = Scope.naive  # zero or mean:N (bars); empty: the target's own rule
    clock: Literal["live", "event"] = "live"
    exponent: int = Scope.exponent
    history_from: AwareDatetime | date | None = None  # close of the oldest bar on disk; a date is 0:00 UTC
    data: Path | None = None  # candles file, from market_dir if relative

    numbers = field_validator("bar_seconds", "horizon", "exponent", mode="before")(number)

    @field_validator("naive")
    @classmethod
    def _rule(cls, value: str) -> str:
        if not re.fullmatch(r"|zero|mean:[1-9]\d*", value):
            raise ValueError("use 'zero' or 'mean:N', the mean of the last N bars")
        return value

    def scope(self, name: str) -> Scope:
        """The scope of this name. Raises ConfigurationError when it is impossible."""
        values = {key: getattr(self, key) for key in type(self).model_fields if key != "data"}
        return Scope(name=name, **{**values, "history_from": _micros(self.history_from)})


def _micros(value: date | datetime | None) -> int | None:
    if value is None:
        return None
    return micros(value if isinstance(value, datetime) else datetime.combine(value, time(), UTC))
