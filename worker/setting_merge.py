"""From sources to checked fields: the layers, lowest first, each value over the one below it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from worker import setting_fields
from worker.setting_faults import faults_of, refuse
from worker.setting_fields import Fields
from worker.setting_file import from_file
from worker.setting_sources import CONFIG_VARIABLE, Given, Key, Layer, from_environment, from_mapping

FOUND = Path("config/clm_config.yaml")
"""Read when no file is named and it is there."""


@dataclass(frozen=True)
class Gathered:
    """What all sources below the arguments say."""

    layer: Layer
    config: Path | None  # the file that was named, if one was


def gather(config: str | Path | None, defaults: Mapping[str, Any]) -> Gathered:
    """Read every source.

    Parameters:
        config: YAML file; else CLM_CONFIG, else ``config/clm_config.yaml`` if it is there.
        defaults: a command's own, below a file that was named but above one that was merely found.
    """
    named = config or os.environ.get(CONFIG_VARIABLE)
    layers = [
        from_mapping({"training_params": setting_fields.training_params()}, "default"),
        from_file(FOUND) if not named and FOUND.is_file() else Layer(),
        from_mapping(defaults, "command"),
        from_file(Path(named)) if named else Layer(),
        from_environment(),
    ]
    given = {key: each for layer in layers for key, each in layer.given.items()}
    faults = tuple(fault for layer in layers for fault in layer.faults)
    return Gathered(Layer(given, faults), Path(named) if named else None)


def settle(layer: Layer) -> Fields:
    """The checked fields. Raises ConfigurationError with every setting that is wrong."""
    faults = list(layer.faults)
    try:
        fields = Fields(**nested(layer.given))
    except ValidationError as error:
        refuse([*faults, *faults_of(error, layer.given)])
        raise  # a validation error always has a fault
    refuse(faults)
    return fields


def nested(given: Mapping[Key, Given]) -> dict[str, Any]:
    """The values as nested mappings; null is left out, so that the default stands."""
    tree: dict[str, Any] = {}
    for key in sorted(given, key=len):
        value, inner = given[key].value, tree
        for name in key[:-1]:
            below = inner.setdefault(name, {})
            inner = below if isinstance(below, dict) else {}  # a value where a mapping belongs: checked later
        if value is not None:
            inner[key[-1]] = dict(value) if isinstance(value, Mapping) else value  # filled by longer keys
    return tree
