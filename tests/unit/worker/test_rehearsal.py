"""A rehearsal goes through a watcher's steps and leaves no trace."""

from __future__ import annotations

from clm.decisions.watch import WatcherFold
from clm.policy import Policy
from clm.ports import Fence
from clm.scope import Scope
from clm.store.codec import encode
from worker import bootstrap
from worker.bootstrap.stages import unheard_stage
from worker.rehearsal import Rehearsal


def test_every_second_step_decides_a_retrain_and_the_other_ends_its_run() -> None:
    onstage = bootstrap.watcher(unheard_stage(Scope()), Policy(), Fence("watcher", "nobody", 1))
    fold, play = onstage.fold, Rehearsal(onstage, encode, Policy().models[0])
    assert isinstance(fold, WatcherFold)
    told = []
    for _ in range(6):
        play()
        told.append((fold.orders.head.n, fold.memory[Policy().models[0]].open_run))
    assert told == [(1, "watcher-1"), (1, None), (2, "watcher-2"), (2, None), (3, "watcher-3"), (3, None)]
    assert onstage.quarantined == 0


def test_a_long_rehearsal_keeps_no_more_than_a_short_one() -> None:
    onstage = bootstrap.watcher(unheard_stage(Scope()), Policy(), Fence("watcher", "nobody", 1))
    play, sizes = Rehearsal(onstage, encode, Policy().models[0]), []
    for _ in range(3):
        for _ in range(200):
            play()
        state = onstage.fold.state()
        sizes.append((len(state["intake"]["producers"]), len(str(state["memory"]))))
    assert sizes[1] == sizes[2]


def test_a_stage_in_memory_has_no_use_for_it() -> None:
    stage = bootstrap.memory_stage(Scope())
    bootstrap.rehearse(stage, Policy(), 1.0)
    assert not bootstrap.watcher(stage, Policy()).step(block_ms=5)
    assert stage.decisions.last_id() == "0-0"
