"""The checker accepts what some order explains, and nothing else."""

from __future__ import annotations

from typing import Any

from tests.rollout.linear import UNKNOWN, Call, linearizable
from tests.rollout.spec import CLM, STALE, State, step


def call(begin: float, end: float, result: Any, *operation: Any, process: int = 0) -> Call:
    return Call(process, operation, begin, end, result)


def look(begin: float, end: float, epoch: int, active: str) -> Call:
    return call(begin, end, [epoch, active, None, 0.0], "look", CLM)


def promote(begin: float, end: float, result: Any, seen: int, version: str) -> Call:
    return call(begin, end, result, "promote", CLM, seen, version)


def explained(*calls: Call) -> bool:
    return linearizable(calls, State(), step)


def test_calls_that_follow_each_other_are_taken_in_their_order() -> None:
    assert explained(promote(0, 1, 1, 0, "A"), look(2, 3, 1, "A"))
    assert not explained(promote(0, 1, 1, 0, "A"), look(2, 3, 0, "naive"))


def test_calls_at_the_same_time_may_have_happened_in_any_order() -> None:
    assert explained(promote(0, 5, 1, 0, "A"), look(1, 2, 0, "naive"), look(3, 4, 1, "A"))
    assert not explained(promote(0, 5, 1, 0, "A"), look(1, 2, 1, "A"), look(3, 4, 0, "naive"))


def test_of_two_promotions_from_one_look_one_must_lose() -> None:
    assert explained(promote(0, 2, 1, 0, "A"), promote(1, 3, STALE, 0, "B"))
    assert not explained(promote(0, 2, 1, 0, "A"), promote(1, 3, 1, 0, "B"))


def test_a_lost_update_is_no_order() -> None:
    both = promote(0, 2, 1, 0, "A"), promote(1, 3, 2, 1, "B")
    assert explained(*both, look(4, 5, 2, "B"))
    assert not explained(*both, look(4, 5, 2, "A"))


def test_what_a_killed_caller_had_sent_may_have_happened_or_not() -> None:
    lost = promote(0, UNKNOWN, None, 0, "A")
    assert explained(lost, look(1, 2, 0, "naive"))
    assert explained(lost, look(1, 2, 0, "naive"), look(3, 4, 1, "A"))
    assert not explained(lost, look(1, 2, 1, "A"), look(3, 4, 0, "naive"))


def test_two_active_versions_are_never_explained() -> None:
    census = call(2, 3, ["A", "B"], "census", CLM)
    assert not explained(promote(0, 1, 1, 0, "A"), census)
