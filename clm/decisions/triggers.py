"""The five triggers of a retrain, and what holds one back. Rule ``seed-triggers-1``.

The seed's PERFORMANCE_DECAY is an absolute drop of directional accuracy; on real markets it is noisy
(see docs/design.md), and stays faithful beside better rules to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clm.events import DAY, HOUR, moment
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy

RULE = "seed-triggers-1"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that the triggers of one model type look at, at one entry."""

    model_type: ModelType
    clock: int  # event clock, µs
    on_tick: bool  # TIME is looked at on ticks only
    active: str  # active version
    trained_at: int | None  # of the newest training: active version's or last ended run's, µs
    data_since: int | None  # µs; since when there are bars, None: none yet
    accuracy: float  # of the active version's window, fraction; NaN while the window fills
    baseline: float  # its directional accuracy on the hold-out, fraction; NaN for naive
    pairs: int  # in the window
    new_points: int  # (symbol, bar) with a matured outcome since the newest training
    regime: str | None  # current regime of the scope
    trained_regime: str | None  # regime at the newest retrain, or the first one seen
    command: str | None  # id of an operator's command
    open_run: str | None  # the run that has not ended
    decided_at: int | None  # when the last retrain was decided, µs


@dataclass(frozen=True)
class Fired:
    """A trigger whose condition holds."""

    trigger: RetrainTrigger
    statistic: float  # what was seen: days, pairs, points or a fraction
    limit: float  # same unit
    reason: str


@dataclass(frozen=True)
class Weighed:
    """What is to be done about the triggers that hold."""

    kind: str  # retrain, recall or suppressed
    found: Sequence[Fired]  # at least one; the one that decides comes first
    reason: str  # of the retrain, or of holding it back
    version: str = ""  # of recall: the one that is asked back


def weigh(seen: Observation, policy: Policy) -> Weighed | None:
    """The first trigger by priority starts a run unless something holds it back; None: nothing is due."""
    found = fired(seen, policy)
    if not found:
        return None
    reason = held_back(seen, policy)
    return (
        Weighed("retrain", found, found[0].reason) if reason is None else Weighed("suppressed", found, reason)
    )


def fired(seen: Observation, policy: Policy) -> list[Fired]:
    """Every trigger that holds, first by priority."""
    found = (manual(seen), _decay(seen, policy), _regime(seen), volume(seen, policy))
    holding = [each for each in found if each is not None]
    due = aged(seen, policy)
    return [*holding, due] if due is not None else holding


def held_back(seen: Observation, policy: Policy) -> str | None:
    """Why no run may start now, or None. A manual retrain does not wait for the cool-down."""
    if seen.open_run is not None:
        return f"run {seen.open_run} of {seen.model_type.value} is open"
    if seen.decided_at is None or seen.command is not None:
        return None
    until = seen.decided_at + policy.cooldown(seen.model_type)
    return f"cooling down until {moment(until):%Y-%m-%d %H:%M}" if seen.clock < until else None


def manual(seen: Observation) -> Fired | None:
    """MANUAL, if an operator asks."""
    if seen.command is None:
        return None
    return Fired(RetrainTrigger.MANUAL, 1.0, 1.0, f"command {seen.command}")


def _decay(seen: Observation, policy: Policy) -> Fired | None:
    limit = seen.baseline - policy.performance_decay_threshold
    if not seen.accuracy < limit:  # false for NaN on either side
        return None
    return Fired(
        RetrainTrigger.PERFORMANCE_DECAY,
        seen.accuracy,
        limit,
        f"directional accuracy of {seen.active} over {seen.pairs} pairs is {seen.accuracy:.3f}, "
        f"hold-out {seen.baseline:.3f} less {policy.performance_decay_threshold:g}",
    )


def _regime(seen: Observation) -> Fired | None:
    if seen.regime is None or seen.trained_regime in (None, seen.regime):
        return None
    reason = f"regime {seen.regime}, trained in {seen.trained_regime}"
    return Fired(RetrainTrigger.REGIME_SHIFT, 1.0, 1.0, reason)


def volume(seen: Observation, policy: Policy) -> Fired | None:
    """DATA_VOLUME, if there is enough since the newest training."""
    limit = policy.data_threshold_points
    if seen.trained_at is None or seen.new_points < limit:
        return None
    reason = f"{seen.new_points} new bars since {moment(seen.trained_at):%Y-%m-%d %H:%M}"
    return Fired(RetrainTrigger.DATA_VOLUME, float(seen.new_points), float(limit), reason)


def aged(seen: Observation, policy: Policy) -> Fired | None:
    """TIME, if the newest training is old enough, or the first is due."""
    if not seen.on_tick or not _hour_fits(seen, policy):
        return None
    if seen.trained_at is None:
        return _first(seen, policy)
    age, limit = seen.clock - seen.trained_at, policy.interval(seen.model_type)
    if age < limit:
        return None
    return Fired(
        RetrainTrigger.TIME,
        age / DAY,
        limit / DAY,
        f"newest training is {age / DAY:.1f} days old",
    )


def _first(seen: Observation, policy: Policy) -> Fired | None:
    """While no run has ended, TIME is due as soon as a whole lookback of bars exists."""
    if seen.data_since is None or seen.clock - seen.data_since < policy.lookback:
        return None
    days = (seen.clock - seen.data_since) / DAY
    limit = policy.training_lookback_days
    return Fired(RetrainTrigger.TIME, days, limit, f"first training: {days:.1f} days of bars exist")


def _hour_fits(seen: Observation, policy: Policy) -> bool:
    hour = policy.retrain_hour_utc
    return hour is None or seen.clock % DAY // HOUR == hour
