"""The settings in force, told: to a person with every origin and secrets masked, to a child process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_core import to_json

from worker.setting_faults import SECRETS
from worker.setting_fields import Fields
from worker.setting_sources import PREFIX, Given, Key, dotted, leaves

MASK = "***"


@dataclass(frozen=True)
class Setting:
    """A value in force and where it came from."""

    key: str  # dotted
    value: Any  # plain; secrets are masked
    origin: str  # default, yaml:FILE:KEY, env:NAME, argument or command


def provenance(fields: Fields, given: Mapping[Key, Given]) -> list[Setting]:
    """Every setting, in the order of their declaration."""

    def origin(key: Key) -> str:
        return given[key].origin if key in given and given[key].value is not None else "default"

    plain = leaves(fields.model_dump(mode="json"))
    return [Setting(dotted(key), _masked(key[0], value), origin(key)) for key, value in plain]


def table(rows: list[Setting], *, as_json: bool) -> str:
    """The rows as JSON (key -> value, from) or as columns."""
    if as_json:
        return json.dumps({each.key: {"value": each.value, "from": each.origin} for each in rows}, indent=1)
    width = max(len(each.key) for each in rows)
    return "\n".join(f"{each.key:<{width}}  {json.dumps(each.value):<28}  {each.origin}" for each in rows)


def variables(fields: Fields, given: Mapping[Key, Given]) -> dict[str, str]:
    """The variables that say to a child process what was given as arguments here, secrets included."""
    passed = {key[0] for key, each in given.items() if each.kind == "argument"}
    return {PREFIX + name.upper(): _text(getattr(fields, name)) for name in sorted(passed)}


def _masked(name: str, value: Any) -> Any:
    """A secret as stars; of a URL only its password."""
    if value is None or name not in SECRETS:
        return value
    if "://" not in str(value):
        return MASK
    password = urlsplit(str(value)).password
    return str(value).replace(f":{password}@", f":{MASK}@") if password else value


def _text(value: Any) -> str:
    """A field's value as a variable says it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(str(getattr(each, "value", each)) for each in value)
    return to_json(value).decode() if isinstance(value, dict) else str(value)
