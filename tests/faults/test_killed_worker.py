"""The death of a training worker: one candidate or one failure per run, and no word from a ghost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from clm.events import Run
from clm.model import ModelType
from clm.ports import RunRecord
from clm.steps.reconcile import MAX_ATTEMPTS
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import TREES, Site
from worker import bootstrap
from worker.operations import ALL

BARS = 100  # four days and a little: the first training is due
SLOW = {"n_estimators": 300, "max_depth": 5, "learning_rate": 0.02}
"""A second or two of training: time enough to be killed or frozen in."""


@pytest.fixture
def mode() -> str:
    """How the worker fits."""
    return "fresh"


@pytest.fixture
def player(server_url: str, tmp_path: Path, mode: str) -> Iterator[Player]:
    """A trader whose first training, of one model type, has just begun."""
    params = {"training_params": {"xgboost": TREES | SLOW}}
    changes = {"models": ["xgboost"], "worker_mode": mode, **params}
    with Crew(Site(tmp_path, server_url, changes)) as crew, Player(crew) as player:
        for _ in range(BARS):
            player.publish()
        begun(player, 1)
        yield player


def runs(player: Player) -> list[RunRecord]:
    return list(player.stage.runs.list(ALL))


def begun(player: Player, attempt: int) -> None:
    """Wait until an attempt of the run has begun."""
    player.until(lambda: [each.attempt for each in runs(player)] == [attempt], f"attempt {attempt}")


def told(player: Player) -> list[str]:
    """The phases of runs that the events tell."""
    events = bootstrap.recorded(player.stage, player.crew.site.settings.policy())
    return [event.phase for event in events if isinstance(event, Run)]


def faults(player: Player) -> list[str]:
    policy = player.crew.site.settings.policy()
    return bootstrap.underived(player.stage, policy, player.decisions())


def test_a_training_whose_worker_is_killed_is_queued_again_and_ends_once(player: Player) -> None:
    player.crew.kill("worker")
    player.crew.start("worker")
    player.settle()
    assert [(each.phase, each.attempt) for each in runs(player)] == [("candidate", 2)]
    assert told(player) == ["started", "candidate"]
    assert faults(player) == []


def test_a_run_whose_workers_all_die_fails_once_with_a_reason(player: Player) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        begun(player, attempt)
        player.crew.kill("worker")
        player.crew.start("worker")
    player.settle()
    (run,) = runs(player)
    assert (run.phase, run.error) == (
        "failed", "the training worker died 3 times: see its log, then retrain by hand"
    )  # fmt: skip
    assert told(player) == ["started", "failed"]
    assert faults(player) == []


@pytest.mark.parametrize("mode", ["fresh", "recycled"])
def test_a_training_that_wakes_up_after_its_lease_writes_nothing(player: Player) -> None:
    (ghost,) = player.crew.children("worker") or [player.crew.pid("worker")]
    os.kill(ghost, signal.SIGSTOP)
    player.crew.start("worker#2")
    player.settle()
    before = player.decisions(), told(player), runs(player), player.stage.events.last_id()
    os.kill(ghost, signal.SIGCONT)
    log = player.crew.log_of("worker")
    player.until(lambda: "counts for nothing" in log.read_text(), "the ghost to be refused")
    assert (player.decisions(), told(player), runs(player), player.stage.events.last_id()) == before
    assert before[1] == ["started", "candidate"]
    assert len(player.stage.registry.get_model_history(ModelType.XGBOOST)) == 1
