"""A wrong setting stops a process before it does anything, and is called by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.command import clm
from tests.acceptance.site import LOOP, Site


@pytest.mark.parametrize("command", ["watcher", "shadow", "dispatcher", "worker", "status"])
def test_a_wrong_variable_is_exit_1_with_its_name(tmp_path: Path, command: str) -> None:
    said = clm(Site(tmp_path, "unix:///nowhere"), command, CLM_RETRAIN_INTERVAL_DAYS="soon")
    assert said.code == 1
    assert "CLM_RETRAIN_INTERVAL_DAYS" in said.err


def test_an_unknown_key_and_a_contradiction_in_the_file_are_both_named(tmp_path: Path) -> None:
    site = Site(tmp_path, "unix:///nowhere")
    site.write({**LOOP, "retrain_days": 3, "triggers": {"time_threshold_days": 5}})
    said = clm(site, "status")
    assert said.code == 1
    assert [name for name in ("retrain_days", "time_threshold_days") if name not in said.err] == []
