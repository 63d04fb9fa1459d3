"""A stream is copied from where the archive ends; a history reads the archive, then the stream."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgpack
import pytest

from clm.errors import IncompleteHistory, NotOwner
from clm.events import Command
from clm.policy import Policy
from clm.ports import Fence
from clm.records import Decision
from clm.scope import Scope
from clm.store.archive import StreamArchive
from clm.store.archive_files import LocalFiles
from clm.store.keyspace import Extend
from worker import bootstrap
from worker.stage import Stage

DAY_MS = 86_400_000
POLICY = Policy()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    archive = StreamArchive(LocalFiles(tmp_path), "default")
    return replace(bootstrap.memory_stage(Scope()), archive=archive)


def add(stage: Stage, *ids: str) -> None:
    stage.space.commit([], [Extend(stage.keys.events, [(name, name.encode()) for name in ids])])


def archive(stage: Stage, fence: Fence | None = None, renew: object = lambda: None) -> dict[str, int]:
    assert stage.archive is not None
    made = bootstrap.archiver(stage, stage.archive, fence, renew)  # type: ignore[arg-type]
    made.mend()
    return made.step()


def files(root: Path) -> list[str]:
    return sorted(each.name for each in (root / "raw").rglob("*.parquet"))


def test_each_day_is_a_file_and_what_is_there_is_not_copied_again(stage: Stage, tmp_path: Path) -> None:
    add(stage, "5-0", "5-1", f"{DAY_MS}-0")
    assert archive(stage) == {"events": 3, "inputs": 0}
    add(stage, f"{DAY_MS + 1}-0")
    assert [archive(stage)["events"] for _ in range(2)] == [1, 0]
    assert files(tmp_path) == [
        "5-0_5-1.parquet", f"{DAY_MS}-0_{DAY_MS}-0.parquet", f"{DAY_MS + 1}-0_{DAY_MS + 1}-0.parquet",
    ]  # fmt: skip


def test_how_far_the_archive_is_stands_on_the_server(stage: Stage) -> None:
    add(stage, "5-0", f"{DAY_MS}-7")
    archive(stage)
    assert stage.trimming.archived() == {"events": f"{DAY_MS}-7"}


def test_an_archiver_that_lost_its_role_adds_no_file(stage: Stage, tmp_path: Path) -> None:
    def lost() -> None:
        raise NotOwner("taken over")

    add(stage, "5-0")
    with pytest.raises(NotOwner):
        archive(stage, renew=lost)
    assert files(tmp_path) == []


def test_a_history_reads_the_archive_and_then_the_stream_without_overlap(stage: Stage) -> None:
    add(stage, *(f"{n}-0" for n in range(1, 8)))
    archive(stage)
    stage.trimming.cut("events", "5-0", None)
    add(stage, "8-0", "9-0")
    whole, found, after = bootstrap.history(stage, "events"), [], "0-0"
    while page := whole.read(after, 3):
        found += [entry.id for entry in page]
        after = page[-1].id
    assert found == [f"{n}-0" for n in range(1, 10)]
    whole.check()


def test_a_history_whose_beginning_is_gone_says_so(stage: Stage) -> None:
    add(stage, "1-0", "2-0", "3-0")
    bootstrap.history(stage, "events").check()
    stage.trimming.cut("events", "2-0", None)
    with pytest.raises(IncompleteHistory, match=r"began at 1-0.*at 2-0.*CLM_ARCHIVE"):
        bootstrap.history(replace(stage, archive=None), "events").check()
    archive(stage)  # too late
    with pytest.raises(IncompleteHistory):
        bootstrap.history(stage, "events").check()


def test_decisions_are_derived_again_though_their_events_were_cut(stage: Stage) -> None:
    for n, model in enumerate(("xgboost", "lightgbm", "nhits")):
        stage.events.append(Command(p="ops", n=n, at=0, action="retrain", models=(model,)))
    watcher = bootstrap.watcher(stage, POLICY)
    watcher.step()
    archive(stage)
    stage.trimming.cut("events", stage.events.last_id(), None)
    logged = [decision for _, decision in stage.decisions.read("0-0")]
    assert len(logged) == 3
    assert bootstrap.underived(stage, POLICY, logged) == []
    with pytest.raises(IncompleteHistory):
        bootstrap.underived(replace(stage, archive=None), POLICY, logged)


def older(stage: Stage) -> None:
    """The watcher's checkpoint becomes one of an older version of the program."""
    cursor, state = stage.checkpoints.load("watcher") or ("", b"")
    old = msgpack.packb({**msgpack.unpackb(state, strict_map_key=False), "v": 1})
    stage.checkpoints.save("watcher", None, cursor, old)


def saved_after(stage: Stage, *models: str) -> list[Decision]:
    """What was logged for commands that were folded and saved."""
    for n, model in enumerate(models):
        stage.events.append(Command(p="ops", n=n, at=0, action="retrain", models=(model,)))
    watcher = bootstrap.watcher(stage, POLICY)
    watcher.step()
    watcher.save()
    return [decision for _, decision in stage.decisions.read("0-0")]


def test_a_state_of_another_version_is_folded_again_from_archive_and_stream(stage: Stage) -> None:
    logged = saved_after(stage, "xgboost", "lightgbm")
    archive(stage)
    stage.trimming.cut("events", stage.events.last_id(), None)
    older(stage)
    heir = bootstrap.watcher(stage, POLICY)
    assert heir.recover().startswith("rebuilt: its state was of version 1")
    stage.events.append(Command(p="ops", n=2, at=0, action="retrain", models=("nhits",)))
    assert heir.step() == 1
    now = [decision for _, decision in stage.decisions.read("0-0")]
    assert (now[:2], [each.n for each in now]) == (logged, [1, 2, 3])


def test_a_state_of_another_version_without_its_history_is_not_passed_over(stage: Stage) -> None:
    saved_after(stage, "xgboost", "lightgbm")
    stage.trimming.cut("events", stage.events.last_id(), None)
    older(stage)
    with pytest.raises(IncompleteHistory, match="CLM_ARCHIVE"):
        bootstrap.watcher(stage, POLICY).recover()


def test_an_onlooker_of_a_state_of_another_version_writes_nothing(stage: Stage) -> None:
    saved_after(stage, "xgboost", "lightgbm")
    before, progress = bootstrap.due(stage, POLICY), stage.progress.cursors()
    older(stage)
    stage.progress.report("watcher", stage.events.last_id())
    assert bootstrap.due(stage, POLICY) == before
    assert stage.progress.cursors() == progress


def test_a_role_says_whether_it_begins_or_goes_on(stage: Stage) -> None:
    assert bootstrap.watcher(stage, POLICY).recover() == "begun"
    saved_after(stage, "xgboost")
    assert bootstrap.watcher(stage, POLICY).recover() == "resumed"


def test_what_is_due_is_known_though_the_events_were_cut(stage: Stage) -> None:
    stage.events.append(Command(p="ops", n=0, at=0, action="retrain", models=("xgboost",)))
    watcher = bootstrap.watcher(stage, POLICY)
    watcher.step()
    watcher.save()
    before = bootstrap.due(stage, POLICY)
    stage.events.append(Command(p="ops", n=1, at=0, action="retrain", models=("nhits",)))
    stage.trimming.cut("events", stage.events.last_id(), None)
    assert bootstrap.due(stage, POLICY) == before
