"""The YAML file of settings, read with the line of every value and with the specification's aliases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from worker.setting_sources import Given, Key, Layer, dotted, unknown

SECTION = "continuous_learning"
TRIGGERS: Mapping[str, str] = {
    "time_threshold_days": "retrain_interval_days",
    "data_threshold_points": "data_threshold_points",
    "performance_decay_threshold": "performance_decay_threshold",
}
"""Keys under ``triggers:``, each another name of a setting."""

Row = tuple[Key, Any, int]
"""Key as written, value, line from 1."""


def from_file(path: Path) -> Layer:
    """What a file gives. A value of null is kept: it takes back what a lower source says."""
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        top = loader.get_single_node()
        rows = [] if top is None else list(_rows(loader, top, ()))
    except OSError as error:
        return Layer({}, (f"configuration file {path} cannot be read: {error.strerror}: name another",))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Layer({}, (f"configuration file {path} is not YAML: {error}",))
    return _layer(str(path), rows)


def _rows(loader: yaml.SafeLoader, node: yaml.Node, above: Key) -> Iterator[Row]:
    """Every value that is no mapping, or an empty one: a scope may be declared with nothing in it."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        yield above, loader.construct_object(node, deep=True), node.start_mark.line + 1
        return
    for name, value in _pairs(loader, node):
        yield from _rows(loader, value, (*above, name))


def _pairs(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Iterable[tuple[str, yaml.Node]]:
    """The pairs of a mapping, each as it stands; what ``<<`` brings yields to the mapping's own keys."""
    own = [pair for pair in node.value if pair[0].tag != "tag:yaml.org,2002:merge"]
    names = {str(key.value) for key, _ in own}
    loader.flatten_mapping(node)  # puts what was merged before the mapping's own pairs
    merged = {str(key.value): value for key, value in node.value[: len(node.value) - len(own)]}
    kept = [(name, value) for name, value in merged.items() if name not in names]
    return [*kept, *((str(key.value), value) for key, value in own)]


def _layer(path: str, rows: Iterable[Row]) -> Layer:
    given: dict[Key, Given] = {}
    faults = []
    for written, value, line in rows:
        key, fault = _own_key(written, value, f"{path}, line {line}")
        if fault:
            faults.append(fault)
        elif key:
            each = Given(value, "yaml", dotted(written[1:]), path, line)
            faults += _contradiction(given.get(key), each)
            given.setdefault(key, each)
    return Layer(given, tuple(faults))


def _own_key(written: Key, value: Any, place: str) -> tuple[Key, str]:
    """The setting's own key, or what is wrong with the one that is written."""
    if written[:1] != (SECTION,):
        if not written:
            return (), f"the file must be a mapping ({place}): begin with {SECTION}:"
        return (), unknown(written[0], place, [SECTION])
    inside = written[1:]
    if inside in ((), ("triggers",)):
        fault = f"{dotted(written)} is {value!r} ({place}): it must be a mapping, or left out"
        return (), "" if value in (None, {}) else fault
    if inside[0] != "triggers":
        return inside, ""
    own = TRIGGERS.get(dotted(inside[1:]))
    return ((own,), "") if own else ((), unknown(dotted(inside), place, (f"triggers.{t}" for t in TRIGGERS)))


def _contradiction(first: Given | None, second: Given) -> list[str]:
    if first is None or first.value == second.value:
        return []
    return [
        f"{first.name} is {first.value!r} (line {first.line}) and {second.name} is {second.value!r} "
        f"(line {second.line}) in {second.path}: they are one setting, so give it once"
    ]
