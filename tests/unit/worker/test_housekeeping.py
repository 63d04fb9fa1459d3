"""What a role does beside its work comes in its time, and its log names what it missed."""

from __future__ import annotations

from structlog.testing import capture_logs

from clm.decisions.retention import Gap
from clm.scope import Scope
from worker import bootstrap
from worker.housekeeping import Every, GapWatch
from worker.settings import load
from worker.stage import Stage


def test_a_chore_is_done_when_its_time_has_come() -> None:
    times, done = iter([0.0, 9.0, 10.0, 10.0, 19.0, 20.0, 20.0]), []
    chore = Every(lambda: bool(done.append(1)), 10.0, lambda: next(times))
    for _ in range(4):
        chore.beat()
    assert len(done) == 2


def test_a_chore_that_is_not_finished_goes_on_at_once() -> None:
    done: list[int] = []
    chore = Every(lambda: done.append(1) is None, 10.0, lambda: 10.0 * min(len(done) + 1, 2))
    chore._next = 10.0
    for _ in range(3):
        chore.beat()
    assert len(done) == 3


def cut(stage: Stage, entries: int) -> None:
    gap = Gap(stream="events", role="watcher", entries=entries, events=entries, to="5-0")
    stage.trimming.cut("events", "0-0", None, [gap])


def test_a_role_says_once_what_was_cut_before_it_had_read_it() -> None:
    stage = bootstrap.memory_stage(Scope())
    watch = GapWatch(stage.trimming, "watcher")
    with capture_logs() as logs:
        for entries in (3, 3, 4):
            cut(stage, entries)
            watch.look()
        GapWatch(stage.trimming, "shadow").look()
    assert [each["text"].split(" (")[0] for each in logs] == ["3 entries", "4 entries"]


def test_a_scope_whose_shadow_never_saved_is_not_cut() -> None:
    stage = bootstrap.memory_stage(Scope())
    stage.checkpoints.save("watcher", None, "5-0", b"")
    needs = bootstrap.retention(load(), stage)._needs
    assert needs["events"]() == {"watcher": "5-0", "shadow": "0-0"}
    assert needs["inputs"]() == {"shadow": "0-0"}


def test_a_configured_archive_is_waited_for() -> None:
    stage = bootstrap.memory_stage(Scope())
    needs = bootstrap.retention(load(archive="there"), stage)._needs
    assert needs["events"]()["archive"] == "0-0"
