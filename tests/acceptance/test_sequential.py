"""The loop under ``sequential`` in real processes: what it decides is what a replay in memory decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clm.decisions.receipts import receipt
from clm.records import log_sha256
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site
from worker import bootstrap, replay

pytestmark = pytest.mark.slow

EVIDENT: dict[str, Any] = {
    "policy": "sequential",
    "training_lookback_days": 20,
    "retrain_interval_days": 5,
    "shadow_max_days": 6.0,
    "shadow_min_rows": 100,
}
"""A month of hourly bars under these brings regimes that settle, and trials to their end."""


def test_the_processes_decide_as_a_replay_in_memory_does_and_every_decision_follows(
    server_url: str, tmp_path: Path
) -> None:
    site = Site(tmp_path, server_url, EVIDENT, bars=700, run_lease_s=60.0)
    with Crew(site) as crew, Player(crew) as player:
        player.play()
        logged = player.decisions()
        again = list(bootstrap.derived(player.stage, site.settings.policy()))
    played = replay.play(site.settings, site.market, bootstrap.memory_stage(site.market.scope))
    assert {each.kind for each in logged} >= {"retrain", "recall", "suppressed", "reject"}
    assert "regime_shift" in {each.trigger for each in logged}
    assert any("duel" in each.evidence for each in logged)
    assert log_sha256(played.decisions) == log_sha256(logged)
    assert log_sha256(again) == log_sha256([each for each in logged if each.role != "registry"])
    faults = {each.id: receipt(each, site.settings.policy()).faults for each in logged}
    assert faults == dict.fromkeys(faults, ())
