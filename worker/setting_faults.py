"""What is wrong with settings, for the person who wrote them: the value, the place and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from clm.errors import ConfigurationError
from clm.model import ModelType
from worker.scope_fields import ScopeFields
from worker.setting_fields import Fields, OverrideFields
from worker.setting_sources import Given, Key, dotted, unknown

SECRETS = frozenset({"http_token", "redis_url", "queue_url"})
"""Settings whose value is never repeated in a message."""

FOLLOWS_FROM_ANOTHER = "default_factory_not_called"
"""A default that could not be computed because some other setting is wrong; that one is reported."""


def refuse(faults: list[str]) -> None:
    """Raise ConfigurationError with every fault, if there is any."""
    if len(faults) == 1:
        raise ConfigurationError(faults[0])
    if faults:
        lines = "".join(f"\n  {each}" for each in faults)
        raise ConfigurationError(f"{len(faults)} settings are wrong:{lines}")


def faults_of(error: ValidationError, given: Mapping[Key, Given]) -> list[str]:
    """A line for each setting that is wrong."""
    details = error.errors(include_url=False)
    return [_fault(each, given) for each in details if each["type"] != FOLLOWS_FROM_ANOTHER]


def _fault(detail: ErrorDetails, given: Mapping[Key, Given]) -> str:
    key = tuple(str(part) for part in detail["loc"] if part != "[key]")
    source = _source(key, given)
    place = source.place if source else "default"
    if detail["type"] == "extra_forbidden" or "[key]" in detail["loc"]:
        return unknown(dotted(key), place, (dotted((*key[:-1], name)) for name in _siblings(key)))
    message = str(detail.get("ctx", {}).get("error") or detail["msg"])
    if message.startswith((key[-1], "scope ", "bar_seconds ", "horizon ", "clock ")):
        return f"{message} ({place})"  # the policy's or the scope's own words name the value already
    name = source.name if source else dotted(key)
    value = "not shown" if key[0] in SECRETS else repr(detail["input"])
    return f"{name} is {value} ({place}): {message[:1].lower()}{message[1:]}{_example(key)}"


def _source(key: Key, given: Mapping[Key, Given]) -> Given | None:
    """Who gave the value at a key, above it (an item of a list) or below it (a mapping)."""
    for size in range(len(key), 0, -1):
        if key[:size] in given:
            return given[key[:size]]
    return next((each for other, each in given.items() if other[: len(key)] == key), None)


def _siblings(key: Key) -> list[str]:
    """The names that are known where a key stands."""
    if len(key) == 1:
        return [*Fields.model_fields, "triggers"]
    if len(key) == 2:
        return [each.value for each in ModelType]
    return list((OverrideFields if key[0] == "overrides" else ScopeFields).model_fields)


def _example(key: Key) -> str:
    field = Fields.model_fields.get(key[0])
    default: Any = field.default if field and len(key) == 1 and key[0] not in SECRETS else None
    return f"; write for example {default}" if isinstance(default, int | float | str) else ""
