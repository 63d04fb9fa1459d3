"""A rehearsal goes through a watcher's steps and leaves no trace."""

from __future__ import annotations

import pytest

from clm.decisions.watch import WatcherFold
from clm.policy import Policy
from clm.scope import Scope
from clm.steps.consume import Consumer
from worker import bootstrap

MODEL = Policy().models[0]


def onstage(policy: str = "seed") -> Consumer:
    return bootstrap.onstage(Scope(), Policy(name=policy))


@pytest.mark.parametrize("policy", ["seed", "sequential"])
def test_every_second_step_decides_a_retrain_and_the_other_ends_its_run(policy: str) -> None:
    consumer, told = onstage(policy), []
    assert isinstance(consumer.fold, WatcherFold)
    for _ in range(6):
        assert consumer.step() == 1
        told.append((consumer.fold.orders.head.n, consumer.fold.memory[MODEL].open_run))
    assert told == [(1, "watcher-1"), (1, None), (2, "watcher-2"), (2, None), (3, "watcher-3"), (3, None)]
    assert (consumer.cursor, consumer.quarantined) == ("6-0", 0)


def test_a_long_rehearsal_keeps_no_more_than_a_short_one() -> None:
    consumer, sizes = onstage(), []
    for _ in range(3):
        for _ in range(200):
            consumer.step()
        state = consumer.fold.state()
        sizes.append((len(state["intake"]["producers"]), len(str(state["memory"]))))
    assert sizes[1] == sizes[2]


def test_a_stage_in_memory_has_no_use_for_it() -> None:
    stage = bootstrap.memory_stage(Scope())
    bootstrap.rehearse(stage, Policy(), 1.0)
    assert not bootstrap.watcher(stage, Policy()).step(block_ms=5)
    assert stage.decisions.last_id() == "0-0"
