"""The facts and commands on a scope's events stream, as frozen dataclasses.

Times are integers: microseconds since 1970-01-01 UTC. An event's identity is ``(p, n)``: the producer,
new at each start of a process, and its sequence number there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

WIRE_VERSION = 1
SECOND = 1_000_000  # µs
HOUR = 3600 * SECOND
DAY = 24 * HOUR
CLOCK = "clock"  # the producer of ticks
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since the epoch of an aware moment, exactly.

    Raises:
        ValueError: the moment is naive about its time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; pass an aware datetime such as UTC")
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """The UTC datetime of microseconds since the epoch, exactly."""
    return EPOCH + timedelta(microseconds=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event carries."""

    kind: ClassVar[str]
    p: str  # producer
    n: int  # its sequence number, >= 0
    at: int  # event time, µs


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Event):
    """A version forecast a symbol's target ``horizon`` bars ahead; ``at`` = close of the newest bar used."""

    kind = "prediction"
    model_type: str
    version: str
    symbol: str
    horizon: int  # bars
    value: float  # target units
    naive: float  # the naive forecast, same units


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Event):
    """The realised target of one prediction; ``at`` = when it became known."""

    kind = "outcome"
    of: tuple[str, int]  # (p, n) of the prediction
    value: float  # target units


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime(Event):
    """The market's regime as somebody sees it; without a symbol it is the whole scope's."""

    kind = "regime"
    regime: str
    confidence: float | None = None  # 0..1
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Event):
    """Time passed: ``p`` is ``clock``, ``n`` the whole minutes of ``at``."""

    kind = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Event):
    """An operator's wish, e.g. action ``retrain``."""

    kind = "command"
    action: str
    models: tuple[str, ...] = ()  # model types; empty: all of the policy
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Event):
    """A training run changed its phase: ``started``, ``candidate`` or ``failed``."""

    kind = "run"
    run: str
    model_type: str
    cause: str  # id of the decision that asked for it
    phase: str
    version: str | None = None  # candidate only, like all below but error
    sha256: str | None = None
    as_of: int | None = None  # µs
    training_range: tuple[int, int] | None = None  # µs
    schema: str | None = None
    evaluation: Mapping[str, Any] | None = None  # every field of EvaluationResult
    error: str | None = None  # failed only
    cpu_seconds: float | None = None  # of the attempt that ended it; None: not known
    recalled: str | None = None  # candidate only: the decision that asked this earlier version back


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Event):
    """A trial ended: ``promote``, ``reject`` or ``aborted``."""

    kind = "verdict"
    model_type: str
    version: str
    result: str
    decision: str  # id of the decision
    losses: Mapping[str, Any] | None = None  # regime -> pairs, loss, naive's loss of its version in the trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Event):
    """The registry's route of a model type was replaced; without a change another version is active."""

    kind = "moved"
    model_type: str
    epoch: int  # of the new route
    from_version: str
    to_version: str
    cause: str
    actor: str
    change: str | None = None  # kind of the move where the active version stays, e.g. canary or frozen
    canary: str | None = None  # version that serves a share of the keys from now on
    share: float | None = None  # fraction of keys; 0: the canary was aborted
    locked_out: tuple[str, ...] | None = (
        None  # versions that automation may not promote; None: there are none
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Event):
    """The registry refused a move: the route had moved since, or does not allow it."""

    kind = "refused"
    model_type: str
    epoch: int  # of the route as it stands
    from_version: str
    to_version: str
    cause: str
    actor: str


CLOCK_KINDS = frozenset({"prediction", "outcome", "regime", "tick"})
"""The kinds that move the event clock; every other kind happens at the clock's value at its entry."""

KINDS: Mapping[str, type[Event]] = {
    cls.kind: cls for cls in (Prediction, Outcome, Regime, Tick, Command, Run, Verdict, Moved, Refused)
}


def tick(at: int) -> Tick:
    """The tick of a moment (µs); two of one minute are one event."""
    return Tick(p=CLOCK, n=at // (60 * SECOND), at=at)


@dataclass(frozen=True, slots=True)
class InputRow:
    """The features of one symbol at one bar, exactly as the active models saw them."""

    symbol: str
    at: int  # close of the newest bar used, µs; the join key
    schema: str  # names the columns
    x: bytes  # float32 little endian, one per column


def position(entry_id: str) -> tuple[int, int]:
    """An entry id as the numbers by which a stream is ordered: milliseconds, and which of them.

    >>> position("1526919030474-55"), position("0")
    ((1526919030474, 55), (0, 0))
    """
    ms, _, sequence = entry_id.partition("-")
    return int(ms), int(sequence or 0)
