"""A training that raises fails alone, with its message; the other model types go on."""

from __future__ import annotations

from pathlib import Path

from clm.events import Run
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import LOOP, Site
from worker import bootstrap
from worker.operations import ALL

BARS = 100  # the first training is due


def test_a_training_that_raises_fails_alone_with_its_message(server_url: str, tmp_path: Path) -> None:
    params = {**LOOP["training_params"], "xgboost": {"objective": "no:such"}}
    with Crew(Site(tmp_path, server_url, {"training_params": params})) as crew, Player(crew) as player:
        for _ in range(BARS):
            player.publish()
        player.settle()
        runs = {each.model_type: each for each in player.stage.runs.list(ALL)}
        events = bootstrap.recorded(player.stage, crew.site.settings.policy())
        errors = [event.error or "" for event in events if isinstance(event, Run) and event.phase == "failed"]
    assert {name: each.phase for name, each in runs.items()} == {"xgboost": "failed", "lightgbm": "candidate"}
    assert "no:such" in (runs["xgboost"].error or "")
    assert errors == [runs["xgboost"].error]
