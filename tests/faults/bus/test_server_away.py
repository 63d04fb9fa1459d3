"""A server that is killed, frozen or away for a short time loses nothing and is not noticed by the trader."""

from __future__ import annotations

from pathlib import Path

from tests.faults.bus import away, lost_server
from tests.faults.bus.away import Absence
from tests.faults.bus.server import Server

SHORT = Absence(frozen=0.5, dead=0.5, between=0.5)


def test_a_killed_server_has_all_that_it_acknowledged(tmp_path: Path) -> None:
    server, site = Server(tmp_path / "server"), tmp_path / "site"
    rows = {row.key: row.value for row in lost_server.rows(server, site, kills=1)}
    assert (rows["server_kill_acknowledged_lost"], rows["server_kill_state_differences"]) == (0, 0)


def test_what_is_published_while_the_server_is_away_counts_once(tmp_path: Path) -> None:
    rows = {row.key: row.value for row in away.rows(Server(tmp_path / "server"), tmp_path / "site", SHORT)}
    assert (rows["put_dropped"], rows["put_effect_errors"]) == (0, 0)
