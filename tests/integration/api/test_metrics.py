"""Metrics come from what the processes left behind, so a restart of any of them loses nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from clm.decisions.retention import Gap
from clm.events import DAY, micros
from clm.ports import Reason, Refusal
from clm.steps.runs import ended
from clm.store.keys import Keys
from producers.sinks import StreamSink
from producers.stats import Stats
from tests.integration.api.world import TRAINED, World, minute
from worker.api import create_app

ROOT = Path(__file__).parents[3]
ALERTS = yaml.safe_load((ROOT / "config" / "alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]


def scraped(client: TestClient) -> dict[str, float]:
    """Sample -> value; the label ``scope`` is left out."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {
        re.sub(r'\{scope="default"\}|scope="default",|,scope="default"', "", name): float(value)
        for name, value in samples
    }


@pytest.fixture
def busy(world: World, client: TestClient) -> World:
    """Two runs ended: xgboost's candidate was promoted after a shadow of 30 hours, lightgbm's failed."""
    client.post("/api/clm/retrain")
    world.step(minute(1))
    world.keep(rmse=0.25, mae=0.125, directional_accuracy=0.75)
    world.end("watcher-1", duration_seconds=4.0)
    world.end("watcher-2", "failed", error="boom", duration_seconds=0.5)
    world.judge("promote", shadow={"tested_hours": 30.0})
    world.step()
    return world


def test_trainings_are_counted_by_model_type_and_trigger(busy: World, client: TestClient) -> None:
    found = scraped(client)
    assert found['clm_retrains_total{model_type="xgboost",trigger="manual"}'] == 1
    assert found['clm_retrains_total{model_type="xgboost",trigger="time"}'] == 0
    assert found['clm_failures_total{model_type="lightgbm"}'] == 1
    assert found['clm_failures_total{model_type="xgboost"}'] == 0


def test_a_run_that_was_given_up_is_counted_as_dead(world: World, client: TestClient) -> None:
    client.post("/api/clm/retrain")
    world.step(minute(1))
    record = replace(world.runs.get("watcher-1"), phase="failed", dead=True)
    assert world.runs.bury(record, ended(record))
    found = scraped(client)
    assert found['clm_dead_runs_total{model_type="xgboost"}'] == 1
    assert found['clm_dead_runs_total{model_type="lightgbm"}'] == 0


def test_the_duration_of_trainings_is_a_histogram_of_seconds(busy: World, client: TestClient) -> None:
    found, name = scraped(client), "clm_training_duration_seconds"
    buckets = [found[f'{name}_bucket{{le="{le}",model_type="xgboost"}}'] for le in ("1.0", "5.0", "+Inf")]
    assert buckets == [0, 1, 1]
    assert found[f'{name}_count{{model_type="xgboost"}}'] == 1
    assert found[f'{name}_sum{{model_type="lightgbm"}}'] == 0.5


def test_verdicts_and_moves_are_counted_from_the_decision_log(busy: World, client: TestClient) -> None:
    client.post("/api/clm/models/xgboost/rollback")
    busy.judge("reject", "watcher-9")
    found = scraped(client)
    names = ("promotions_total", "rejections_total", "rollbacks_total", "promotion_ratio")
    assert [found[f'clm_{name}{{model_type="xgboost"}}'] for name in names] == [1, 1, 1, 0.5]
    assert found['clm_shadow_duration_seconds_sum{model_type="xgboost"}'] == 30 * 3600


def test_a_second_scrape_counts_nothing_twice_and_a_new_process_nothing_less(
    busy: World, client: TestClient
) -> None:
    fresh = TestClient(create_app(busy.services))
    assert scraped(client) == scraped(client) == scraped(fresh)


def test_the_age_of_the_active_model_is_event_time(busy: World, client: TestClient) -> None:
    busy.clock = micros(TRAINED) + DAY * 5 // 2
    found = scraped(client)
    assert found['clm_active_model_age_days{model_type="xgboost"}'] == 2.5
    assert 'clm_active_model_age_days{model_type="lightgbm"}' not in found  # naive serves


def test_the_evaluation_is_that_of_the_newest_candidate(busy: World, client: TestClient) -> None:
    busy.keep("v2", rmse=0.5, mae=0.25, directional_accuracy=0.5)
    found = scraped(client)
    names = ("rmse", "mae", "directional_accuracy")
    assert [found[f'clm_evaluation_{name}{{model_type="xgboost"}}'] for name in names] == [0.5, 0.25, 0.5]


def test_the_streams_tell_what_was_refused_and_what_waits(world: World, client: TestClient) -> None:
    world.step(minute(1))
    world.events.quarantine([Refusal("1-0", b"junk", [Reason(None, "not msgpack")])])
    client.post("/api/clm/retrain", json={"models": ["xgboost"]})
    world.step()
    found = scraped(client)
    assert found["clm_events_quarantined_total"] == 1
    assert found['clm_stream_lag_seconds{role="dispatcher"}'] == 0
    assert found['clm_stream_lag_seconds{role="shadow"}'] == float("inf")
    assert found['clm_unfinished_runs{model_type="xgboost"}'] == 1


def test_a_stream_tells_its_size_its_cap_and_what_was_cut_unread(world: World, client: TestClient) -> None:
    world.space.append(Keys("default").events, bytes(700))
    gap = Gap(stream="events", role="shadow", entries=2, events=30, to="5-0")
    world.services.trimming.cut("inputs", "0-0", None, [gap])
    found = scraped(client)
    assert [found[f'clm_stream_{name}{{stream="events"}}'] for name in ("bytes", "cap_bytes")] == [700, 2000]
    assert found['clm_stream_bytes{stream="inputs"}'] == 0
    assert found['clm_trimmed_unread_total{role="shadow",stream="events"}'] == 30


def test_a_producer_that_lost_events_is_named_with_its_numbers(world: World, client: TestClient) -> None:
    counters = Stats(published=9, pending=0, dropped=3, failed=2).counters(at=1)
    StreamSink(world.space, Keys("default")).report("trader-1", counters)
    found = scraped(client)
    assert found['clm_producer_dropped_total{producer="trader-1"}'] == 3
    assert found['clm_producer_failed_total{producer="trader-1"}'] == 2


def test_a_model_type_without_history_still_has_its_zeros(client: TestClient) -> None:
    found = scraped(client)
    assert {found[f'clm_promotions_total{{model_type="{each}"}}'] for each in ("xgboost", "lightgbm")} == {0}
    assert 'clm_promotion_ratio{model_type="xgboost"}' not in found


# --- what is said about metrics elsewhere ---


def families(client: TestClient) -> set[str]:
    return set(re.findall(r"^# TYPE (clm_\w+)", client.get("/metrics").text, re.MULTILINE))


def test_the_names_of_the_specification_are_exposed(client: TestClient) -> None:
    assert families(client) >= {
        "clm_retrains_total", "clm_promotions_total", "clm_failures_total",
        "clm_training_duration_seconds", "clm_active_model_age_days",
    }  # fmt: skip


def test_every_metric_is_documented(client: TestClient) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [name for name in sorted(families(client)) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_watches_metrics_that_exist_and_says_what_to_do(
    client: TestClient, rule: dict[str, object]
) -> None:
    known = families(client)
    watched = {re.sub(r"_(bucket|sum|count)$", "", n) for n in re.findall(r"clm_\w+", str(rule["expr"]))}
    assert watched <= known
    assert rule["annotations"].keys() == {"summary", "remedy"}  # type: ignore[attr-defined]
    assert rule["labels"]["severity"] in {"page", "ticket", "info"}  # type: ignore[index]


def test_a_canary_shows_with_its_share_and_its_abort_is_counted(world: World, client: TestClient) -> None:
    world.keep(rmse=0.25)
    client.post("/api/clm/models/xgboost/canary", json={"version": "v1", "share": 0.1})
    client.post("/api/clm/models/lightgbm/freeze")
    found = scraped(client)
    assert found['clm_canary_share{model_type="xgboost"}'] == 0.1
    held = [found[f'clm_route_held{{model_type="{name}"}}'] for name in ("xgboost", "lightgbm")]
    assert held == [0, 1]
    client.post("/api/clm/models/xgboost/abort")
    found = scraped(client)
    assert found['clm_canary_aborts_total{model_type="xgboost"}'] == 1
    assert found['clm_canary_share{model_type="xgboost"}'] == 0
