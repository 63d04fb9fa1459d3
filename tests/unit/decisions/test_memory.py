"""What is remembered of a model type: its open run and its trainings."""

from __future__ import annotations

import math

import msgpack
import pytest

from clm.decisions.memory import MAX_CANDIDATES, Memory


def test_the_newest_training_is_that_of_the_active_version_or_of_the_last_ended_run() -> None:
    memory = Memory()
    memory.trained("v1", 10, 0.5)
    memory.trained(None, 30, math.nan)  # failed, yet it ended
    memory.moved("v1")
    assert memory.trained_at == 30


def test_a_run_that_ends_late_does_not_age_the_newest_training() -> None:
    memory = Memory(trained_at=30)
    memory.trained("v1", 10, 0.5)
    assert memory.trained_at == 30


def test_a_failed_run_is_closed_and_a_candidate_keeps_its_run_open() -> None:
    memory = Memory()
    memory.opened("watcher-1", 5, "calm")
    memory.trained("v1", 5, 0.5)
    assert (memory.open_run, memory.open_version) == ("watcher-1", "v1")
    memory.trained(None, 6, math.nan)
    assert memory.open_run is None


@pytest.mark.parametrize(("version", "open_run"), [("v1", None), ("v0", "watcher-1")])
def test_a_verdict_closes_only_the_run_of_its_version(version: str, open_run: str | None) -> None:
    memory = Memory()
    memory.opened("watcher-1", 5, "calm")
    memory.trained("v1", 5, 0.5)
    memory.closed(version)
    assert memory.open_run == open_run


def test_a_move_to_the_candidate_closes_its_run_and_sets_the_baseline() -> None:
    memory = Memory()
    memory.opened("watcher-1", 5, "calm")
    memory.trained("v1", 5, 0.625)
    memory.moved("v1")
    assert (memory.open_run, memory.active, memory.baseline) == (None, "v1", 0.625)


def test_the_naive_forecast_has_no_baseline() -> None:
    assert math.isnan(Memory().baseline)


def test_the_baseline_of_the_active_version_outlives_any_number_of_candidates() -> None:
    memory = Memory()
    memory.trained("v1", 0, 0.625)
    memory.moved("v1")
    for number in range(MAX_CANDIDATES + 3):
        memory.trained(f"w{number}", number, 0.5)
    assert (memory.baseline, len(memory.candidates)) == (0.625, MAX_CANDIDATES)


def test_a_new_run_forgets_which_suppressions_were_recorded() -> None:
    memory = Memory(noted=["time: cooling down"])
    memory.opened("watcher-2", 5, "calm")
    assert (memory.noted, memory.decided_at, memory.regime) == ([], 5, "calm")


def test_a_restored_memory_is_the_same() -> None:
    memory = Memory()
    memory.opened("watcher-1", 5, "calm")
    memory.trained("v1", 1, 0.5)
    assert Memory(**msgpack.unpackb(msgpack.packb(memory.state()))) == memory
