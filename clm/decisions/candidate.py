"""A candidate on its way through the shadow: what its run announced, and the trial it is in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from clm.errors import MalformedEvent
from clm.events import Run, micros, moment
from clm.model import EvaluationResult, ModelType, ShadowTestResult

Result = TypeVar("Result", EvaluationResult, ShadowTestResult)

IN_MEMORY_ONLY = frozenset({"errors"})
"""Fields of EvaluationResult that never leave the process."""


def evaluation_fields(result: EvaluationResult) -> dict[str, Any]:
    """An evaluation as plain values: enum as its value, time as µs, NaN as None."""
    values = {f.name: getattr(result, f.name) for f in fields(result)}
    return {name: _plain(value) for name, value in values.items() if name not in IN_MEMORY_ONLY}


def evaluation_from(values: Mapping[str, Any]) -> EvaluationResult:
    """An evaluation from its plain values. Raises MalformedEvent when a field is missing or odd."""
    return _restored(EvaluationResult, values, ("regime_accuracy",), ("evaluated_at",))


def shadow_fields(result: ShadowTestResult) -> dict[str, Any]:
    """A shadow result as plain values, as it stands in a verdict's evidence."""
    return {name: _plain(value) for name, value in asdict(result).items()}


def shadow_from(values: Mapping[str, Any]) -> ShadowTestResult:
    """A shadow result from its plain values. Raises MalformedEvent like ``evaluation_from``."""
    regimes = ("regime_candidate_mae", "regime_active_mae")
    return _restored(ShadowTestResult, values, regimes, ("tested_from",))


def _restored(
    kind: type[Result], values: Mapping[str, Any], tables: tuple[str, ...], times: tuple[str, ...]
) -> Result:
    known = {f.name: f.type for f in fields(kind)}
    try:
        plain = {k: v for k, v in values.items() if k in known and k not in IN_MEMORY_ONLY}
        for name in tables:
            plain[name] = {k: math.nan if v is None else v for k, v in plain[name].items()}
        for name in times:
            plain[name] = moment(plain[name])
        for name, value in plain.items():
            plain[name] = math.nan if value is None and known[name] == "float" else value
        return kind(**{**plain, "model_type": ModelType(plain["model_type"])})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MalformedEvent(f"{kind.__name__} cannot be read: {error!r}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, ModelType):
        return value.value
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return micros(value) if hasattr(value, "tzinfo") else value


@dataclass(frozen=True)
class Candidate:
    """What the shadow needs to know of a candidate."""

    model_type: ModelType
    version: str
    run: str
    sha256: str  # of its bundle
    as_of: int  # µs; predictions before it prove nothing
    evaluation: Mapping[str, Any]  # plain values

    @classmethod
    def announced(cls, event: Run) -> Candidate:
        """From the event of phase ``candidate``. Raises MalformedEvent when it lacks a field."""
        if event.version is None or event.sha256 is None or event.evaluation is None:
            raise MalformedEvent(
                f"run {event.run} announces a candidate without version, sha256 or evaluation"
            )
        return cls(
            ModelType(event.model_type),
            event.version,
            event.run,
            event.sha256,
            event.at if event.as_of is None else event.as_of,
            dict(event.evaluation),
        )

    def judged(self) -> EvaluationResult:
        """Its evaluation."""
        return evaluation_from(self.evaluation)

    def decay(self) -> dict[str, Any] | None:
        """The plain baseline that detectors of decay will hold it to. Raises MalformedEvent if it is odd."""
        evidence = self.evaluation.get("evidence") or {}
        if not evidence.get("decay"):
            return None
        from clm.decisions.sequential.baseline import Baseline

        return Baseline.announced(evidence)

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {**asdict(self), "model_type": self.model_type.value}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Candidate:
        """From a saved state."""
        return cls(**{**state, "model_type": ModelType(state["model_type"])})
