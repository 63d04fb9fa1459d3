"""Processes of a scope write one tick a minute, and live and die together."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from clm.events import SECOND, tick
from clm.scope import Scope
from clm.store.codec import decode
from worker import bootstrap
from worker.processes import Family, Ticker
from worker.settings import load


def gone(pid: int) -> bool:
    """Whether a child has been waited for and no process has its number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_ticker_writes_one_tick_a_minute_at_the_whole_minute() -> None:
    stage, moments = bootstrap.memory_stage(Scope()), iter([119.9, 120.0, 150.0, 179.9, 180.5, 600.0])
    ticker = Ticker(stage, now=lambda: next(moments))
    fence = stage.ownership.acquire("watcher", "me", 60.0)
    assert fence is not None
    for _ in range(6):
        ticker.beat(fence)
    told = [decode(entry.data) for entry in stage.events.read("0-0")]
    assert told == [tick(minute * 60 * SECOND) for minute in (1, 2, 3, 10)]


@pytest.mark.slow
def test_a_family_is_revived_and_stopped_together(tmp_path: Path) -> None:
    # without a server they wait for one, which is all that is asked of them here
    settings, url = load(), "unix:///nowhere.sock"
    with Family(["watcher", "shadow"], settings, url, logs_to=tmp_path / "logs") as family:
        before = family.pids
        os.kill(before["watcher"], signal.SIGKILL)
        until = time.monotonic() + 20
        while not (revived := family.revive()):
            assert time.monotonic() < until, "nobody was revived"
            time.sleep(0.01)
        after = family.pids
    assert (revived, after["shadow"]) == (["watcher"], before["shadow"])
    assert after["watcher"] != before["watcher"]
    assert all(gone(pid) for pid in after.values())
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["shadow.log", "watcher.log"]
