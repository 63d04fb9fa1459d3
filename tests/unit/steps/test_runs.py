"""A run's record follows from its decision, and its last event from its record."""

from __future__ import annotations

from dataclasses import replace

from clm.ports import RunRecord
from clm.records import Decision
from clm.steps.runs import ended, run_of

DECISION = Decision(
    role="watcher", kind="retrain", n=4, at=99, model_type="nhits", trigger="time", cause="ops-0",
    evidence={"regimes": [[1, "calm"]], "observation": {}},
)  # fmt: skip


def test_a_run_is_named_after_its_decision_and_trains_as_of_its_moment() -> None:
    assert run_of(DECISION) == RunRecord(
        run="watcher-4", model_type="nhits", as_of=99, cause="ops-0", trigger="time",
        evidence={"regimes": [[1, "calm"]]},
    )  # fmt: skip


def test_the_event_of_an_ended_run_is_its_second_and_says_how_it_ended() -> None:
    event = ended(replace(run_of(DECISION), phase="failed", error="boom"))
    assert (event.p, event.n, event.at, event.as_of) == ("run:watcher-4", 1, 99, 99)
    assert (event.run, event.cause, event.phase, event.error) == ("watcher-4", "watcher-4", "failed", "boom")
    assert (event.version, event.sha256, event.evaluation) == (None, None, None)


def test_the_event_of_a_candidate_carries_its_details() -> None:
    event = ended(replace(run_of(DECISION), phase="candidate", version="v1"), sha256="ab", schema="s")
    assert (event.phase, event.version, event.sha256, event.schema) == ("candidate", "v1", "ab", "s")
