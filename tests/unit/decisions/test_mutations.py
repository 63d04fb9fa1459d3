"""The tables of the sibling tests notice when a threshold or a sign of a rule is changed.

Each mutant is the module's source with one text replaced, compiled into a namespace of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from clm.decisions import direction, evident_triggers, promotion, trial, triggers
from tests.unit.decisions import (
    test_direction,
    test_evident_triggers,
    test_promotion,
    test_trial,
    test_triggers,
)

Change = tuple[str, str]

TABLES: list[tuple[ModuleType, Callable[[Any], bool], list[Change]]] = [
    (direction, test_direction.notices, [
        ("(value > naive)", "(value >= naive)"),
        ("(value < naive)", "(value <= naive)"),
        ("(value > naive) - (value < naive)", "(value < naive) - (value > naive)"),
        ("(value > naive) -", "(value > 0) -"),
        ("- (value < naive)", "- (value < 0)"),
        ("side(outcome, naive)", "side(outcome, 0.0)"),
        ("side(value, naive), side", "side(value, 0.0), side"),
        ("forecast == 0 or realised == 0", "forecast == 0"),
        ("forecast == 0 or realised == 0", "realised == 0"),
        ("forecast == realised", "forecast != realised"),
        ("part / whole if", "whole / part if"),
        ("GUESS = 0.5", "GUESS = 0.25"),
    ]),
    (triggers, test_triggers.notices, [
        ("seen.baseline - policy.performance", "seen.baseline + policy.performance"),
        ("not seen.accuracy < limit", "not seen.accuracy <= limit"),
        ("not seen.accuracy < limit", "seen.accuracy > limit"),
        ("not seen.accuracy < limit", "seen.accuracy >= limit"),
        ("in (None, seen.regime)", "in (seen.regime,)"),
        ("in (None, seen.regime)", "not in (None, seen.regime)"),
        ("seen.regime is None or", ""),
        ("seen.trained_at is None or seen.new_points", "seen.new_points"),
        ("seen.new_points < limit", "seen.new_points <= limit"),
        ("seen.new_points < limit", "seen.new_points > limit"),
        ("not seen.on_tick or", ""),
        ("or not _hour_fits", "or _hour_fits"),
        ("DAY // HOUR == hour", "DAY // HOUR != hour"),
        ("DAY // HOUR == hour", "DAY // HOUR >= hour"),
        ("seen.clock - seen.trained_at", "seen.clock + seen.trained_at"),
        ("if age < limit", "if age <= limit"),
        ("if age < limit", "if age > limit"),
        ("        age / DAY,\n", "        age / HOUR,\n"),
        ("        limit / DAY,\n", "        limit / HOUR,\n"),
        ("seen.data_since is None or seen.clock", "seen.clock"),
        ("< policy.lookback", "<= policy.lookback"),
        ("< policy.lookback", "> policy.lookback"),
        ("seen.open_run is not None", "seen.open_run is not None and seen.command is None"),
        ("or seen.command is not None", ""),
        ("seen.decided_at is None or", "seen.decided_at is not None or"),
        ("decided_at + policy.cooldown", "decided_at - policy.cooldown"),
        ("seen.clock < until", "seen.clock <= until"),
        ("seen.clock < until", "seen.clock > until"),
        ("(manual(seen), _decay(seen, policy),", "(_decay(seen, policy), manual(seen),"),
        ("_regime(seen), volume(seen, policy))", "volume(seen, policy), _regime(seen))"),
        ("[*holding, due]", "[due, *holding]"),
    ]),
    (evident_triggers, test_evident_triggers.notices, [
        ("if reason is None:", "if reason is not None:"),
        ("[each, *others]", "[*others, each]"),
        ("str(reasons[0])", "str(reasons[-1])"),
        ("due.trigger is RetrainTrigger.PERFORMANCE_DECAY", "due.trigger is RetrainTrigger.MANUAL"),
        ("seen.on_trial and due", "due"),
        ("if apart else seen", "if not apart else seen"),
        ("general is not None or due.trigger is RetrainTrigger.MANUAL", "general is not None"),
        ("seen.clock <= seen.trained_here", "seen.clock < seen.trained_here"),
        ("seen.clock <= seen.trained_here", "seen.clock > seen.trained_here"),
        ("seen.trained_here + policy.regime", "seen.trained_here - policy.regime"),
        ("standing >= min", "standing > min"),
        ("min(policy.decay_needs, len", "max(policy.decay_needs, len"),
        ("(seen.clock - seen.trained_here) / DAY", "(seen.clock + seen.trained_here) / DAY"),
        ("math.inf if", "0.0 if"),
        ("in (None, seen.regime)", "in (seen.regime,)"),
        ("seen.regime is None or", ""),
        ("limit is None or spent == 0", "limit is None"),
        ("spent + cost <= limit", "spent + cost < limit"),
        ("spent + cost <= limit", "spent + cost > limit"),
        ("spent + cost <= limit", "spent <= limit"),
        ("clock // DAY + 1", "clock // DAY + 2"),
    ]),
    (promotion, test_promotion.notices, [
        ("not evaluation.skill > 0", "not evaluation.skill >= 0"),
        ("not evaluation.skill > 0", "evaluation.skill <= 0"),
        ("not evaluation.skill > 0", "not evaluation.skill < 0"),
        ("    if first:", "    if not first:"),
        ("-policy.min_improvement_threshold", "policy.min_improvement_threshold"),
        ("not delta <= limit", "not delta < limit"),
        ("not delta <= limit", "delta > limit"),
        ("not delta <= limit", "not delta >= limit"),
        ("policy.shadow_test_hours == 0", "policy.shadow_test_hours >= 0"),
        ("policy.shadow_test_hours == 0", "policy.shadow_test_hours < 0"),
        ("not math.isfinite(value)", "math.isfinite(value)"),
        ("not math.isfinite(value)", "math.isnan(value)"),
        ('("rmse", "mae")', '("rmse",)'),
        ('("rmse", "mae")', '("mae",)'),
        ("ruling.result != UNDECIDED", "ruling.result == UNDECIDED"),
        ("shadow is None or not shadow.complete", "shadow is None"),
        ("PROMOTE if shadow.recommend_promotion else REJECT", "PROMOTE"),
        ("PROMOTE if shadow.recommend_promotion else REJECT", "REJECT"),
        ("shadow.candidate_mae / shadow.active_mae - 1", "shadow.active_mae / shadow.candidate_mae - 1"),
        ("shadow.active_mae - 1", "shadow.active_mae + 1"),
    ]),
    (trial, test_trial.notices, [
        ("clock - self.opened_at >= policy", "clock - self.opened_at > policy"),
        ("clock - self.opened_at >= policy", "clock + self.opened_at >= policy"),
        ("self.effective >= policy", "self.effective > policy"),
        ("long_enough and", "long_enough or"),
        ("self.pairs // self.horizon", "self.pairs"),
        ("max(self.horizon, horizon)", "min(self.horizon, horizon)"),
        ("complete and recommend", "recommend"),
        ("not mine < theirs", "not mine <= theirs"),
        ("not mine < theirs", "not mine > theirs"),
        ("not mine < self.naive_mae", "not mine <= self.naive_mae"),
        ("not mine < self.naive_mae", "mine < self.naive_mae"),
        ("accuracy >= bar", "accuracy > bar"),
        ("accuracy >= bar", "accuracy <= bar"),
        ("GUESS if math.isnan(guess) else guess", "guess"),
        ("GUESS if math.isnan(guess) else guess", "GUESS"),
        ("policy.require_ks and", ""),
        ("policy.require_ks and", "not policy.require_ks and"),
        ("ks_p < KS_LEVEL", "ks_p > KS_LEVEL"),
        ("KS_LEVEL = 0.05", "KS_LEVEL = 0.5"),
        ("KS_LEVEL = 0.05", "KS_LEVEL = 0.005"),
        ("value - pair.outcome", "value + pair.outcome"),
        ("hit(value, pair.outcome, pair.naive)", "hit(value, pair.outcome, 0.0)"),
        ("abs(pair.naive - pair.outcome)", "(pair.naive - pair.outcome)"),
        ("if each is not None]", "]"),
        ("sum(told), len(told)", "len(told), len(told)"),
        ("sum(told), len(told)", "sum(told), len(self.hits)"),
        ("_mean(self._candidate.magnitudes) - _mean", "_mean(self._candidate.magnitudes) + _mean"),
        ("_std(self._candidate.errors) - _std", "_std(self._candidate.errors) + _std"),
        ("pstdev(values) if", "fmean(values) if"),
    ]),
]  # fmt: skip
"""module, what notices that it differs, and the changes"""

MUTANTS = [(module, notices, change) for module, notices, changes in TABLES for change in changes]


def mutant(module: ModuleType, change: Change) -> ModuleType:
    """A copy of a module with one text replaced where it stands first."""
    old, new = change
    source = inspect.getsource(module)
    assert old in source, f"{module.__name__} has no {old!r} any more: adapt the mutation"
    changed = ModuleType(module.__name__)  # dataclasses look their module up by name
    exec(compile(source.replace(old, new, 1), "<mutant>", "exec"), changed.__dict__)
    return changed


@pytest.mark.parametrize(("module", "notices", "changes"), TABLES, ids=lambda each: "")
def test_the_tables_find_no_fault_with_the_modules_themselves(
    module: ModuleType, notices: Callable[[Any], bool], changes: list[Change]
) -> None:
    assert not notices(module)
    assert not notices(mutant(module, ("", "")))
    assert changes


@pytest.mark.parametrize(
    ("module", "notices", "change"),
    MUTANTS,
    ids=[f"{m.__name__.split('.')[-1]}: {old} -> {new}" for m, _, (old, new) in MUTANTS],
)
def test_the_tables_notice(module: ModuleType, notices: Callable[[Any], bool], change: Change) -> None:
    changed = mutant(module, change)
    try:
        assert notices(changed)
    except TypeError:
        return  # a change that breaks the module is noticed as well
