"""The server is gone: commands say so in one line, processes wait and go on when it is back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.acceptance.command import clm
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site
from tests.programs import server_in
from worker.operations import ALL

BEFORE, AFTER = 10, 90  # bars; the first training is due in the second part


def test_a_command_without_a_server_says_so_in_one_line(tmp_path: Path) -> None:
    said = clm(Site(tmp_path, "unix:///nowhere/valkey.sock"), "status")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("clm: server unix:///nowhere/valkey.sock does not answer")
    assert said.err.count("\n") == 1


def test_every_process_goes_on_when_a_killed_server_is_back(tmp_path: Path) -> None:
    home = tmp_path / "server"
    first, second = server_in(home), server_in(home)
    site = Site(tmp_path / "site", first.start())
    try:
        with Crew(site) as crew, Player(crew) as player:
            player.play(BEFORE)
            os.kill(int((home / "valkey.pid").read_text()), signal.SIGKILL)
            first.stop()
            player.publisher.regime("calm", 0)  # waits in the ring of the trader
            second.start()
            for _ in range(AFTER):
                player.publish()
            player.settle()
            assert {each.phase for each in player.stage.runs.list(ALL)} == {"candidate"}
            assert all(crew.alive(name) for name in ("watcher", "shadow", "dispatcher", "worker"))
    finally:
        second.stop()
        first.stop()
