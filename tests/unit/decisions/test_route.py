"""Who is on a canary: the promised share of the keys, and the same ones for as long as it lasts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.route import Route

KEYS = [f"symbol-{number}" for number in range(10_000)]
CANARY = Route(epoch=2, active="A", canary="B", share=0.1, salt="B:2")


def on_canary(route: Route) -> set[str]:
    return {key for key in KEYS if route.serves(key) == "B"}


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("salt", ["B:2", "v20250130_143052:17", "x"])
def test_a_share_is_kept_within_a_point_over_ten_thousand_keys(share: float, salt: str) -> None:
    found = len(on_canary(replace(CANARY, share=share, salt=salt))) / len(KEYS)
    assert abs(found - share) < 0.01


def test_a_key_on_the_canary_stays_there_when_the_share_grows() -> None:
    assert on_canary(CANARY) < on_canary(replace(CANARY, share=0.5))


def test_the_next_canary_is_tried_on_other_keys() -> None:
    first, second = on_canary(CANARY), on_canary(replace(CANARY, salt="B:9"))
    assert len(first & second) < 0.2 * len(first)


def test_without_a_canary_every_key_is_on_the_active_version() -> None:
    assert {replace(CANARY, canary=None, share=0.0).serves(key) for key in KEYS} == {"A"}


def test_the_assignment_is_the_same_in_every_process() -> None:
    assert [n for n in range(40) if CANARY.serves(f"symbol-{n}") == "B"] == [1, 30, 36]
