"""Where settings come from: ``CLM_*`` variables, arguments and a file. Each value keeps its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Any

from pydantic_settings import EnvSettingsSource, SettingsError

from worker.setting_fields import Fields

Key = tuple[str, ...]
"""A setting's own name, from the outside in: ``("overrides", "nhits", "cooldown_hours")``."""

PREFIX = "CLM_"
CONFIG_VARIABLE = "CLM_CONFIG"
VARIABLES = {PREFIX + name.upper(): name for name in Fields.model_fields}


@dataclass(frozen=True)
class Given:
    """A value as it was given."""

    value: Any
    kind: str  # default, yaml, env, argument or command
    name: str  # as written there: triggers.time_threshold_days, CLM_SCOPE, scope
    path: str = ""  # of the file
    line: int = 0  # in the file, from 1

    @property
    def origin(self) -> str:
        """``default``, ``yaml:FILE:KEY``, ``env:NAME``, ``argument`` or ``command``."""
        where = {"yaml": f":{self.path}:{self.name}", "env": f":{self.name}"}
        return self.kind + where.get(self.kind, "")

    @property
    def place(self) -> str:
        """For a person: where to look."""
        if self.kind == "yaml":
            return f"{self.path}, line {self.line}"
        return "environment" if self.kind == "env" else self.kind


@dataclass(frozen=True)
class Layer:
    """What one source gives, and what is wrong with it already."""

    given: Mapping[Key, Given] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def dotted(key: Key) -> str:
    """A key as it is written: ``overrides.nhits.cooldown_hours``."""
    return ".".join(key)


def unknown(name: str, place: str, known: Iterable[str]) -> str:
    """What to say of a name that nobody knows."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    return f"{name} is unknown ({place}): {remedy}"


def leaves(values: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value that is no mapping, under its whole key."""
    for name, value in values.items():
        key = (*above, name.value if isinstance(name, Enum) else str(name))
        if isinstance(value, Mapping):
            yield from leaves(value, key)
        else:
            yield key, value


def from_mapping(values: Mapping[str, Any], kind: str = "argument") -> Layer:
    """What a caller passed; None is as if it had not been passed."""
    return Layer({k: Given(value, kind, dotted(k)) for k, value in leaves(values) if value is not None})


def from_environment() -> Layer:
    """The ``CLM_*`` variables of this process; an empty one is as if it were not set.

    Model types are separated by commas; a mapping (``CLM_OVERRIDES``) is JSON.
    """
    faults = [
        unknown(name, "environment", [*VARIABLES, CONFIG_VARIABLE])
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in VARIABLES and name != CONFIG_VARIABLE
    ]
    try:
        values = EnvSettingsSource(Fields)()
    except SettingsError as error:
        return Layer({}, (*faults, f"{error}: a CLM_* variable that holds a mapping must be JSON"))
    given = {key: Given(value, "env", PREFIX + key[0].upper()) for key, value in leaves(values)}
    return Layer(given, tuple(faults))
