"""A scope's own record: what was declared, kept beside its streams and versioned."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

from clm.errors import ConfigurationError
from clm.records import canonical
from clm.scope import Scope
from clm.store.keys import Keys
from clm.store.keyspace import Check, Keyspace, Put


def save(space: Keyspace, keys: Keys, scope: Scope) -> Scope:
    """Keep a declaration; as it is kept, its version one higher if it differs from the kept one.

    Raises:
        ConfigurationError: what is kept there is no declaration.
    """
    while True:
        raw = space.get(keys.declaration)
        kept = None if raw is None else _read(raw, keys)
        if kept is not None and replace(scope, v=kept.v) == kept:
            return kept
        saved = replace(scope, v=kept.v + 1 if kept else 1)
        if space.commit([Check(keys.declaration, raw)], [Put(keys.declaration, canonical(asdict(saved)))]):
            return saved


def load(space: Keyspace, keys: Keys) -> Scope | None:
    """The kept declaration, None where nobody declared the scope. Raises ConfigurationError like ``save``."""
    raw = space.get(keys.declaration)
    return None if raw is None else _read(raw, keys)


def _read(raw: bytes, keys: Keys) -> Scope:
    """The scope of a record; what a later version of this program added is left out."""
    known = {each.name for each in fields(Scope)}
    try:
        values = {name: value for name, value in json.loads(raw).items() if name in known}
        schemas = {name: tuple(columns) for name, columns in values["schemas"].items()}
        return Scope(**{**values, "symbols": tuple(values["symbols"]), "schemas": schemas})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{keys.declaration} cannot be read as a scope ({error!r}): remove the key, then declare it again"
        ) from error
