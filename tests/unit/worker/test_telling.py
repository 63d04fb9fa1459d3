"""A training tells how far it is, and is silent once its run has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from clm.errors import UnreachableServer
from clm.ports import RunRecord
from clm.scope import Scope
from clm.steps.gauge import TRAIN, at_fold, at_model, at_step
from clm.steps.runs import ended
from worker import bootstrap
from worker.stage import Stage
from worker.telling import said, telling

RECORD = RunRecord(run="watcher-1", model_type="ensemble", as_of=7, cause="ops-0", trigger="manual")


@pytest.fixture
def stage() -> Stage:
    stage = bootstrap.memory_stage(Scope())
    stage.runs.open(RECORD)
    return stage


def within(seconds: float, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_a_training_tells_stands_beside_its_run_until_that_has_ended(stage: Stage) -> None:
    fence = stage.runs.claim("watcher-1", "me", 60.0)
    assert fence is not None
    with telling(stage.runs, RECORD, fence, every_s=0.002):
        at_fold(TRAIN)
        at_model("nhits")
        at_step(75, 200, 0.41254)
        within(20, lambda: stage.runs.told().get("watcher-1", {}).get("step") == 75)
        progress = stage.runs.told()["watcher-1"]
    assert said(progress) == "fold train, nhits, step 75 of at most 200, loss 0.4125"
    stage.runs.finish(RECORD, fence, ended(RECORD))
    assert stage.runs.told() == {}


def test_a_word_that_comes_too_late_is_not_kept(stage: Stage) -> None:
    fence = stage.runs.claim("watcher-1", "me", 60.0)
    assert fence is not None
    stage.runs.tell(fence, {"step": 1})
    assert stage.runs.told() == {"watcher-1": {"step": 1}}
    stage.runs.abandon("watcher-1", "me")
    stage.runs.tell(fence, {"step": 2})
    assert stage.runs.told() == {}


def test_a_server_that_does_not_answer_holds_no_training_up(stage: Stage) -> None:
    asked = threading.Event()

    class Frozen:
        def tell(self, *_: Any) -> None:
            asked.set()
            threading.Event().wait(30)
            raise UnreachableServer("frozen")

    fence = stage.runs.claim("watcher-1", "me", 60.0)
    assert fence is not None
    since = time.monotonic()
    with telling(Frozen(), RECORD, fence, every_s=0.002):  # type: ignore[arg-type]
        at_step(1, 2)
        assert asked.wait(20)
    assert time.monotonic() - since < 25
