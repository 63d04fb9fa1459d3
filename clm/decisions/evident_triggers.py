"""The five triggers under policy ``sequential``, and what holds one back. Rule ``sequential-triggers-2``.

PERFORMANCE_DECAY is due when enough detectors of lost skill are in alarm; REGIME_SHIFT when the regime that
the bars have settled for was not trained in lately. The first by priority that nothing holds back starts a
run: an open run holds back all, the cool-down and the day's budget of CPU time all but an operator's. Decay
does not wait for a trial, which may take weeks: its candidate has not seen what decayed the active version.

A regime that returns first asks back the version that was best in it (``clm.decisions.recall``), at once:
only an open run holds that back, for it costs nothing. If the shadow finds it no better, a retrain follows,
however lately one was trained there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clm.decisions import triggers
from clm.decisions.recall import recall
from clm.decisions.triggers import Fired, Observation, Weighed
from clm.events import DAY, moment
from clm.model import RetrainTrigger
from clm.policy import Policy

RULE = "sequential-triggers-2"


@dataclass(frozen=True, kw_only=True)
class EvidentObservation(Observation):
    """What these rules look at besides. ``regime`` is the settled one; accuracies are for the reader only."""

    alarms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # detector -> what it saw
    shares: Mapping[str, float] = field(default_factory=dict)  # regime -> share of the votes, fraction
    trained_here: int | None = None  # when a retrain in the current regime was decided, µs
    on_trial: bool = False  # the open run has brought its candidate
    spent: float = 0.0  # CPU seconds of the day, open runs at their last cost; 0 without a budget
    cost: float = 0.0  # CPU seconds of the model type's last run; 0 without a budget
    # version -> effective outcomes, loss and naive's loss in the current regime: see ``recall``
    veterans: Mapping[str, Sequence[float]] = field(default_factory=dict)
    recalled: bool = False  # a version was asked back since the regime changed


def weigh(seen: EvidentObservation, policy: Policy) -> Weighed | None:
    """The first trigger by priority that nothing holds back starts a run; None: nothing is due."""
    found = fired(seen, policy)
    back = _returned(seen, found, policy)
    if back is not None:
        return back
    reasons = [held_back(seen, each, policy) for each in found]
    for each, reason in zip(found, reasons, strict=True):
        if reason is None:
            others = [other for other in found if other is not each]
            return Weighed("retrain", [each, *others], each.reason)
    return Weighed("suppressed", found, str(reasons[0])) if found else None


def _returned(seen: EvidentObservation, found: Sequence[Fired], policy: Policy) -> Weighed | None:
    """A version that is asked back because its regime is back, before anything is trained anew."""
    shifted = any(each.trigger is RetrainTrigger.REGIME_SHIFT for each in found)
    if not shifted or seen.recalled or seen.open_run is not None or seen.command is not None:
        return None
    best = recall(seen.veterans, seen.active, policy)
    if best is None:
        return None
    reason = (
        f"regime {seen.regime} is back, in which {best.version} lost {best.ratio:.3f} of what naive did on "
        f"{best.outcomes} effective outcomes, below {best.limit:.3f} for {seen.active}"
    )
    first = Fired(RetrainTrigger.REGIME_SHIFT, best.ratio, best.limit, reason)
    return Weighed("recall", [first, *found], reason, best.version)


def fired(seen: EvidentObservation, policy: Policy) -> list[Fired]:
    """Every trigger that holds, first by priority."""
    found = (
        triggers.manual(seen),
        _decay(seen, policy),
        _regime(seen, policy),
        triggers.volume(seen, policy),
        triggers.aged(seen, policy),
    )
    return [each for each in found if each is not None]


def held_back(seen: EvidentObservation, due: Fired, policy: Policy) -> str | None:
    """Why a trigger starts no run now, or None."""
    apart = seen.on_trial and due.trigger is RetrainTrigger.PERFORMANCE_DECAY
    general = triggers.held_back(replace(seen, open_run=None) if apart else seen, policy)
    if general is not None or due.trigger is RetrainTrigger.MANUAL:
        return general
    if due.trigger is RetrainTrigger.REGIME_SHIFT and seen.trained_here is not None and not seen.recalled:
        since = f"{moment(seen.trained_here):%Y-%m-%d %H:%M}"
        if seen.clock <= seen.trained_here + policy.regime_memory:
            return f"regime {seen.regime} was trained in on {since}, within {due.limit:g} days"
    return _over_budget(seen, policy)


def decayed(alarms: Collection[str], policy: Policy) -> bool:
    """Whether enough of the policy's detectors are in alarm."""
    standing = sum(each in alarms for each in policy.decay_detectors)
    return standing >= min(policy.decay_needs, len(policy.decay_detectors))


def days_since_training_here(seen: EvidentObservation) -> float:
    """Days since a retrain was decided in the current regime; infinite if none was."""
    return math.inf if seen.trained_here is None else (seen.clock - seen.trained_here) / DAY


def _decay(seen: EvidentObservation, policy: Policy) -> Fired | None:
    if not decayed(seen.alarms, policy):
        return None
    alarms = {each: seen.alarms[each] for each in policy.decay_detectors if each in seen.alarms}
    first = next(iter(alarms.values()))
    told = "; ".join(
        f"{each} {alarm['statistic']:.4g} over {alarm['limit']:.4g} at {moment(alarm['at']):%Y-%m-%d %H:%M}"
        for each, alarm in alarms.items()
    )
    reason = f"{seen.active} has lost skill that it had on its hold-out: {told}"
    return Fired(RetrainTrigger.PERFORMANCE_DECAY, first["statistic"], first["limit"], reason)


def _regime(seen: EvidentObservation, policy: Policy) -> Fired | None:
    if seen.regime is None or seen.trained_regime in (None, seen.regime):
        return None
    if seen.recalled and seen.open_run is not None:
        return None  # whoever was asked back is on trial for it
    reason = f"the bars have settled for regime {seen.regime}, trained in {seen.trained_regime}"
    days = days_since_training_here(seen)
    return Fired(RetrainTrigger.REGIME_SHIFT, days, policy.regime_memory_days, reason)


def _over_budget(seen: EvidentObservation, policy: Policy) -> str | None:
    """A run that would take more than what is left of the day waits, unless it were the day's first."""
    until = budget_until(seen.clock, seen.spent, seen.cost, policy)
    if until is None:
        return None
    return (
        f"CPU budget: {seen.spent:.1f} s of {policy.cpu_seconds_per_day:g} s a day are spent or promised, "
        f"and the last run took {seen.cost:.1f} s; until {moment(until):%Y-%m-%d %H:%M}"
    )


def budget_until(clock: int, spent: float, cost: float, policy: Policy) -> int | None:
    """When the next day begins (µs) if the run of a cost (CPU seconds) has to wait for it; else None."""
    limit = policy.cpu_seconds_per_day
    if limit is None or spent == 0 or spent + cost <= limit:
        return None
    return (clock // DAY + 1) * DAY
