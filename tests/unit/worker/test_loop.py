"""A role has one owner, who saves when it stops, is followed when it dies and outlives its errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from clm.errors import NotOwner, UnreachableServer
from clm.events import SECOND, Command, Prediction, tick
from clm.policy import Policy
from clm.ports import Fence
from clm.scope import Scope
from clm.steps.consume import Consumer
from clm.store.batch import encode_batches
from worker import bootstrap, loop
from worker.loop import Lease, Role, serve
from worker.stage import Stage

PATIENCE_S = 20.0


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(loop, "BLOCK_MS", 20)
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0.02)
    return bootstrap.memory_stage(Scope())


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


@contextmanager
def serving(stage: Stage, owner: str = "me", **options: Any) -> Iterator[list[Fence]]:
    """A watcher's loop in a thread; the fences under which it owned the role."""
    fences: list[Fence] = []

    def build(fence: Fence) -> Consumer:
        fences.append(fence)
        return bootstrap.watcher(stage, Policy(), fence)

    stop = threading.Event()
    role = Role(name="watcher", owner=owner, build=build, **{"lease_s": 0.3, **options})
    thread = threading.Thread(target=serve, args=(role, stage.ownership, stop))
    thread.start()
    try:
        yield fences
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def folded(stage: Stage) -> bool:
    return stage.progress.cursors().get("watcher") == stage.events.last_id()


def ask(stage: Stage, n: int, model: str) -> None:
    stage.events.append(Command(p="ops", n=n, at=0, action="retrain", models=(model,)))


def asked(stage: Stage) -> list[str]:
    return [decision.model_type for _, decision in stage.decisions.read("0-0")]


def test_an_owner_folds_what_comes_and_saves_and_lets_go_when_it_stops(stage: Stage) -> None:
    with serving(stage, lease_s=60.0):
        ask(stage, 0, "xgboost")
        until(lambda: folded(stage))
    saved = stage.checkpoints.load("watcher")
    assert saved is not None
    assert (saved[0], asked(stage)) == (stage.events.last_id(), ["xgboost"])
    assert stage.ownership.acquire("watcher", "next", 60.0) is not None


def test_a_standby_waits_while_the_owner_lives_and_takes_over_when_its_lease_ends(stage: Stage) -> None:
    owner = stage.ownership.acquire("watcher", "owner", 0.4)
    assert owner is not None
    stage.events.append(tick(60 * SECOND))
    with serving(stage, "standby") as fences:
        time.sleep(0.1)
        assert fences == []
        until(lambda: folded(stage))
    assert [(fence.owner, fence.token > owner.token) for fence in fences] == [("standby", True)]


def test_a_loop_that_lost_its_role_owns_it_again_and_nothing_is_decided_twice(stage: Stage) -> None:
    with serving(stage) as fences:
        ask(stage, 0, "xgboost")
        until(lambda: folded(stage))
        stage.ownership.release(fences[0])
        assert stage.ownership.acquire("watcher", "thief", 0.0) is not None
        ask(stage, 1, "nhits")
        until(lambda: asked(stage) == ["xgboost", "nhits"])
    assert fences[-1].token > fences[0].token + 1


def test_a_loop_notices_that_it_lost_its_role_even_when_it_decides_nothing(stage: Stage) -> None:
    with serving(stage) as fences:
        until(lambda: len(fences) == 1)
        stage.ownership.release(fences[0])
        assert stage.ownership.acquire("watcher", "thief", 0.0) is not None
        until(lambda: len(fences) == 2)


@pytest.mark.parametrize("error", [RuntimeError("boom"), UnreachableServer("gone"), KeyError("x")])
def test_whatever_goes_wrong_in_a_round_the_loop_goes_on(stage: Stage, error: Exception) -> None:
    errors = [error]

    def beat(_: Fence) -> None:
        if errors:
            raise errors.pop()

    with serving(stage, beat=beat, lease_s=60.0) as fences:  # its own lease does not keep it out
        until(lambda: len(fences) == 2)
        ask(stage, 0, "xgboost")
        until(lambda: asked(stage) == ["xgboost"])


def test_it_beats_between_two_reads_even_when_nothing_comes(stage: Stage) -> None:
    beats: list[int] = []
    with serving(stage, beat=lambda _: beats.append(1)):
        until(lambda: len(beats) >= 3)


def test_it_saves_after_so_many_events_of_a_batch(stage: Stage) -> None:
    said = Prediction(
        p="t", n=0, at=0, model_type="xgboost", version="A", symbol="AAPL", horizon=1, value=0.5, naive=0.0
    )
    [batch] = encode_batches([said, replace(said, n=1), replace(said, n=2)])
    with serving(stage, save_every_events=3):
        stage.space.append(stage.keys.events, batch)
        until(lambda: stage.checkpoints.load("watcher") is not None)


def test_it_saves_after_so_many_events(stage: Stage) -> None:
    with serving(stage, save_every_events=2):
        stage.events.append(tick(60 * SECOND))
        stage.events.append(tick(120 * SECOND))
        until(lambda: stage.checkpoints.load("watcher") is not None)


def test_a_lease_is_renewed_while_its_owner_works_and_not_after() -> None:
    renewed: list[float] = []
    with Lease(lambda fence, ttl_s: renewed.append(ttl_s), Fence("watcher", "me", 1), 0.03) as lease:
        until(lambda: len(renewed) >= 2)
        lease.check()
    count = len(renewed)
    time.sleep(0.05)
    assert (len(renewed), set(renewed)) == (count, {0.03})


def test_a_lost_lease_is_told_at_the_next_check() -> None:
    def renew(fence: Fence, ttl_s: float) -> None:
        raise NotOwner("another process owns it")

    def lost(lease: Lease) -> bool:
        try:
            lease.check()
        except NotOwner:
            return True
        return False

    with Lease(renew, Fence("watcher", "me", 1), 0.03) as lease:
        until(lambda: lost(lease))
        with pytest.raises(NotOwner, match="another process"):
            lease.check()


def test_a_server_that_does_not_answer_does_not_end_a_lease() -> None:
    calls: list[int] = []

    def renew(fence: Fence, ttl_s: float) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise UnreachableServer("gone for a moment")

    with Lease(renew, Fence("watcher", "me", 1), 0.03) as lease:
        until(lambda: len(calls) >= 3)
        lease.check()
