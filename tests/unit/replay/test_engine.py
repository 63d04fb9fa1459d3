"""The engine turns until nothing moves, and says so when that never happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clm.errors import Unsettled
from clm.events import DAY, SECOND, Event, tick
from clm.policy import Policy
from clm.ports import RunRecord
from clm.replay import engine
from clm.replay.engine import Engine
from clm.replay.tape import Bar, Tape
from clm.replay.trader import PaperTrader
from clm.scope import Scope
from worker import bootstrap
from worker.stage import Stage

RECORD = RunRecord(run="watcher-1", model_type="xgboost", as_of=0, cause="", trigger="time")
BARS = tuple(Bar(n * 60 * SECOND, (), (), "calm" if n < 2 else "turbulent") for n in range(3))


def turning(stage: Stage, jobs: Callable[[], list[RunRecord]], swaps: list[int]) -> Engine:
    """An engine over a stage; each swap notes how many events there were."""
    publisher, policy = bootstrap.memory_publisher(stage, "t"), Policy()
    handle = bootstrap.handle(stage, policy.models)
    return Engine(
        trader=PaperTrader(Tape(BARS, "s", ()), publisher, handle, 1),
        publish=publisher.flush,
        consumers=(bootstrap.watcher(stage, policy), bootstrap.shadow(stage, policy)),
        dispatcher=bootstrap.dispatcher(stage),
        jobs=jobs,
        refresh=lambda: swaps.append(stage.space.length(stage.keys.events)),
    )


@pytest.fixture
def stage() -> Stage:
    return bootstrap.memory_stage(Scope())


def idle() -> list[RunRecord]:
    return []


def append(stage: Stage, *events: Event) -> None:
    for event in events:
        stage.events.append(event)


def test_it_swaps_once_per_bar_and_only_when_everything_is_folded(stage: Stage) -> None:
    swaps: list[int] = []
    turning(stage, idle, swaps).run(Tape(BARS, "s", ()))
    assert swaps == [2, 3, 5]  # a regime and a tick, a tick, a regime and a tick
    newest = stage.events.last_id()
    assert {stage.progress.cursors()[role] for role in ("watcher", "shadow")} == {newest}


def test_it_tells_each_bar_once_it_has_settled(stage: Stage) -> None:
    told: list[int] = []
    turning(stage, idle, []).run(Tape(BARS, "s", ()), lambda bar: told.append(bar.at))
    assert told == [bar.at for bar in BARS]


def test_it_turns_again_for_what_a_training_announced(stage: Stage) -> None:
    waiting = [[RECORD]]

    def jobs() -> list[RunRecord]:
        ended = waiting.pop() if waiting else []
        append(stage, *(tick(DAY) for _ in ended))
        return ended

    turning(stage, jobs, []).settle()
    assert stage.progress.cursors()["watcher"] == stage.events.last_id() != "0-0"


def test_it_raises_when_the_loop_goes_in_circles(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_ROUNDS", 7)
    rounds: list[int] = []

    def jobs() -> list[RunRecord]:
        rounds.append(1)
        return [RECORD]

    with pytest.raises(Unsettled, match="did not settle within 7 rounds"):
        turning(stage, jobs, []).settle()
    assert len(rounds) == 7
