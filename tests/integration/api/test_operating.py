"""The routes that look, and those that move a version by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

from fastapi.testclient import TestClient

from clm.decisions.moves import Move
from clm.errors import UnreachableServer
from clm.model import ModelType, RetrainTrigger
from clm.records import PROMOTED
from tests.integration.api.world import World, minute
from worker.api import create_app
from worker.services import CountedEvents


class DeadEvents:
    """The events of a server that is gone."""

    def last_id(self) -> str:
        raise UnreachableServer("redis://server:6379/0 does not answer: start it")


def test_status_has_the_shape_of_the_specification_and_the_epoch(world: World, client: TestClient) -> None:
    world.keep(rmse=0.25, skill=math.nan)
    world.registry.promote(ModelType.XGBOOST, "v1")
    told = client.get("/api/clm/status").json()
    shape = ("active_version", "active_trained_at", "active_metrics", "epoch")
    assert {name: {key: facts[key] for key in shape} for name, facts in told.items()} == {
        "xgboost": {
            "active_version": "v1",
            "active_trained_at": "2008-10-10T00:00:00+00:00",
            "active_metrics": {"rmse": 0.25, "skill": None},
            "epoch": 1,
        },
        "lightgbm": {
            "active_version": "naive", "active_trained_at": None, "active_metrics": {}, "epoch": 0,
        },
    }  # fmt: skip


def test_triggers_tell_what_is_due_per_model_type(world: World, client: TestClient) -> None:
    world.due = {ModelType.XGBOOST: RetrainTrigger.PERFORMANCE_DECAY, ModelType.LIGHTGBM: None}
    assert client.get("/api/clm/triggers").json() == {"xgboost": "performance_decay", "lightgbm": None}


def test_decisions_are_the_newest_whole_records_oldest_first(world: World, client: TestClient) -> None:
    client.post("/api/clm/retrain")
    world.step()
    world.end("watcher-1")
    world.judge("reject")
    told = client.get("/api/clm/decisions?limit=2").json()
    assert [each["id"] for each in told] == ["watcher-2", "shadow-1"]
    assert told[0]["evidence"]["fired"][0][0] == "manual"
    assert client.get("/api/clm/decisions?limit=0").status_code == 422


def test_a_version_is_explained_in_numbers_and_as_a_picture(client: TestClient) -> None:
    told = client.get("/api/clm/models/xgboost/explanation").json()
    assert (told["model_type"], told["version"]) == ("xgboost", "v1")
    drawn = client.get("/api/clm/models/xgboost/explanation.svg?version=v2")
    assert (drawn.text, drawn.headers["content-type"]) == ("<svg>v2</svg>", "image/svg+xml")
    assert client.get("/api/clm/models/nhits/explanation").status_code == 404


def test_a_version_is_promoted_and_rolled_back_by_hand(world: World, client: TestClient) -> None:
    world.keep()
    moved = client.post("/api/clm/models/xgboost/promote", json={"version": "v1", "reason": "tested"})
    assert (moved.status_code, moved.json()["version"], moved.json()["actor"]) == (200, "v1", "http")
    assert world.registry.route(ModelType.XGBOOST).active == "v1"
    back = client.post("/api/clm/models/xgboost/rollback")
    assert (back.status_code, back.json()["kind"]) == (200, "rolled_back")
    assert world.registry.route(ModelType.XGBOOST).active == "naive"


def test_an_impossible_move_is_refused_with_its_reason(world: World, client: TestClient) -> None:
    unknown = client.post("/api/clm/models/xgboost/promote", json={"version": "v9"})
    stranger = client.post("/api/clm/models/nhits/promote", json={"version": "v1"})
    nowhere = client.post("/api/clm/models/xgboost/rollback")
    assert [each.status_code for each in (unknown, stranger, nowhere)] == [404, 404, 409]
    assert "v9" in unknown.json()["detail"]
    assert "use xgboost, lightgbm" in stranger.json()["detail"]


def test_an_unreachable_server_is_said_on_every_route(world: World) -> None:
    dead = cast("CountedEvents", DeadEvents())
    client = TestClient(create_app(replace(world.services, events=dead)))
    asked = client.post("/api/clm/retrain")
    assert (asked.status_code, asked.json()["detail"]) == (
        503, "redis://server:6379/0 does not answer: start it",
    )  # fmt: skip
    assert client.get("/healthz").json()["reasons"] == ["redis://server:6379/0 does not answer: start it"]


def test_health_is_good_while_every_role_keeps_up(world: World, client: TestClient) -> None:
    world.step(minute(1))
    world.progress.report("shadow", world.events.last_id())
    assert (client.get("/healthz").status_code, client.get("/healthz").json()["reasons"]) == (200, [])


def test_health_names_a_role_that_never_began(world: World, client: TestClient) -> None:
    world.step(minute(1))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["shadow has folded nothing yet: start `clm shadow`"]


def test_a_route_is_changed_by_the_orders_of_the_command_line(world: World, client: TestClient) -> None:
    world.keep(rmse=0.25)
    begun = client.post("/api/clm/models/xgboost/canary", json={"version": "v1", "share": 0.1})
    assert (begun.status_code, begun.json()["evidence"]["share"]) == (200, 0.1)
    told = client.get("/api/clm/status").json()["xgboost"]
    assert (told["active_version"], told["canary"], told["share"]) == ("naive", "v1", 0.1)
    assert client.post("/api/clm/models/xgboost/abort").json()["kind"] == "canary_aborted"
    refused = client.post("/api/clm/models/xgboost/unpin")
    assert (refused.status_code, refused.json()["detail"]) == (409, "xgboost: nothing is pinned")
    assert client.post("/api/clm/models/xgboost/freeze", json={"reason": "holiday"}).status_code == 200


def test_two_versions_are_compared(client: TestClient) -> None:
    told = client.get("/api/clm/models/xgboost/ab?first=v1&second=champion&since=5&level=0.1").json()
    assert told == {"model_type": "xgboost", "of": ["v1", "champion"], "since": 5, "level": 0.1}
    assert client.get("/api/clm/models/xgboost/ab?first=v1").status_code == 422
    assert client.get("/api/clm/models/xgboost/ab?first=v1&second=v2&level=1").status_code == 422


def test_history_says_what_was_live_at_a_moment_by_whom_and_why(world: World, client: TestClient) -> None:
    world.keep("v1")
    world.step(minute(10))
    world.registry.change(
        ModelType.XGBOOST, Move(kind=PROMOTED, actor="ann", version="v1"), cause="ann-1", reason="by eye"
    )
    path = "/api/clm/models/xgboost/history"
    now, before = client.get(path).json(), client.get(path, params={"at": "1970-01-01T00:09"}).json()
    assert (now["version"], now["decision"]["actor"], now["decision"]["reason"]) == ("v1", "ann", "by eye")
    assert (before["version"], before["decision"], before["since"]) == ("naive", None, None)
    assert before["until"] == now["since"]


def test_history_refuses_what_is_no_moment_and_an_unknown_model(client: TestClient) -> None:
    said = client.get("/api/clm/models/xgboost/history", params={"at": "yesterday"})
    assert (said.status_code, said.json()["detail"][:26]) == (400, "at 'yesterday' is no momen")
    assert client.get("/api/clm/models/prophet/history").status_code == 404
