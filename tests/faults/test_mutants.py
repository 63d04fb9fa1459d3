"""Damaged messages in their thousands: each is counted, none stops the watcher, what is kept is bounded."""

from __future__ import annotations

import pytest

from tests.faults.mutant_ordeal import Ordeal, undergo
from tests.faults.mutants import WAYS, mutants

SENT = 20_000
GROWN = 10_000_000
"""Bytes by which a watcher may grow."""


@pytest.fixture(scope="module")
def ordeal(server_url: str) -> Ordeal:
    return undergo(server_url, "mutants", SENT)


def test_every_mutant_is_valid_or_quarantined_once(ordeal: Ordeal) -> None:
    assert ordeal.folded == SENT
    assert ordeal.quarantined == ordeal.refused
    assert ordeal.valid is not None
    assert ordeal.valid + ordeal.quarantined == SENT
    assert ordeal.valid > 0.05 * SENT


def test_the_newest_ten_thousand_are_kept(ordeal: Ordeal) -> None:
    assert ordeal.quarantined > 10_000
    assert 10_000 <= ordeal.kept < 10_200


def test_a_watcher_does_not_grow_with_what_it_refuses(ordeal: Ordeal) -> None:
    assert ordeal.grown_bytes <= GROWN


def test_the_same_seed_makes_the_same_mutants() -> None:
    assert list(mutants(500, 7)) == list(mutants(500, 7)) != list(mutants(500, 8))
    assert len(WAYS) == 13
