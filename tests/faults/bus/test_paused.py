"""Owners asleep past a short lease, every role at once: what they write when they wake up is nothing."""

from __future__ import annotations

from pathlib import Path

from tests.faults.bus import paused
from tests.faults.bus.server import Server


def test_an_owner_that_slept_past_its_lease_writes_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    rows = {row.key: row for row in paused.rows(server, tmp_path / "site", {"CLM_LEASE_S": "1"})}
    assert rows["ghost_writes"].raw["changed"] == []
