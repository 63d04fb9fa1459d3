"""The streams are cut behind their readers; past the cap they are cut all the same, and somebody is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clm.decisions.retention import Gap, Limits
from clm.errors import NotOwner
from clm.ports import Fence
from clm.scope import Scope
from clm.steps.retention import Retention
from clm.store.keyspace import Extend
from worker import bootstrap
from worker.stage import Stage

HOUR = 3_600_000  # ms
LIMITS = Limits(keep_hours=1, cap_bytes=1000, alarm_fraction=0.8)
BATCH = bytes.fromhex("84 a176 01 a16b a5") + b"batch" + bytes.fromhex("a4") + b"rows" + b"\x0c\xa1z\xc4\x46"


@pytest.fixture
def stage() -> Stage:
    return bootstrap.memory_stage(Scope())


def fill(stage: Stage, hours: int, data: bytes = b"x") -> None:
    """One entry an hour, the first of hour 1."""
    entries = [(f"{hour * HOUR}-0", data) for hour in range(1, hours + 1)]
    stage.space.commit([], [Extend(stage.keys.events, entries)])


def keeper(stage: Stage, needs: Mapping[str, str], fence: Fence | None = None) -> Retention:
    return Retention(stage.trimming, {"events": lambda: needs}, LIMITS, fence)


def left(stage: Stage) -> list[int]:
    """The hours whose entries are there."""
    return [int(name.split("-")[0]) // HOUR for name, _ in stage.space.read(stage.keys.events, "0", 1000)]


def test_what_everybody_is_done_with_is_cut_but_for_the_entry_they_stand_on(stage: Stage) -> None:
    fill(stage, 9)
    assert keeper(stage, {"watcher": f"{7 * HOUR}-0", "shadow": f"{5 * HOUR}-0"}).step() == []
    assert left(stage) == [5, 6, 7, 8, 9]


def test_whoever_lost_the_role_cuts_nothing(stage: Stage) -> None:
    fill(stage, 9)
    with pytest.raises(NotOwner):
        keeper(stage, {"watcher": f"{7 * HOUR}-0"}, Fence("dispatcher", "late", 1)).step()
    assert len(left(stage)) == 9


def test_past_the_cap_the_oldest_go_and_who_missed_them_is_named(stage: Stage) -> None:
    fill(stage, 12, bytes(100))  # 1200 bytes of 1000
    notices = keeper(stage, {"watcher": f"{12 * HOUR}-0", "shadow": "0-0"}).step()
    assert [each.kind for each in notices] == ["alarm", "gap"]
    assert "2 entries (2 events)" in notices[1].text
    assert stage.trimming.gaps() == [
        Gap(stream="events", role="shadow", entries=2, events=2, to=f"{3 * HOUR}-0")
    ]
    assert left(stage)[0] == 3


def test_the_events_of_a_batch_that_is_cut_are_counted(stage: Stage) -> None:
    fill(stage, 12, BATCH + bytes(70))  # 94 bytes each, 12 events
    keeper(stage, {"shadow": "0-0"}).step()
    ((gap,)) = (stage.trimming.gaps(),)
    assert [(each.entries, each.events) for each in gap] == [(2, 24)]


def test_two_cuts_of_an_absent_role_add_up(stage: Stage) -> None:
    kept = keeper(stage, {"shadow": "0-0"})
    for hours in (12, 24):
        fill(stage, hours, bytes(100))
        kept.step()
    assert [(gap.entries, gap.to) for gap in stage.trimming.gaps()] == [(14, f"{15 * HOUR}-0")]


def test_past_the_cap_what_is_read_by_all_goes_early_and_is_no_gap(stage: Stage) -> None:
    fill(stage, 1)
    young = [(f"{HOUR}-{n}", bytes(100)) for n in range(1, 13)]
    stage.space.commit([], [Extend(stage.keys.events, young)])
    notices = keeper(stage, {"watcher": f"{HOUR}-12"}).step()
    assert [each.kind for each in notices] == ["alarm"]
    assert stage.space.footprint(stage.keys.events) <= 1000


def test_an_alarm_is_given_once_until_the_stream_has_shrunk(stage: Stage) -> None:
    fill(stage, 9, bytes(100))
    done = {"watcher": "0-0"}
    kept = keeper(stage, done)
    assert [[each.kind for each in kept.step()] for _ in range(2)] == [["alarm"], []]
    done["watcher"] = f"{8 * HOUR}-0"
    assert kept.step() == []
    fill(stage, 17, bytes(100))
    assert [each.kind for each in kept.step()] == ["alarm"]
