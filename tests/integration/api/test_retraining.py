"""POST /retrain answers with a run at once; the run's states follow the real watcher and dispatcher."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from clm.steps.runs import ended
from tests.integration.api.world import World, minute
from worker.api import create_app


def run_of(client: TestClient, *models: str) -> str:
    answer = client.post("/api/clm/retrain", json={"models": list(models)})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run"])


def state_of(client: TestClient, run: str) -> str:
    return str(client.get(f"/api/clm/runs/{run}").json()["state"])


def test_a_retrain_is_accepted_with_its_run_at_once(client: TestClient) -> None:
    answer = client.post("/api/clm/retrain", json={"models": ["xgboost"]})
    told = answer.json()
    assert (answer.status_code, told["models"], told["state"]) == (202, ["xgboost"], "queued")
    assert answer.headers["location"] == f"/api/clm/runs/{told['run']}"


@pytest.mark.parametrize("body", [None, {}, {"models": None}, {"models": []}])
def test_without_model_types_all_of_the_policy_are_meant(client: TestClient, body: object) -> None:
    assert client.post("/api/clm/retrain", json=body).json()["models"] == ["xgboost", "lightgbm"]


def test_a_run_goes_through_its_states(world: World, client: TestClient) -> None:
    world.keep()
    run, seen = run_of(client, "xgboost"), []
    seen.append(state_of(client, run))
    world.step()
    fence = world.runs.claim("watcher-1", "w0", 0.0)
    assert fence is not None
    seen.append(state_of(client, run))
    world.end("watcher-1")
    seen.append(state_of(client, run))
    world.judge("promote")
    seen.append(state_of(client, run))
    world.step()
    seen.append(state_of(client, run))
    assert seen == ["queued", "training", "shadow", "moving", "ended"]


def test_a_training_tells_how_far_it_is_until_it_has_ended(world: World, client: TestClient) -> None:
    run, progress = run_of(client, "xgboost"), {"model_type": "xgboost", "fold": "train", "step": 7}
    world.step()
    fence = world.runs.claim("watcher-1", "w1", 30.0)
    assert fence is not None
    world.runs.tell(fence, progress)
    route = f"/api/clm/runs/{run}"
    assert client.get(route).json()["by_model"]["xgboost"]["progress"] == progress
    status = client.get("/api/clm/status").json()
    assert (status["xgboost"]["training"], status["lightgbm"]["training"]) == (
        {"run": "watcher-1", **progress}, None,
    )  # fmt: skip
    record = replace(world.runs.get("watcher-1"), phase="failed")
    world.runs.finish(record, fence, ended(record))
    assert client.get(route).json()["by_model"]["xgboost"]["progress"] is None
    assert client.get("/api/clm/status").json()["xgboost"]["training"] is None


def test_an_ended_run_has_the_keys_of_the_specification(world: World, client: TestClient) -> None:
    run = run_of(client, "xgboost", "lightgbm")
    world.step()
    world.end("watcher-1")
    world.judge("reject")
    world.end("watcher-2", "failed", error="boom", duration_seconds=2.5)
    told = client.get(f"/api/clm/runs/{run}").json()
    assert (told["promoted"], told["failed"], told["rejected"]) == ([], ["lightgbm"], ["xgboost"])
    assert told["duration"] == 2.5
    assert told["by_model"]["lightgbm"]["reason"] == "boom"


def test_who_waits_is_answered_when_the_run_has_ended(world: World, client: TestClient) -> None:
    world.step(minute(1))

    def work() -> None:
        while not world.runs.list(1):
            time.sleep(0.005)
            world.step()
        world.end("watcher-1", "failed", error="boom")

    worker = threading.Thread(target=work)
    worker.start()
    answer = client.post("/api/clm/retrain?wait=30", json={"models": ["xgboost"]})
    worker.join()
    assert (answer.status_code, answer.json()["failed"]) == (200, ["xgboost"])


def test_who_waits_in_vain_gets_the_state_as_it_is(client: TestClient) -> None:
    answer = client.post("/api/clm/retrain?wait=0.01", json={"models": ["xgboost"]})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_the_command_says_who_asked_and_why(world: World, client: TestClient) -> None:
    client.post("/api/clm/retrain", json={"models": ["xgboost"], "reason": "crash"})
    world.step()
    ((_, decision),) = world.decisions.read("0-0")
    assert (decision.actor, decision.trigger) == ("http", "manual")


def test_model_types_that_are_not_trained_here_are_refused_by_name(world: World, client: TestClient) -> None:
    answer = client.post("/api/clm/retrain", json={"models": ["xgboost", "nhits", "xgbost"]})
    assert answer.status_code == 400
    assert "nhits, xgbost" in answer.json()["detail"]
    assert world.events.last_id() == "0-0"  # nothing was asked


def test_an_unknown_key_in_the_body_is_refused(client: TestClient) -> None:
    answer = client.post("/api/clm/retrain", json={"model": "xgboost"})
    assert answer.status_code == 422
    assert "model" in answer.text


def test_a_run_that_never_was_is_not_found_once_the_watcher_has_folded_everything(
    world: World, client: TestClient
) -> None:
    world.step(minute(1))
    answer = client.get("/api/clm/runs/nobody-1")
    assert answer.status_code == 404
    assert "nobody-1" in answer.json()["detail"]


def test_a_suppressed_order_has_ended_with_its_reason(world: World, client: TestClient) -> None:
    run_of(client, "xgboost")
    world.step()
    again = run_of(client, "xgboost")
    world.step()
    told = client.get(f"/api/clm/runs/{again}").json()
    assert (told["state"], told["suppressed"]) == ("ended", ["xgboost"])
    assert told["by_model"]["xgboost"]["reason"] == "run watcher-1 of xgboost is open"


# --- who may ask, and how often ---


def test_with_a_token_everything_under_the_prefix_needs_it(world: World) -> None:
    client = TestClient(create_app(world.services, token="s3cret"))
    for headers in ({}, {"Authorization": "Bearer s3cre"}, {"Authorization": "s3cret"}):
        assert client.post("/api/clm/retrain", headers=headers).status_code == 401
        assert client.get("/api/clm/status", headers=headers).status_code == 401
    assert client.get("/api/clm/status", headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_health_and_metrics_need_no_token(world: World) -> None:
    world.step(minute(1))
    client = TestClient(create_app(world.services, token="s3cret"))
    assert {client.get(path).status_code for path in ("/healthz", "/metrics")}.isdisjoint({401})


def test_with_a_token_a_model_type_is_retrained_once_a_minute(world: World) -> None:
    client = TestClient(create_app(world.services, token="t"), headers={"Authorization": "Bearer t"})
    run_of(client, "xgboost")
    run_of(client, "lightgbm")
    newest = world.events.last_id()
    answer = client.post("/api/clm/retrain")
    assert answer.status_code == 429
    assert "xgboost, lightgbm" in answer.json()["detail"]
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert world.events.last_id() == newest


def test_without_a_token_nothing_is_limited_unless_it_is_asked_for(world: World) -> None:
    free = TestClient(create_app(world.services))
    limited = TestClient(create_app(world.services, rate_limited=True))
    assert [free.post("/api/clm/retrain").status_code for _ in range(2)] == [202, 202]
    assert [limited.post("/api/clm/retrain").status_code for _ in range(2)] == [202, 429]
