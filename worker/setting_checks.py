"""Checks that more than one group of settings asks for."""

from __future__ import annotations

from typing import Any

from pydantic_core.core_schema import ValidationInfo

from clm.errors import ConfigurationError
from clm.policy import Policy


def number(value: Any) -> Any:
    """YAML's ``yes`` is True, which Python would count as 1."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004  (pydantic collects these)
    return value


def in_range(value: Any, info: ValidationInfo) -> Any:
    """Ask the policy, so that a bound stands in one place."""
    name = "name" if info.field_name == "policy" else str(info.field_name)
    try:
        if value is not None:
            Policy(**{name: value})
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return value
