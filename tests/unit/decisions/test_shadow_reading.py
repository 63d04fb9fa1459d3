"""Under ``sequential`` a shadow decides alike however its stream is read, trial and probation alike."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from clm.decisions.shadow import ShadowFold
from clm.events import Event
from tests.unit.decisions.sparring import POLICY, SCOPE, Ring
from tests.unit.decisions.stream import fold_all
from tests.unit.decisions.test_evident_restore import block_of
from tests.unit.decisions.test_vigils import moved

KINDS = ["promote", "promote", "rollback"]


def lived() -> tuple[list[Event], Ring]:
    """v1 comes first, v2 beats it, is promoted and turns out to be worse."""
    ring = Ring(0.85)
    bad = Ring(0.6, seed=2, tape=ring.tape)
    bad.said = ring.said
    fold = ShadowFold(SCOPE, POLICY, ring.score)
    events: list[Event] = []

    def happens(*some: Event) -> list[Any]:
        events.extend(some)
        return fold_all(fold, some)

    (first,) = happens(ring.tape.candidate("v1"))
    happens(moved("v1", "naive", 1, first.id), ring.candidate("v2"))
    while not (made := happens(*ring.rounds(10))):
        pass
    happens(moved("v2", "v1", 2, made[0].id))
    bad.at = ring.at
    while not happens(*bad.rounds(10, "v2")):
        pass
    return events, ring


EVENTS, RING = lived()


def fresh() -> ShadowFold:
    return ShadowFold(SCOPE, POLICY, RING.score)


WHOLE = fresh()
DECIDED = [each.canonical() for each in fold_all(WHOLE, EVENTS)]


def test_the_stream_holds_a_promotion_and_a_rollback() -> None:
    assert [each.kind for each in fold_all(fresh(), EVENTS)] == KINDS


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_blocks_of_any_size_bring_the_same_decisions(size: int) -> None:
    fold = fresh()
    chunks = [EVENTS[at : at + size] for at in range(0, len(EVENTS), size)]
    made = [each.canonical() for chunk in chunks for each in fold.fold(block_of(fold, chunk))]  # type: ignore[arg-type]
    assert made == DECIDED


@pytest.mark.parametrize("every", [1, 50])
def test_a_fold_restored_again_and_again_brings_them_too(every: int) -> None:
    fold, made = fresh(), []
    for number, event in enumerate(EVENTS):
        if number % every == 0:
            saved = msgpack.packb(fold.state())
            fold = fresh()
            fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        made += [each.canonical() for each in fold.apply(event)]
    assert made == DECIDED
    assert msgpack.packb(fold.state()) == msgpack.packb(WHOLE.state())
